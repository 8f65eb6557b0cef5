/**
 * What Weir asks tool servers for itself, so that what they have is known before anybody wants it: their lists, page by page,
 * and word of it when one of them changes.
 */
import { unreachable } from '../../base/assert.ts'
import { readJson } from '../../base/json.ts'
import { valueAtPath } from '../../base/json-edit.ts'
import type { Clock } from '../../base/clock.ts'
import type { Wheel } from '../../base/wheel.ts'
import { BoundedMap } from '../../base/bounded-map.ts'
import type { SpeakerCredentials } from '../../identity/outbound/tool-credentials.ts'
import type { AskPage, Known, ListKind, Page } from '../../catalogue/contract.ts'
import { isFault } from '../../domain/fault.ts'
import { deny, isDenial } from '../../domain/verdict.ts'
import { codes } from '../../protocol/mcp/words.ts'
import type { End, Hearer, Links, Speaker, Wants } from '../../relay/mcp/link.ts'
import type { Snapshot, ToolServerEntry } from '../road.ts'
import type { Era } from '../../protocol/mcp/read-call.ts'
import type { ServerLinks } from '../../relay/mcp/links.ts'
import { Lane } from './behind/lane.ts'
import { careFor } from './care.ts'

interface CareParts {
  readonly links: Pick<ServerLinks, 'open' | 'speaks'>
  readonly wheel: Pick<Wheel, 'after'>
  readonly clock: Clock
  readonly snapshot: () => Snapshot
}

const lists: Readonly<Record<ListKind, { readonly method: string; readonly capability: string }>> = {
  tools: { method: 'tools/list', capability: 'tools' },
  prompts: { method: 'prompts/list', capability: 'prompts' },
  resources: { method: 'resources/list', capability: 'resources' },
  resourceTemplates: { method: 'resources/templates/list', capability: 'resources' },
}

/** Which lists a word of a server is about. */
const changed: ReadonlyMap<string, readonly ListKind[]> = new Map([
  ['notifications/tools/list_changed', ['tools']],
  ['notifications/prompts/list_changed', ['prompts']],
  ['notifications/resources/list_changed', ['resources', 'resourceTemplates']],
])

const wants: Wants = {
  toolsListChanged: true,
  promptsListChanged: true,
  resourcesListChanged: true,
  resources: [],
  tasks: [],
}

/** A server of which a greeting said nothing is greeted again after this. */
const greeting_ms = 10_000
/** Servers for which somebody's credential is lent. */
const lent_max = 4096

export class ServerCare {
  readonly #parts: CareParts
  readonly #greetings: BoundedMap<string, Promise<boolean>>
  #known: Known | null = null
  readonly #lent = new BoundedMap<string, SpeakerCredentials>({ max: lent_max })
  readonly #lanes = new Map<string, { readonly entry: ToolServerEntry; readonly lane: Lane }>()

  constructor(parts: CareParts) {
    this.#parts = parts
    this.#greetings = new BoundedMap({ max: 2 * lent_max, clock: parts.clock })
  }

  /** Asks for one page. Never rejects. */
  readonly ask: AskPage = async (server, list, cursor) => {
    const link = await this.#open(server)
    if (isDenial(link) || isFault(link)) return { kind: 'failed', detail: `${link.code}: ${link.detail}` }
    const { method, capability } = lists[list]
    // What else there is belongs to whoever has an account, and only tools are the same for everybody.
    const isPersonal = this.#parts.snapshot().servers.get(server)?.settings.credential.mode === 'user'
    if (isPersonal && list !== 'tools') return { kind: 'absent' }
    if (valueAtPath(link.about.capabilities, [capability]) === null) return { kind: 'absent' }
    const params = cursor === null ? null : Buffer.from(JSON.stringify({ cursor }))
    const asking = { method, params, logLevel: null, mirrors: [], trace: null }
    return await new Promise<Page>((resolve) => {
      const hearer: Hearer = {
        onNotice: () => undefined,
        onAsk: () => resolve({ kind: 'failed', detail: 'it asks something before it lists anything' }),
        onEnd: (end) => resolve(pageOf(end)),
      }
      link.ask(careFor(server), asking, hearer)
    })
  }

  /** Listens to every server of the settings in force, and to no other. */
  listen(known: Known): void {
    this.#known = known
    const { servers } = this.#parts.snapshot()
    for (const [slug, { entry, lane }] of this.#lanes) {
      if (servers.get(slug) === entry) continue
      lane.close()
      this.#lanes.delete(slug)
    }
    for (const [slug, entry] of servers) {
      if (this.#lanes.has(slug) || !entry.settings.watch) continue
      const onNotice = (method: string): void => {
        for (const list of changed.get(method) ?? []) known.changed(slug, list)
      }
      const hearer = { onNotice, onAsk: () => undefined }
      const parts = { wheel: this.#parts.wheel, warrant: careFor(slug), open: () => this.#open(slug), hearer }
      this.#lanes.set(slug, { entry, lane: new Lane(parts, wants) })
    }
  }

  /**
   * Whether the server has to be spoken to in the other era than that of a message: known at once, or found out by a greeting
   * of Weir's own. A server that cannot be reached says nothing about that.
   */
  isForeign({ settings: { id, eras } }: ToolServerEntry, era: Era): boolean | Promise<boolean> {
    if (eras !== 'auto') return eras !== era
    const known = this.#parts.links.speaks(id, era)
    return known === null ? this.#findOut(id, era) : !known
  }

  /** Nobody has to be known yet who asks for this, so one greeting is all that many of them bring about. */
  #findOut(id: string, era: Era): Promise<boolean> {
    const key = `${era} ${id}`
    const asked = this.#greetings.get(key)
    if (asked) return asked
    const greeting = this.#open(id, era).then(() => this.#parts.links.speaks(id, era) === false)
    this.#greetings.set(key, greeting, greeting_ms)
    return greeting
  }

  close(): void {
    for (const { lane } of this.#lanes.values()) lane.close()
    this.#lanes.clear()
  }

  /**
   * A server where everybody works with an account of their own lists its tools for whoever has one: the caller that last had a
   * credential lends it for that, and for nothing else.
   */
  lend({ settings: { id, credential } }: ToolServerEntry, speaker: SpeakerCredentials): void {
    if (credential.mode !== 'user') return
    const isFirst = this.#lent.get(id) === undefined
    this.#lent.set(id, speaker)
    if (!isFirst) return
    this.#lanes.get(id)?.lane.wake()
    this.#known?.changed(id, 'tools')
  }

  /** Nobody stands behind Weir itself who could be asked anything. */
  speakerOf({ settings }: ToolServerEntry): Speaker {
    const lent = settings.credential.mode === 'user' ? this.#lent.get(settings.id) : undefined
    const speaker = lent ?? this.#parts.snapshot().toolCredentials.speakerCredentials(settings, null)
    return {
      ...weirSpeaker,
      credentials: () => speaker.credentials(),
      challenged: (status, challenge) => speaker.challenged(status, challenge),
    }
  }

  /** Who asks servers what they say of themselves. What one says to the account of a person is for nobody else: null. */
  greeterOf(entry: ToolServerEntry): Speaker | null {
    return entry.settings.credential.mode === 'user' ? null : this.speakerOf(entry)
  }

  async #open(server: string, era: Era = 'modern'): ReturnType<Links['open']> {
    const entry = this.#parts.snapshot().servers.get(server)
    if (!entry) return deny('not_found', 'there is no such server')
    return this.#parts.links.open(careFor(server), { server, speaker: this.speakerOf(entry), era })
  }
}

/** Weir itself, where it proves nothing. */
export const weirSpeaker: Speaker = {
  key: 'weir',
  capabilities: Buffer.from('{}'),
  credentials: () => [],
  challenged: (status) => Promise.resolve(deny('upstream_unavailable', `the server answered ${status}`)),
}

function pageOf(end: End): Page {
  switch (end.kind) {
    case 'result':
      return { kind: 'page', result: end.result }
    case 'error': {
      const read = readJson(end.error.toString())
      const error = read.ok ? (read.value as { readonly code?: unknown; readonly message?: unknown }) : {}
      if (error.code === codes.method) return { kind: 'absent' }
      return { kind: 'failed', detail: `it answered error ${String(error.code)}` }
    }
    case 'fault':
      return { kind: 'failed', detail: `${end.fault.code}: ${end.fault.detail}` }
    case 'denial':
      return { kind: 'failed', detail: end.denial.detail }
    default:
      return unreachable(end)
  }
}
