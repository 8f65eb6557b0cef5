/**
 * Lists of tasks, a page at a time. A cursor says after which task the next page begins; it is sealed, and opens only for
 * the same party with the same filters, so that nobody learns anything from it or makes one up.
 */
import { readJson } from '../base/json.ts'
import type { Party } from '../domain/task.ts'
import type { TaskPage, TaskQuery } from './contract.ts'
import type { Seal } from './seal.ts'
import type { Entry } from './table.ts'

/** The last task of a page: when it changed and its number. */
type Place = readonly [updatedAt: number, no: number]

const pageSize_max = 100

/** Null for a cursor that is not ours, or not for this question. */
export function pageOf(entries: Iterable<Entry>, query: TaskQuery, party: Party, seal: Seal): TaskPage | null {
  const question = questionOf(query, party)
  const after = query.pageToken === '' ? null : readPlace(seal.open(query.pageToken, question))
  if (after === null && query.pageToken !== '') return null
  const size = Math.min(Math.max(1, query.pageSize), pageSize_max)
  // One more than fits tells whether another page follows.
  // Tasks mostly come in the order in which they changed: from the end, few are better than those that are held.
  const { first, count } = newest([...entries].toReversed(), query, { after, count: size + 1 })
  const page = first.slice(0, size)
  const last = first.length > size ? page.at(-1) : undefined
  const nextPageToken = last ? seal.seal(JSON.stringify(placeOf(last)), question) : ''
  return { rows: page.map(({ row }) => row), nextPageToken, totalSize: count }
}

/** The first few in order after a place, and how many fit the query in all. One pass, because a list may be long. */
function newest(entries: Iterable<Entry>, query: TaskQuery, { after, count }: { after: Place | null; count: number }) {
  const first: Entry[] = []
  let all = 0
  for (const entry of entries) {
    if (!fits(entry, query)) continue
    all += 1
    const place = placeOf(entry)
    if (after && compare(place, after) <= 0) continue
    const last = first.length < count ? undefined : first.at(-1)
    if (last && compare(place, placeOf(last)) > 0) continue
    first.splice(indexFor(first, place), 0, entry)
    if (first.length > count) first.pop()
  }
  return { first, count: all }
}

function indexFor(sorted: readonly Entry[], place: Place): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const there = sorted[middle]
    if (there && compare(placeOf(there), place) < 0) low = middle + 1
    else high = middle
  }
  return low
}

function fits({ row }: Entry, { contextId, state, since }: TaskQuery): boolean {
  if (contextId !== null && row.contextId !== contextId) return false
  if (state !== null && row.state !== state) return false
  return since === null || row.updatedAt >= since
}

function placeOf({ row, no }: Entry): Place {
  return [row.updatedAt, no]
}

/** Below zero where the first comes before the second: the last changed leads, and of two the younger. */
function compare([aAt, aNo]: Place, [bAt, bNo]: Place): number {
  return bAt - aAt || bNo - aNo
}

/** Not the run: whoever asks for the next page from another run still is the same party. */
function questionOf({ target, contextId, state, since }: TaskQuery, { agent, person }: Party): string {
  return JSON.stringify(['page', agent, person, target, contextId, state, since])
}

function readPlace(text: string | null): Place | null {
  const read = text === null ? null : readJson(text)
  if (!read?.ok || !Array.isArray(read.value)) return null
  const [updatedAt, no] = read.value as readonly unknown[]
  return typeof updatedAt === 'number' && typeof no === 'number' ? [updatedAt, no] : null
}
