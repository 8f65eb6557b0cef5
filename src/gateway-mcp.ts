/** What tools are made of in a running gateway: links to their servers, the catalogue of what they have, and what is behind addresses. */
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { Catalogue } from './catalogue/catalogue.ts'
import { type Lock, openLock } from './catalogue/lock.ts'
import { sentenceOf } from './catalogue/lock-file.ts'
import type { ToolChange } from './catalogue/tool-change.ts'
import type { Clock } from './base/clock.ts'
import type { Settings } from './config/settings.ts'
import { type StartProblem, startProblem, type Workshop } from './gateway-parts.ts'
import { openBehindWith } from './pipeline/mcp/behind/open.ts'
import type { OpenBehind } from './pipeline/mcp/behind.ts'
import { ServerCare } from './pipeline/mcp/server-care.ts'
import type { Snapshot, ToolServerEntry } from './pipeline/road.ts'
import { openHttpChannel } from './relay/mcp/http-channel.ts'
import type { ServerPlace } from './relay/mcp/link.ts'
import { ServerLinks } from './relay/mcp/links.ts'
import { version } from './version.ts'

export interface Tools {
  readonly catalogue: Catalogue
  readonly openBehind: OpenBehind
  /** Takes the settings in force into use. */
  use(before: Snapshot): void
  close(): Promise<void>
}

/** What is approved, before anything is asked of any server. */
export async function openToolLock(settings: Settings, clock: Clock): Promise<Lock | StartProblem> {
  const { tools, state, maximums } = settings
  const lock = await openLock(clock, {
    approval: tools.approval,
    lock_file: tools.lock_file,
    state_file: join(state.dir, 'tools.json'),
    tool_pins: maximums.tool_pins,
  })
  return 'kind' in lock ? startProblem(78, sentenceOf(lock)) : lock
}

/** `snapshot` is what is in force whenever it is asked. */
export function openTools(workshop: Workshop, lock: Lock, snapshot: () => Snapshot): Tools {
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
  const settingsOf = ({ settings }: Snapshot) => ({
    refresh_s: settings.tools.refresh_s,
    listing_ms: timeouts.listing_ms,
    maximums,
  })
  const catalogue = new Catalogue({
    ask: care.ask,
    servers: () => Array.from(snapshot().servers.keys(), (slug) => ({ slug })),
    clock,
    wheel,
    settings: settingsOf(snapshot()),
    lock,
    onAlarm: (change) => tell(workshop, snapshot(), change),
    onTrouble: (sentence) => log.warn(`tools: ${sentence}`),
  })
  care.listen(catalogue)
  const parts = { links, known: catalogue, snapshot, clock, dice, wheel, secret: mcpSecret, version }
  return {
    catalogue,
    openBehind: openBehindWith(parts),
    use(before) {
      for (const [slug, entry] of before.servers) if (!isSame(entry, snapshot().servers.get(slug))) links.forget(slug)
      catalogue.use(settingsOf(snapshot()))
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

/** A definition that may not be called any more, or may not yet: for whoever has to look at it. */
function tell({ log, clock }: Workshop, { alerts }: Snapshot, change: ToolChange): void {
  const { server, tool, state, why, from, to, classes, lines } = change
  log.warn(`tools: ${server}/${tool} is ${state}: ${why}`, { server, tool, state, from, to, classes })
  const sentence = `Tool ${tool} of ${server} is ${state} and cannot be called: ${why}.`
  alerts.send({ kind: 'tool_changed', at: clock.now(), sentence, server, tool, state, from, to, classes, lines })
}
