/** What an answer comes to, in the few words that findings are made from. */
import { cleanText } from '../../base/clean-text.ts'
import { a2aErrors } from '../../protocol/a2a/errors.ts'
import type { AgentError, Said } from '../../protocol/a2a/said.ts'
import type { Heard } from './heard.ts'

export type Outcome =
  /** A message and no task. */
  | 'message'
  | 'over'
  | 'failed'
  /** The task waits for its caller. */
  | 'waiting'
  | 'open'
  | 'unknown_task'
  /** Not found, and it is not said that this means the task. */
  | 'not_found'
  | 'not_cancelable'
  | 'unsupported'
  | 'no_method'
  | 'wrong_version'
  | 'error'
  /** 401 or 403. */
  | 'refused'
  | 'not_a2a'
  | 'late'
  | 'cut'
  | 'unreachable'
  /** It ended and said nothing. */
  | 'nothing'

const errors: ReadonlyMap<number, Outcome> = new Map([
  [a2aErrors.task_not_found.code, 'unknown_task'],
  [a2aErrors.task_not_cancelable.code, 'not_cancelable'],
  [a2aErrors.unsupported_operation.code, 'unsupported'],
  [a2aErrors.push_notification_not_supported.code, 'unsupported'],
  [a2aErrors.method_not_found.code, 'no_method'],
  [a2aErrors.version_not_supported.code, 'wrong_version'],
])

const faults: Readonly<Record<string, Outcome>> = {
  connect_failed: 'unreachable',
  connect_timeout: 'unreachable',
  first_byte_timeout: 'late',
  idle_timeout: 'late',
  reset: 'cut',
  truncated: 'cut',
}

/** The last word counts. */
export function outcomeOf(heard: Heard): Outcome {
  const last = heard.answers.at(-1)
  if (last?.kind === 'agent_error') return ofError(last)
  if (heard.fault)
    return /credentials with (?:401|403)/.test(heard.fault.detail) ? 'refused' : ofFault(heard.fault.code)
  if (last === undefined) return heard.scrap === null ? 'nothing' : 'not_a2a'
  return ofSaid(last)
}

function ofSaid({ seen }: Said): Outcome {
  if (seen.kind === 'message') return 'message'
  if (seen.state === 'TASK_STATE_FAILED' || seen.state === 'TASK_STATE_REJECTED') return 'failed'
  if (seen.kind === 'terminal') return 'over'
  return seen.kind === 'interrupted' ? 'waiting' : 'open'
}

function ofFault(code: string): Outcome {
  return faults[code] ?? 'not_a2a'
}

function ofError(error: AgentError): Outcome {
  const outcome = errors.get(error.code) ?? 'error'
  return outcome === 'unknown_task' && !speaksOfTask(error) ? 'not_found' : outcome
}

/** A server without such a path answers a status 404 too, in words of its own. */
function speaksOfTask({ origin, message, data }: AgentError): boolean {
  if (!origin?.dialect.endsWith('-rest')) return true
  return /\btask\b/i.test(message) || (data ?? '').includes('TASK_NOT_FOUND') || origin.bytes.includes('-32001')
}

const wordsChars_max = 100

/** What was heard, in one line. */
export function tellOf(heard: Heard): string {
  const { answers, fault, scrap, status, type, took_ms } = heard
  const last = answers.at(-1)
  const told = last === undefined ? [] : [last.kind === 'agent_error' ? tellError(last) : tellSaid(last)]
  if (told.length > 0 && !fault) return `${told[0]} after ${took_ms} ms`
  if (fault) return [...told, `${fault.code}: ${cleanText(fault.detail, wordsChars_max)}`].join(', then ')
  const head = status === null ? 'it ended' : `status ${status}${type === '' ? '' : `, ${type}`}`
  return scrap ? `${head}: ${scrap}` : `${head}, and nothing of this protocol`
}

function tellError({ code, message }: AgentError): string {
  const words = cleanText(message, wordsChars_max)
  return `error ${code}${words === '' ? '' : `: ${words}`}`
}

function tellSaid(said: Said): string {
  const { kind, state } = said.seen
  return kind === 'message' ? 'a message' : (state ?? 'an event')
}

/** The task that was named, and whether it goes on. */
export function taskIn(heard: Heard): { readonly id: string; readonly open: boolean } | null {
  const named = heard.answers.findLast((said): said is Said => said.kind === 'said' && said.seen.taskId !== null)
  const id = named?.seen.taskId ?? null
  if (id === null) return null
  const { seen } = heard.answers.findLast((said): said is Said => said.kind === 'said') ?? {}
  return { id, open: seen?.kind === 'open' }
}
