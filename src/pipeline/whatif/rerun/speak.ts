/** A recorded call as it is sent again, and what answers it: in the words of what was called. */
import type { CallRecord } from '../../../domain/record.ts'
import { answerOfAgent, asksAgent, requestToAgent } from './a2a-words.ts'
import { answerOfTool, asksTool, requestToTool, saidAsServer } from './mcp-words.ts'
import { answerOfModel, requestToModel } from './model-words.ts'
import { type Answer, type AnswerParts, type Asked, places, type Request } from './said.ts'

type Plane = keyof typeof places

/** Which of the three is called; null for what is none of them. */
export function planeIn(target: string): Plane | null {
  if (target.startsWith('agent:')) return 'agents'
  if (target.startsWith('tool:')) return 'tools'
  return target.startsWith('model:') ? 'models' : null
}

/** `captured` is the body that came in, where it is kept in full; null for what cannot be said. */
export function requestOf(record: CallRecord, captured: Buffer | null): Request | null {
  const plane = planeIn(record.target)
  if (plane === 'agents') return requestToAgent(record, captured)
  return plane === 'tools' ? requestToTool(record, captured) : requestToModel(record, captured)
}

export function answerOf(record: CallRecord, asked: Asked, parts: AnswerParts): Answer {
  const plane = planeIn(record.target)
  if (plane === 'agents') return answerOfAgent(record, asked, parts)
  return plane === 'tools' ? answerOfTool(record, asked, parts) : answerOfModel(record, asked, parts)
}

/** What the mock says at once: null for nothing, undefined for what is a call of the run, which is answered in its time. */
export function saidAtOnce(asked: Asked, toolsOf: (server: string) => readonly string[]): string | null | undefined {
  const { path, id } = asked
  if (path.startsWith(places.models)) return undefined
  if (path.startsWith(places.tools))
    return asksTool(asked) ? undefined : saidAsServer(asked, toolsOf(path.slice(places.tools.length)))
  if (asksAgent(asked)) return undefined
  // Nothing that was begun here goes on after its answer.
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32001, message: 'Task not found' } })
}
