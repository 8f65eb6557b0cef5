/** What tools are made of in a running gateway: links to their servers, the catalogue of what they have, and what is behind addresses. */
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { Catalogue } from './catalogue/catalogue.ts'
import { type Lock, type LockSettings, openLock } from './catalogue/lock.ts'
import { sentenceOf } from './catalogue/lock-file.ts'
import type { CatalogueServer, CatalogueSettings } from './catalogue/place.ts'
import type { Clock } from './base/clock.ts'
import type { Settings } from './config/settings.ts'
import { type StartProblem, startProblem, type Workshop } from './gateway-parts.ts'
import { openBehindWith } from './pipeline/mcp/behind/open.ts'
import type { OpenBehind } from './pipeline/mcp/behind.ts'
import { ServerCare, weirSpeaker } from './pipeline/mcp/server-care.ts'
import type { Snapshot, ToolServerEntry } from './pipeline/road.ts'
import { openHttpChannel } from './relay/mcp/http-channel.ts'
import type { ServerPlace } from './relay/mcp/link.ts'
import { ServerLinks } from './relay/mcp/links.ts'
import { tellToolChange } from './pipeline/tool-changes.ts'
import type { Ledger } from './ledger/ledger.ts'
import { version } from './version.ts'

export interface Tools {
  readonly catalogue: Catalogue
  readonly openBehind: OpenBehind
  /** Takes the settings in force into use. */
  use(before: Snapshot): Promise<void>
  close(): Promise<void>
}

interface Pinned {
  readonly lock: Lock
  readonly ledger: Ledger
}

/** What is approved, before anything is asked of any server. */
export async function openToolLock(settings: Settings, clock: Clock): Promise<Lock | StartProblem> {
  const lock = await openLock(clock, lockSettings(settings))
  return 'problems' in lock ? startProblem(78, sentenceOf(lock)) : lock
}

/** `snapshot` is what is in force whenever it is asked. */
export function openTools(workshop: Workshop, { lock, ledger }: Pinned, snapshot: () => Snapshot): Tools {
  const { clock, dice, log, relay, mcpSecret } = workshop
  const { wheel } = relay.bench
  const { maximums, timeouts } = snapshot().settings
  const links = new ServerLinks({
    clock,
    wheel,
    placeOf: (slug) => placeOf(workshop, snapshot(), slug),
    settings: { ...maximums, ...timeouts, version },
  })
  const care = new ServerCare({ links, wheel, snapshot })
  const catalogue = new Catalogue({
    ask: care.ask,
    servers: () => serversOf(snapshot().settings),
    clock,
    wheel,
    settings: catalogueSettings(snapshot().settings),
    lock,
    onAlarm: (change) => tellToolChange({ clock, log, ledger, snapshot: snapshot() }, change),
    onTrouble: (sentence) => log.error(sentence),
  })
  care.listen(catalogue)
  const shared = { links, known: catalogue, clock, dice, wheel, secret: mcpSecret, version }
  return {
    catalogue,
    openBehind: openBehindWith({ ...shared, ownSpeaker: () => weirSpeaker }),
    async use(before) {
      const { settings } = snapshot()
      for (const [slug, entry] of before.servers) if (!isSame(entry, snapshot().servers.get(slug))) links.forget(slug)
      const trouble = await catalogue.use(catalogueSettings(settings), lockSettings(settings))
      if (trouble !== null) log.error(`${trouble}. What was approved before stays so.`)
      care.listen(catalogue)
    },
    async close() {
      care.close()
      await catalogue.close()
      await links.close()
    },
  }
}

function isSame(before: ToolServerEntry, now: ToolServerEntry | undefined): boolean {
  return isDeepStrictEqual(before, now)
}

function placeOf({ relay }: Workshop, { servers }: Snapshot, slug: string): ServerPlace | null {
  const entry = servers.get(slug)
  if (!entry) return null
  const { settings, upstream } = entry
  if (upstream === null) return null
  const { transport, wheel, settings: maximums } = relay.bench
  const open = () => openHttpChannel({ transport, wheel, upstream, patience: settings.timeouts, maximums })
  return { server: slug, eras: settings.eras, shared: false, connect: { kind: 'channel', open } }
}

function serversOf({ tools }: Settings): readonly CatalogueServer[] {
  return Array.from(tools.servers.values(), ({ id, timeouts }) => ({ slug: id, patience_ms: timeouts.first_byte_ms }))
}

function catalogueSettings({ tools, timeouts, maximums }: Settings): CatalogueSettings {
  return { refresh_s: tools.refresh_s, listing_ms: timeouts.listing_ms, maximums }
}

function lockSettings({ tools, state, maximums }: Settings): LockSettings {
  const { approval, lock_file } = tools
  return { approval, lock_file, state_file: join(state.dir, 'tools.json'), tool_pins: maximums.tool_pins }
}
