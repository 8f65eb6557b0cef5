/**
 * What Weir asks tool servers for itself, so that what they have is known before anybody wants it: their lists, page by page,
 * and word of it when one of them changes.
 */
import { readJson } from '../../base/json.ts'
import { valueAtPath } from '../../base/json-edit.ts'
import type { Wheel } from '../../base/wheel.ts'
import type { AskPage, Known, ListKind, Page } from '../../catalogue/contract.ts'
import { isFault } from '../../domain/fault.ts'
import { deny, isDenial } from '../../domain/verdict.ts'
import { codes } from '../../protocol/mcp/words.ts'
import type { End, Hearer, Links, Speaker, Wants } from '../../relay/mcp/link.ts'
import type { Snapshot, ToolServerEntry } from '../road.ts'
import { Lane } from './behind/lane.ts'
import { careFor } from './care.ts'

interface CareParts {
  readonly links: Links
  readonly wheel: Pick<Wheel, 'after'>
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

export class ServerCare {
  readonly #parts: CareParts
  readonly #lanes = new Map<string, { readonly entry: ToolServerEntry; readonly lane: Lane }>()

  constructor(parts: CareParts) {
    this.#parts = parts
  }

  /** Asks for one page. Never rejects. */
  readonly ask: AskPage = async (server, list, cursor) => {
    const link = await this.#open(server)
    if (isDenial(link) || isFault(link)) return { kind: 'failed', detail: `${link.code}: ${link.detail}` }
    const { method, capability } = lists[list]
    if (valueAtPath(link.about.capabilities, [capability]) === null) return { kind: 'absent' }
    const params = cursor === null ? null : Buffer.from(JSON.stringify({ cursor }))
    const asking = { method, params, logLevel: null, mirrors: [], traceparent: null }
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
    const { servers } = this.#parts.snapshot()
    for (const [slug, { entry, lane }] of this.#lanes) {
      if (servers.get(slug) === entry) continue
      lane.close()
      this.#lanes.delete(slug)
    }
    for (const [slug, entry] of servers) {
      if (this.#lanes.has(slug)) continue
      const onNotice = (method: string): void => {
        for (const list of changed.get(method) ?? []) known.changed(slug, list)
      }
      const hearer = { onNotice, onAsk: () => undefined }
      const parts = { wheel: this.#parts.wheel, warrant: careFor(slug), open: () => this.#open(slug), hearer }
      this.#lanes.set(slug, { entry, lane: new Lane(parts, wants) })
    }
  }

  close(): void {
    for (const { lane } of this.#lanes.values()) lane.close()
    this.#lanes.clear()
  }

  #open(server: string): ReturnType<Links['open']> {
    return this.#parts.links.open(careFor(server), { server, speaker, era: 'modern' })
  }
}

/** Nobody stands behind it who could be asked anything. */
const speaker: Speaker = {
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
  }
}
