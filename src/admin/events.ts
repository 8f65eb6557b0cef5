/** The route of the live stream: which topics, through which filter, and from where on. */
import type { Clock } from '../base/clock.ts'
import { alsoPeople, peopleIn } from '../domain/filter-people.ts'
import type { Filter } from '../domain/filter.ts'
import { isFilterProblem, readFilter } from '../domain/filter-read.ts'
import { type LiveTopic, liveTopics, usualTopics } from '../domain/live-event.ts'
import { writeProblem } from '../protocol/faces.ts'
import type { Written } from '../protocol/jsonrpc.ts'
import type { VaultDesk } from '../ledger/vault/desk.ts'
import type { Reply } from '../protocol/http.ts'
import type { EventBus } from './event-bus.ts'
import type { AdminRequest, StreamRoute } from './routes.ts'

interface Live {
  readonly clock: Clock
  readonly bus: EventBus
  readonly people: Pick<VaultDesk, 'ask'>
}

export function eventRoutes(live: Live): readonly StreamRoute[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/events',
      may: 'look',
      summary: 'The live stream',
      query: ['topics', 'filter'],
      answers: null,
      stream: (request, reply) => stream(live, request, reply),
    },
  ]
}

async function stream(live: Live, { query, headers }: AdminRequest, reply: Reply): Promise<Written | null> {
  const { clock, bus } = live
  const topics = readTopics(query.get('topics'))
  if (!topics) {
    const detail = `topics are ${liveTopics.join(', ')}, with commas between them.`
    return writeProblem(400, 'invalid_request', 'No such topic', detail)
  }
  const filter = readFilter(query.get('filter') ?? '', clock.now())
  if (isFilterProblem(filter))
    return writeProblem(400, 'bad_filter', 'The filter cannot be read', `${filter.sentence}.`)
  const asked = { topics, filter: await withPseudonyms(live, filter) }
  if (reply.closed) return null
  if (bus.isFull) {
    const busy = writeProblem(503, 'busy', 'Too many readers', 'No more read the live stream (maximums.event_streams).')
    return { ...busy, headers: [...busy.headers, ['retry-after', '5']] }
  }
  const last = headers.get('last-event-id') ?? ''
  // What is no number of ours is a place that nobody knows.
  const after = last === '' ? null : /^\d{1,15}$/.test(last) ? Number(last) : -1
  bus.read(asked, after, reply)
  return null
}

/** Events have persons as the ledger has them; runs in memory by name. */
async function withPseudonyms({ people }: Live, filter: Filter): Promise<Filter> {
  const names = peopleIn(filter)
  if (names.length === 0) return filter
  const answer = await people.ask({ ask: 'find', names })
  return answer.kind === 'found' ? alsoPeople(filter, answer.pseudonyms) : filter
}

function readTopics(text: string | null): ReadonlySet<LiveTopic> | null {
  if (text === null || text === '') return new Set(usualTopics)
  const asked = text.split(',')
  const known = liveTopics.filter((topic) => asked.includes(topic))
  return known.length === new Set(asked).size ? new Set(known) : null
}
