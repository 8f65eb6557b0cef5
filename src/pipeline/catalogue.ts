/**
 * The catalogue: the agents this caller may invoke, one page at a time, each with where its card is. Agents it may not
 * invoke are not counted, not numbered and not hinted at.
 */
import { setImmediate } from 'node:timers/promises'
import { slugOf } from '../domain/ids.ts'
import { isDenial } from '../domain/verdict.ts'
import { agentUrl } from '../protocol/a2a/card.ts'
import { writeProblem } from '../protocol/faces.ts'
import type { Inbound, Reply } from '../protocol/http.ts'
import { sendWritten } from '../protocol/jsonrpc.ts'
import { subjectOf } from './cards/our-card.ts'
import { askerOf, type Asker, turnAsker } from './discover.ts'
import type { AgentEntry, Road } from './road.ts'

const pageSize = { usual: 50, max: 100 } as const
/** Agents that are looked at before others get their turn on this thread. */
const looksAtOnce = 200

interface CatalogueItem {
  readonly slug: string
  readonly name: string
  readonly description: string
  /** Of its card. */
  readonly url: string
  readonly skills: readonly { readonly id: string; readonly name: string }[]
}

interface Page {
  readonly size: number
  /** The slug after which the page begins. */
  readonly after: string
}

/** Answers `GET /a2a`, `?pageSize=1..100&pageToken=...`. */
export async function serveCatalogue(road: Road, inbound: Inbound, reply: Reply): Promise<void> {
  const asker = await askerOf(road, inbound, road.snapshot.publicUrl)
  if (isDenial(asker)) return turnAsker(road, reply, asker)
  const page = readPage(inbound.query)
  if (page === null) {
    const detail = `pageSize is a number from 1 to ${pageSize.max}, pageToken what nextPageToken was.`
    return sendWritten(reply, writeProblem(400, 'invalid_request', 'Not a page', detail))
  }
  const body = JSON.stringify(await pageOf(road, asker, page))
  const headers = [
    ['content-type', 'application/json'],
    ['cache-control', 'private, no-store'],
  ] as const
  return reply.send(200, headers, body)
}

function readPage(query: string): Page | null {
  const asked = new URLSearchParams(query)
  const [size, after] = [asked.get('pageSize'), asked.get('pageToken') ?? '']
  if (size !== null && !/^[1-9]\d{0,2}$/.test(size)) return null
  const count = size === null ? pageSize.usual : Number(size)
  return count > pageSize.max || !/^[a-z0-9-]{0,63}$/.test(after) ? null : { size: count, after }
}

/** The token is the last slug of the page, so it says nothing of agents the caller does not know. */
async function pageOf(road: Road, asker: Asker, { size, after }: Page): Promise<object> {
  const { snapshot } = road
  const entries = [...snapshot.agents.values()]
    .filter(({ driver, settings }) => driver !== null && slugOf(settings.id) > after)
    .toSorted((a, b) => (a.settings.id < b.settings.id ? -1 : 1))
  const seen: AgentEntry[] = []
  for (const [index, entry] of entries.entries()) {
    if (seen.length > size) break
    if (index % looksAtOnce === looksAtOnce - 1) await setImmediate()
    if (await asker.sees(entry)) seen.push(entry)
  }
  const shown = seen.slice(0, size)
  const last = shown.at(-1)
  const nextPageToken = seen.length > size && last ? slugOf(last.settings.id) : ''
  return { schema: 'weir.catalogue/v1', agents: shown.map((entry) => itemOf(road, entry)), nextPageToken }
}

function itemOf(road: Road, entry: AgentEntry): CatalogueItem {
  const { id } = entry.settings
  const slug = slugOf(id)
  const { name, description, skills = [] } = subjectOf(entry, road.cards.standingOf(id)?.pinned ?? null)
  const url = `${agentUrl(road.snapshot.publicUrl, slug)}.well-known/agent-card.json`
  return { slug, name, description, url, skills: skills.map((skill) => ({ id: skill.id, name: skill.name })) }
}
