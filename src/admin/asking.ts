/** Asks the runs index for a route: what the query says, and what a refusal of the index is here. */
import type { Clock } from '../base/clock.ts'
import type { ListAsked } from '../domain/story.ts'
import { type Ask, type AskRefused, isAskRefused, type QuestionName, type Questions } from '../ledger/index/contract.ts'
import { writeProblem } from '../protocol/faces.ts'
import type { Written } from '../protocol/jsonrpc.ts'
import { readFilterOf, readWhole } from './parameters.ts'
import { jsonText } from './routes.ts'

export interface Archive {
  readonly clock: Clock
  /** Null where this gateway has no index. */
  readonly ask: Ask | null
}

/** The answer as JSON text, or why there is none. */
export async function askIndex<Name extends QuestionName>(
  { ask }: Archive,
  name: Name,
  asked: Questions[Name]['asked'],
): Promise<{ readonly text: string } | Written> {
  if (!ask) return refused({ code: 'unavailable', sentence: 'This gateway has no index of its ledger' })
  const answer = await ask.ask(name, asked)
  return isAskRefused(answer) ? refused(answer) : answer
}

const statuses: Readonly<Record<AskRefused['code'], number>> = {
  bad_cursor: 400,
  bad_filter: 400,
  bad_limit: 400,
  too_long: 422,
  busy: 503,
  unavailable: 503,
}

/** A refusal of the index as an answer. */
export function refused({ code, sentence }: Pick<AskRefused, 'code' | 'sentence'>): Written {
  const problem = writeProblem(statuses[code], code, 'The index does not answer', sentence)
  return statuses[code] === 503 ? { ...problem, headers: [...problem.headers, ['retry-after', '1']] } : problem
}

export function isWritten(value: object): value is Written {
  return 'status' in value && 'body' in value
}

/** A JSON object as it came, with members before its own. */
export function withMembers(members: object, text: string): Written {
  const before = JSON.stringify(members).slice(0, -1)
  return jsonText(200, text === '{}' ? `${before}}` : `${before},${text.slice(1)}`)
}

export function readList(query: URLSearchParams, clock: Clock): ListAsked | Written {
  const filter = readFilterOf(query, clock.now())
  if (isWritten(filter)) return filter
  const limit = readWhole(query, 'limit')
  return typeof limit === 'number' ? { filter, cursor: query.get('cursor'), limit } : limit
}
