/**
 * Lists as Weir gives them: from what is known, in one order, only what the client may see, all on one page unless that
 * would be too long. Nobody is waited for; who is missing is named.
 */
import { deny } from '../../../domain/verdict.ts'
import type { ListKind } from '../../../catalogue/contract.ts'
import { readJson } from '../../../base/json.ts'
import { valueAtPath } from '../../../base/json-edit.ts'
import type { Json } from '../../../relay/mcp/channel.ts'
import type { End } from '../../../relay/mcp/link.ts'
import { codes } from '../../../protocol/mcp/words.ts'
import { maySee } from '../visible-tools.ts'
import type { Client } from '../behind.ts'
import { absentOf } from './absent.ts'
import { together } from './decided.ts'
import type { Handles, ListPlace, Owner } from './handles.ts'
import type { View } from './space.ts'
import { searchToolDefinition } from './search-tool.ts'

export const listMethods: ReadonlyMap<string, ListKind> = new Map([
  ['tools/list', 'tools'],
  ['prompts/list', 'prompts'],
  ['resources/list', 'resources'],
  ['resources/templates/list', 'resourceTemplates'],
])

export interface ListAsked {
  readonly method: string
  readonly kind: ListKind
  readonly params: Json | null
}

export interface ListParts {
  readonly client: Client
  readonly view: View
  readonly one: boolean
  readonly handles: Handles
  readonly owner: Owner
  /** What the address is called, for cursors. */
  readonly address: string
}

export async function answerList(parts: ListParts, asked: ListAsked): Promise<End> {
  const { view, client, handles, owner, one } = parts
  const [only] = view.listings
  if (one && only?.health.state === 'missing')
    return { kind: 'denial', denial: deny('upstream_unavailable', `${only.server} has not listed anything yet`) }
  const epoch = JSON.stringify([parts.address, client.reader.snapshot.policy.hash, view.epoch])
  const from = offsetOf(parts, { method: asked.method, epoch }, asked.params)
  if (from === null) return { kind: 'error', error: badCursor }
  const all = asked.kind === 'tools' ? await toolsOf(parts) : view.space.listed(asked.kind)
  const max = client.reader.snapshot.settings.maximums.mcp_list_bytes
  const page = pageOf(all, from, max)
  const end = from + page.length
  const next = end < all.length ? handles.closeCursor(owner, { method: asked.method, epoch, offset: end }) : null
  return { kind: 'result', result: write(asked.kind, page, othersOf(client, view, next)) }
}

const badCursor = Buffer.from(
  JSON.stringify({ code: codes.params, message: 'The cursor is of no list as it stands now: begin the list anew' }),
)

function offsetOf({ handles, owner }: ListParts, place: Omit<ListPlace, 'offset'>, params: Json | null): number | null {
  const raw = params === null ? null : valueAtPath(params, ['cursor'])
  if (raw === null || raw.toString() === 'null') return 0
  const read = readJson(raw.toString())
  return read.ok && typeof read.value === 'string' ? handles.openCursor(owner, place, read.value) : null
}

async function toolsOf({ client, view, one }: ListParts): Promise<readonly Buffer[]> {
  const { space } = view
  // Everything that decides what is seen, so that nobody sees what was decided for somebody who asks otherwise.
  const { snapshot, ...asks } = client.reader
  const seen = await space.seen.of(snapshot, asks, () => {
    const approved = [...space.tools.values()].filter(({ state }) => state === 'approved')
    const may = together(approved.map(({ name, server }) => maySee(name, { ...client.reader, server })))
    const shown = (verdicts: readonly boolean[]): readonly Buffer[] =>
      approved.filter((_, i) => verdicts[i]).map((tool) => space.definitionOf(tool))
    return may instanceof Promise ? may.then(shown) : shown(may)
  })
  return one ? seen : [searchToolDefinition, ...seen]
}

/** As many as fit; one at least, or the list would never end. */
function pageOf(all: readonly Buffer[], from: number, max_bytes: number): readonly Buffer[] {
  let bytes = 0
  const end = all.findIndex((item, i) => {
    if (i < from) return false
    bytes += item.length + 1
    return bytes > max_bytes && i > from
  })
  return all.slice(from, end === -1 ? all.length : end)
}

/** What stands in a result beside its list. */
type Others = readonly (readonly [name: string, value: unknown])[]

/** How long a list may be kept by a client of the modern era, which hears of changes where it listens. Unit: ms. */
const ttl_ms = 30_000

function othersOf({ era }: Client, view: View, next: string | null): Others {
  const absent = absentOf(view)
  const meta = absent.length === 0 ? {} : { 'dev.weir/partial': { servers: absent } }
  const hasMeta = absent.length > 0 || era === 'modern'
  return [
    ...(next === null ? [] : [['nextCursor', next] as const]),
    ...(era === 'modern' ? modernOthers : []),
    // Whoever answers a client of the modern era signs there.
    ...(hasMeta ? [['_meta', meta] as const] : []),
  ]
}

const modernOthers: Others = [
  ['resultType', 'complete'],
  ['ttlMs', ttl_ms],
  ['cacheScope', 'private'],
]

/** The short members come first: whoever looks for one of them does not have to read the list. */
function write(kind: ListKind, items: readonly Buffer[], others: Others): Buffer {
  const comma = Buffer.from(',')
  const parts = items.flatMap((item, i) => (i === 0 ? [item] : [comma, item]))
  const head = others.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)},`).join('')
  return Buffer.concat([Buffer.from(`{${head}"${kind}":[`), ...parts, Buffer.from(']}')])
}
