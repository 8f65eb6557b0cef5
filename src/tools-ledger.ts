/** The ledger of a state directory for tools beside the gateway: its folder, the keys that prove it, and who is in it. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from './base/clock.ts'
import { readJsonObject } from './base/json.ts'
import { type CliProblem, problem } from './cli/exit-codes.ts'
import { isLoaded, loadConfig } from './config/load.ts'
import { firstProblem } from './config/problems.ts'
import { placeOfVault } from './gateway-vault.ts'
import { type Keyring, lookAtKeyring } from './identity/keys/keyring.ts'
import { hasKeys } from './identity/keys/keyring-open.ts'
import { lateManifestName } from './identity/keys/late-key.ts'
import { ownAnchor } from './ledger/checkpoint/anchor.ts'
import { readRecordKeys } from './ledger/checkpoint/check.ts'
import { peopleAt } from './ledger/index/named.ts'
import type { VaultPlace } from './ledger/vault/kek.ts'
import type { Names } from './ledger/vault/names.ts'
import { keyPlaces } from './pipeline/snapshot.ts'

export interface LedgerState {
  readonly dir: string
  readonly ledger: string
  readonly keys: Keyring
  readonly vault: VaultPlace
  /** Files that hold checkpoints of this ledger where there are any: the gateway's own one, and those of the configuration. */
  readonly anchors: readonly string[]
  /** Who stands behind pseudonyms, as far as that can be read. */
  readonly people: () => Names | null
}

export async function openState(configPath: string): Promise<LedgerState | CliProblem> {
  const loaded = await loadConfig(configPath)
  if (!isLoaded(loaded)) return problem('no', firstProblem(loaded, configPath))
  const { dir } = loaded.settings.state
  if (!existsSync(dir) || !statSync(dir).isDirectory() || !hasKeys(dir))
    return problem('not_found', `No gateway has run with ${configPath} yet: ${dir} holds no keys.`)
  const keys = lookAtKeyring({ ...keyPlaces(loaded.settings), clock: systemClock })
  if (keys.kind === 'key_problem') return problem('failed', keys.sentence)
  const vault = placeOfVault(loaded.settings)
  const anchors = [ownAnchor(dir), ...loaded.settings.ledger.anchors]
  return { dir, ledger: join(dir, 'ledger'), keys, vault, anchors, people: peopleAt(vault) }
}

export const recordKeysOf = (state: LedgerState) => readRecordKeys(keysText(state)) ?? []

/** Of all keys there ever were, those that are safe from quantum computers with them. */
export function keysText({ dir, keys }: LedgerState): string {
  const late = readJsonObject(textOf(join(dir, 'keys', lateManifestName)) ?? '')?.['keys']
  const document = readJsonObject(keys.history().text)
  const known = document?.['keys']
  return JSON.stringify({ ...document, keys: [known, late].filter(Array.isArray).flat() as unknown })
}

/** Null for a file that cannot be read. */
export function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
