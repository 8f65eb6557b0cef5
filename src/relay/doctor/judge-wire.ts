/** What is seen only on the wire of A2A: how a stream goes, which id comes back, whether tasks are listed. */
import type { Finding } from '../../domain/checkup.ts'
import type { Heard } from './heard.ts'
import { judge } from './judge.ts'
import { outcomeOf, tellOf } from './outcome.ts'

/** `heartbeat_ms` is how long callers hear nothing before Weir says that it is still there. */
export function judgeStream(at: string | null, heard: Heard, heartbeat_ms: number): Finding {
  const found = judge('stream', at, heard)
  const said = heard.answers.filter(({ kind }) => kind === 'said').length
  if (said === 0) return found
  const seen = `${said} ${said === 1 ? 'event' : 'events'}, ${found.seen}`
  const outcome = outcomeOf(heard)
  if (outcome === 'cut') {
    return {
      ...found,
      seen,
      result: 'emulated',
      advice: 'It breaks off: Weir looks for the task and goes on.',
      keys: [],
    }
  }
  if (outcome === 'late') {
    return { ...found, seen, result: 'unknown', advice: 'It was not over in time; give it longer with --timeout.' }
  }
  if (found.result !== 'ok') return { ...found, seen }
  const [habit] = habits.filter(({ holds }) => holds(heard, heartbeat_ms))
  return habit ? { ...found, seen, result: 'emulated', advice: habit.advice } : { ...found, seen }
}

interface Habit {
  readonly advice: string
  holds(heard: Heard, heartbeat_ms: number): boolean
}

const habits: readonly Habit[] = [
  {
    advice: 'It answers in one piece: Weir makes a stream of it.',
    holds: ({ status, type }) => status !== null && type !== 'text/event-stream',
  },
  {
    advice: 'It does not close after its last word: Weir ends the stream itself.',
    holds: ({ end }) => end === 'left open',
  },
  {
    advice: 'It is silent for long: Weir tells callers that it is still there.',
    holds: ({ silence_ms, comments }, heartbeat_ms) => comments === 0 && silence_ms > heartbeat_ms,
  },
]

/** One more than the largest integer that every reader of JSON keeps (RFC 8259 section 6). */
export const longId = '9007199254740993'

/** Clients take an answer with another id for none. */
export function judgeEcho(at: string | null, heard: Heard): Finding {
  const found = { check: 'id', at, keys: [] }
  const origin = heard.answers.at(-1)?.origin ?? null
  if (origin === null) return { ...found, result: 'unknown', seen: tellOf(heard), advice: null }
  if (origin.rpcId === longId) return { ...found, result: 'ok', seen: 'large ids come back whole', advice: null }
  const seen = `${longId} comes back as ${origin.rpcId === '' ? 'nothing' : origin.rpcId.slice(0, 40)}`
  return { ...found, result: 'emulated', seen, advice: 'Callers get back the id they sent.' }
}

/** Weir lists what it knows the caller owns, whatever the agent would list: to it all callers are one. */
export function judgeList(at: string | null, heard: Heard): Finding {
  const result = heard.json?.['result'] ?? heard.json
  const lists = typeof result === 'object' && result !== null && 'tasks' in result && Array.isArray(result.tasks)
  const seen = lists ? 'it lists tasks' : tellOf(heard)
  return { check: 'list', at, result: 'ok', seen, advice: 'Weir lists the tasks of each caller itself.', keys: [] }
}
