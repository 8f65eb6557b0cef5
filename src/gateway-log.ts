/** Opens the ledger of a gateway and hands its log what it is sealed with. */
import { join } from 'node:path'
import { moduleUrl } from './base/module-url.ts'
import { addressUrl } from './config/fields.ts'
import type { Settings } from './config/settings.ts'
import { type StartProblem, startProblem, type Workshop } from './gateway-parts.ts'
import { placeOfVault } from './gateway-vault.ts'
import type { Keyring } from './identity/keys/keyring.ts'
import { Ledger, openLedger } from './ledger/ledger.ts'
import { ownAnchor } from './ledger/checkpoint/anchor.ts'
import type { LogSetup } from './ledger/merkle-stage.ts'

export interface LedgerGround extends Pick<Workshop, 'clock' | 'log'> {
  readonly boot: string
  readonly keys: Keyring
  /** An operator said that sealed entries may be missing. */
  readonly acceptTruncation: boolean
}

export async function openLedgerIn(settings: Settings, ground: LedgerGround): Promise<Ledger | StartProblem> {
  const { boot, clock, log } = ground
  const onNote = (sentence: string): void => log.warn(`ledger: ${sentence}`)
  const ledger = await openLedger({
    dir: join(settings.state.dir, 'ledger'),
    workerUrl: moduleUrl('./threads/ledger-worker.ts', import.meta.url),
    boot,
    gw: gatewayName(settings),
    clock,
    ring_bytes: settings.maximums.record_ring_bytes,
    log: logSetup(settings, ground),
    vault: placeOfVault(settings),
    onNote,
  })
  if (!(ledger instanceof Ledger)) return startProblem(75, ledger.detail)
  for (const cut of ledger.cuts) log.warn(`ledger: ${cut}`)
  return ledger
}

function logSetup(settings: Settings, { keys, acceptTruncation }: LedgerGround): LogSetup {
  const { retention_days, max_bytes = null, anchors, anchor_every_s } = settings.ledger
  return {
    keys: keys.recordSlot,
    known: keys.history().text,
    origin: originOf(gatewayName(settings)),
    accept_truncation: acceptTruncation,
    retention: { retention_days, max_bytes },
    anchors: { files: [ownAnchor(settings.state.dir), ...anchors], every_s: anchor_every_s },
  }
}

/** Known before a port is: where the system chooses that, the boot entry says which it was. */
function gatewayName({ gateway: { listen, tls, public_url } }: Settings): string {
  return public_url ?? addressUrl(listen, tls !== null)
}

/** A URL without its scheme, as C2SP tlog-checkpoint recommends. */
function originOf(url: string): string {
  return `${url
    .replace(/^https?:\/\//, '')
    .replace(/\/+$/, '')
    .replaceAll(/[+\s]/g, '-')}/ledger`
}
