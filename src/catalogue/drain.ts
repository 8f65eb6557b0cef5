/** Reads one list of one server to its end, page by page, and never for ever. */
import { arrayItems } from '../base/json-edit.ts'
import { jsonShape } from '../base/json-shape.ts'
import { scanJson } from '../base/json-scan.ts'
import type { AskPage, ListKind, PageFault } from './contract.ts'

export interface DrainMaximums {
  /** Of one list of one server. */
  readonly listed_items: number
  /** Of all pages of one list together. */
  readonly listing_bytes: number
}

interface Drained {
  readonly kind: 'items'
  readonly items: readonly Buffer[]
}

interface Asked {
  readonly server: string
  readonly list: ListKind
  /** Nobody waits for the rest any more. */
  over(): boolean
}

const pages_max = 1000
const cursor_chars_max = 65_536

const shapes = {
  tools: jsonShape(['tools', 'nextCursor'], 'ignore'),
  prompts: jsonShape(['prompts', 'nextCursor'], 'ignore'),
  resources: jsonShape(['resources', 'nextCursor'], 'ignore'),
  resourceTemplates: jsonShape(['resourceTemplates', 'nextCursor'], 'ignore'),
} as const

/** Nothing of a list that is not read to its end: half of one would look like a list from which things were taken out. */
export async function drain(
  ask: AskPage,
  { server, list, over }: Asked,
  { listed_items, listing_bytes }: DrainMaximums,
): Promise<Drained | PageFault> {
  const items: Buffer[] = []
  const seen = new Set<string>()
  let bytes = 0
  let cursor: string | null = null
  for (let pages = 0; pages < pages_max; pages += 1) {
    const page = await ask(server, list, cursor)
    if (over()) return failed('its time is over')
    if (page.kind === 'failed') return page
    if (page.kind === 'absent') return pages === 0 ? { kind: 'items', items } : failed('the list ended in the middle')
    bytes += page.result.length
    if (bytes > listing_bytes) return failed(`more than ${listing_bytes} bytes (maximums.listing_bytes)`)
    const read = readPage(list, page.result, listed_items - items.length)
    if (typeof read === 'string') return failed(read)
    for (const item of read.items) items.push(item)
    if (items.length > listed_items) return failed(`more than ${listed_items} entries (maximums.listed_items)`)
    if (read.next === null) return { kind: 'items', items }
    if (seen.has(read.next)) return failed('a cursor came a second time')
    seen.add(read.next)
    cursor = read.next
  }
  return failed(`more than ${pages_max} pages`)
}

function readPage(
  list: ListKind,
  result: Buffer,
  max: number,
): { readonly items: readonly Buffer[]; readonly next: string | null } | string {
  const spans = scanJson(result, shapes[list])
  if (spans.kind === 'mistake') return `a page that has no one reading (${spans.what})`
  const array = spans.slice(list)
  if (spans.kindOf(list) !== 'array' || array === null) return `a page without ${list}`
  // The empty text is a cursor like any other: only what is absent or null ends a list.
  const kind = spans.kindOf('nextCursor')
  const next = kind === 'string' ? spans.text('nextCursor') : null
  if (kind !== null && kind !== 'null' && next === null) return 'a cursor that is no text'
  if (next !== null && next.length > cursor_chars_max) return 'a cursor without end'
  return { items: arrayItems(array, max), next }
}

function failed(detail: string): PageFault {
  return { kind: 'failed', detail }
}
