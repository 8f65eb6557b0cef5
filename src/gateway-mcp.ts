/** What tools are made of in a running gateway: links to their servers, the catalogue of what they have, and what is behind addresses. */
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { Catalogue } from './catalogue/catalogue.ts'
import { type Lock, type LockSettings, openLock } from './catalogue/lock.ts'
import { sentenceOf } from './catalogue/lock-file.ts'
import type { CatalogueServer, CatalogueSettings } from './catalogue/place.ts'
import { assert } from './base/assert.ts'
import { childEnvironment } from './config/load.ts'
import type { Clock } from './base/clock.ts'
import type { Settings } from './config/settings.ts'
import { type StartProblem, startProblem, type Workshop } from './gateway-parts.ts'
import { openBehindWith } from './pipeline/mcp/behind/open.ts'
import type { OpenBehind } from './pipeline/mcp/behind.ts'
import type { FrontRoad } from './pipeline/mcp/front/front-road.ts'
import { ServerCare } from './pipeline/mcp/server-care.ts'
import type { Snapshot, ToolServerEntry } from './pipeline/road.ts'
import { Children, openProcessChannel } from './relay/mcp/children.ts'
import type { LineSettings } from './relay/mcp/line.ts'
import { openApiLink } from './relay/mcp/openapi-link.ts'
import { openSseChannel } from './relay/mcp/sse-channel.ts'
import { openHttpChannel } from './relay/mcp/http-channel.ts'
import type { ServerPlace, Speaker } from './relay/mcp/link.ts'
import { ServerLinks } from './relay/mcp/links.ts'
import { tellToolChange } from './pipeline/tool-changes.ts'
import type { Ledger } from './ledger/ledger.ts'
import { version } from './version.ts'

export interface Tools {
  readonly catalogue: Catalogue
  readonly openBehind: OpenBehind
  readonly lend: FrontRoad['lend']
  readonly isForeign: FrontRoad['isForeign']
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
  const children = new Children({
    processes_max: maximums.tool_processes,
    environment: childEnvironment(),
    lines: linesOf(maximums),
    wheel,
    clock,
    log,
  })
  const links = new ServerLinks({
    clock,
    wheel,
    placeOf(slug) {
      const entry = snapshot().servers.get(slug)
      return entry ? placeOf(workshop, children, entry) : null
    },
    settings: { ...maximums, ...timeouts, version },
  })
  const care = new ServerCare({ links, wheel, clock, snapshot })
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
    lend: (entry, speaker) => care.lend(entry, speaker),
    isForeign: (entry, era) => care.isForeign(entry, era),
    openBehind: openBehindWith({ ...shared, ownSpeaker: (entry) => care.greeterOf(entry) }),
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
      await children.close()
    },
  }
}

function isSame(before: ToolServerEntry, now: ToolServerEntry | undefined): boolean {
  return isDeepStrictEqual(before, now)
}

function placeOf(workshop: Workshop, children: Children, { settings, upstream, api }: ToolServerEntry): ServerPlace {
  const { id: server, eras, place, timeouts: patience } = settings
  const { transport, wheel, settings: maximums } = workshop.relay.bench
  if (place.kind === 'process') {
    const open = () => openProcessChannel(server, place.process, children)
    return { server, eras, shared: place.process.shared, connect: { kind: 'channel', open } }
  }
  assert(upstream !== null, 'whatever is no process has an address')
  if (place.kind === 'openapi') {
    assert(api !== null, 'a description was compiled before its server is spoken to')
    const limits = { ...place.openapi, answer_bytes: maximums.answer_bytes }
    const open = (speaker: Speaker) => openApiLink({ api, transport, upstream, patience, maximums: limits, speaker })
    return { server, eras: 'modern', shared: false, connect: { kind: 'link', open } }
  }
  const parts = { transport, wheel, upstream, patience }
  const lines = { ...linesOf(maximums), event_bytes: maximums.event_bytes }
  const open = () =>
    place.kind === 'sse' ? openSseChannel({ ...parts, maximums: lines }) : openHttpChannel({ ...parts, maximums })
  return { server, eras: place.kind === 'sse' ? 'legacy' : eras, shared: false, connect: { kind: 'channel', open } }
}

/** Requests at once over one line, and what is held for a client that does not read. */
const lineRequests_max = 1024

function linesOf({ event_bytes }: { readonly event_bytes: number }): LineSettings {
  return { open_max: lineRequests_max, held_bytes: event_bytes }
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
