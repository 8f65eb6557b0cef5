/** Questions to a client of the legacy era: real requests on a stream of its session, under ids that nobody guesses. */
import { editJson, valueAtPath } from '../../../base/json-edit.ts'
import { codes } from '../../../protocol/mcp/words.ts'
import { type Question, type Questions, capabilityFor, missingFor } from '../../../protocol/mcp/rounds.ts'
import { writeNotice, writeRequest } from '../../../protocol/mcp/write-message.ts'
import { readJsonObject } from '../../../base/json.ts'
import type { Json } from '../../../relay/mcp/channel.ts'
import type { Answer } from '../../../relay/mcp/link.ts'
import type { LiveSession } from './live-session.ts'

/** The first revision with pages that people are sent to. */
const firstWithPages = '2025-11-25'

/** Questions of one session that wait for their answer. */
const open_max = 256

export interface Asked {
  readonly questions: Questions
  /** Whether nobody needs the other answers once one of them is an error. */
  readonly endsAtError: boolean
  /** Writes a message where the client hears it. */
  say(message: Json): void
  /** Once, with an answer for each question, or with those up to an error. */
  onAnswers(answers: ReadonlyMap<string, Answer>): void
  /** Nobody answered in time. */
  onLate(): void
}

/** Asks all of them; the answer takes back what nobody has answered yet. */
export function askClient(live: LiveSession, { questions, endsAtError, say, onAnswers, onLate }: Asked): () => void {
  const answers = new Map<string, Answer>()
  const open = new Set<string>()
  const withdraw = (): void => {
    alarm.cancel()
    for (const id of open) {
      live.questions.delete(id)
      say(writeNotice('notifications/cancelled', Buffer.from(JSON.stringify({ requestId: id }))))
    }
    open.clear()
  }
  const alarm = live.world.bench.wheel.after(live.world.settings.mcp_question_ms, () => {
    withdraw()
    onLate()
  })
  const take = (key: string, answer: Answer): void => {
    answers.set(key, answer)
    if (answers.size < questions.size && !(endsAtError && answer.kind === 'error')) return
    withdraw()
    onAnswers(answers)
  }
  const asked: Json[] = []
  for (const [key, question] of questions) {
    const id = `weir-${live.world.dice.hex(16)}`
    open.add(id)
    live.questions.set(id, (answer) => {
      live.questions.delete(id)
      open.delete(id)
      take(key, answer)
    })
    asked.push(writeRequest(id, question.method, paramsFor(question, id)))
  }
  for (const message of asked) say(message)
  return withdraw
}

/** Why this client cannot be asked that, as a sentence; null where it can. */
export function cannotAnswer(live: LiveSession, question: Question): string | null {
  const { session } = live
  const isPage = capabilityFor(question)?.['elicitation'] !== undefined && isUrl(question)
  if (live.questions.size >= open_max) return 'The client has too many questions to answer already'
  if (isPage && session.version < firstWithPages)
    return `A person has to visit a page, which a client of MCP ${session.version} cannot be told`
  const declared = readJsonObject(session.capabilities.toString('utf8')) ?? {}
  const missing = missingFor(new Map([['question', question]]), declared)
  return missing === null ? null : `The client did not say that it can answer ${question.method}`
}

export function methodNotKnown(message: string): Answer {
  return { kind: 'error', error: Buffer.from(JSON.stringify({ code: codes.method, message })) }
}

/** The legacy era names each visit to a page, the modern one does not. */
function paramsFor(question: Question, id: string): Json | null {
  const { params } = question
  if (params === null || !isUrl(question) || valueAtPath(params, ['elicitationId']) !== null) return params
  return editJson(params, [{ path: ['elicitationId'], value: JSON.stringify(id) }])
}

function isUrl({ params }: Question): boolean {
  return params !== null && valueAtPath(params, ['mode'])?.toString('utf8') === '"url"'
}
