/** Reads the live stream of a gateway: events as they come, and where to go on after a break. */
import type { AdminPlace } from './deps.ts'
import { refusalOf } from './admin-client.ts'
import { type CliProblem, problem } from './exit-codes.ts'

export interface SeenEvent {
  readonly id: string
  readonly event: string
  readonly data: string
}

export interface EventsAsked {
  readonly topics: string
  readonly filter: string
  /** Of the last event that was seen; null for from now on. */
  readonly after: string | null
  readonly signal: AbortSignal
}

/** An event is never longer; a listener that says so is not ours. Unit: characters. */
const event_max = 1_048_576

/** The stream once it is open; it ends where the gateway ends it, where it breaks, and where the signal says so. */
export async function openEvents(
  place: AdminPlace,
  { topics, filter, after, signal }: EventsAsked,
): Promise<AsyncIterable<SeenEvent> | CliProblem> {
  const query = new URLSearchParams({ topics, filter })
  try {
    const answer = await fetch(`${place.url}/api/v1/events?${query.toString()}`, {
      headers: {
        authorization: `Bearer ${place.token}`,
        accept: 'text/event-stream',
        ...(after !== null && { 'last-event-id': after }),
      },
      redirect: 'error',
      signal,
    })
    if (answer.ok && answer.body) return eventsOf(answer.body)
    return refusalOf(place, answer.status, await answer.json().catch(() => null))
  } catch {
    return problem('unreachable', `No gateway answers at ${place.url}. Is it running? Start it with: weir serve`)
  }
}

async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncIterable<SeenEvent> {
  let text = ''
  const decoder = new TextDecoder()
  try {
    for await (const chunk of body) {
      const frames = (text + decoder.decode(chunk, { stream: true })).split('\n\n')
      text = frames.pop() ?? ''
      if (text.length > event_max) return
      for (const frame of frames) {
        const [, id = '', event = '', data = ''] = /^id: (.*)\nevent: (.*)\ndata: (.*)$/.exec(frame) ?? []
        if (event !== '') yield { id, event, data }
      }
    }
  } catch {
    // A stream that breaks has ended; who reads it comes back.
  }
}
