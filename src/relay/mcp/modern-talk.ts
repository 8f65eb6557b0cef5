/** One request to a server of the modern era: on its own from the first byte to the last, also where it goes on with one that rested. */
import { membersOf, valueAtPath } from '../../base/json-edit.ts'
import type { Denial } from '../../domain/verdict.ts'
import type { Fault } from '../../domain/fault.ts'
import { metaPrefix } from '../../protocol/mcp/words.ts'
import type { Wire } from '../wire/transport.ts'
import { carry, type CarryHearer, tellWith } from './carry.ts'
import type { Json } from './channel.ts'
import { errorObject, readHeard, writeNotification, writeRequest, writeResponse } from './heard.ts'
import type { Talk } from './link.ts'
import { isForListeners } from './listeners.ts'
import { modernHeaders } from './mirrors.ts'
import { speakerMeta } from './modern-greeting.ts'
import { type Member, objectOf, textAt, traceMembers, withMeta } from './params.ts'
import { type Question, whyUnasked } from './questions.ts'
import type { LinkParts } from './shared.ts'
import type { TalkEnd } from './talk.ts'

export interface ModernRoad {
  readonly parts: LinkParts
  noticeListeners(method: string, params: Json | null): void
  /** The server takes a subscription back. */
  onCancelled(params: Json | null): void
  /** The server may speak the other era by now. */
  onDoubt(): void
}

/** What may rest and ask (2026-07-28, multi round-trip requests). */
const mayRest: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read'])
/** Results that are one; all others are of extensions that nobody here knows. */
const results: ReadonlySet<string> = new Set(['complete', 'task'])

export class ModernTalk implements Talk, CarryHearer {
  readonly #road: ModernRoad
  readonly #end: TalkEnd
  #wire: Wire | null = null
  #status = 200

  constructor(road: ModernRoad, end: TalkEnd) {
    this.#road = road
    this.#end = end
  }

  get sent(): boolean {
    return this.#wire?.sent === true
  }

  start(): void {
    const { parts } = this.#road
    const { id, progressToken, asking } = this.#end
    const params = paramsOf(parts, this.#end)
    const message = writeRequest(id, asking.method, params)
    const headers = modernHeaders(asking.method, params, asking.mirrors)
    this.#wire = carry(
      asking.speaker ?? parts.speaker,
      (credentials, hearer) =>
        parts.channel.send({ message, id, progressToken, headers: [...headers, ...credentials] }, hearer),
      this,
    )
  }

  /** Nobody waits for an answer: what asks, rests. */
  answer(): void {}

  cancel(reason: string): void {
    if (this.#end.leave()) this.#stop(reason)
  }

  pause(): void {
    this.#wire?.pause()
  }

  resume(): void {
    this.#wire?.resume()
  }

  /** The link is gone. */
  lose(fault: Fault): void {
    this.#wire?.abort()
    this.#end.end({ kind: 'fault', fault: { ...fault, sent: this.sent } })
  }

  onHead(status: number): void {
    this.#status = status
  }

  onMessage(message: Json): void {
    if (this.#end.over) return
    const heard = readHeard(message)
    switch (heard?.form) {
      case 'result':
        if (heard.id === this.#end.id) this.#conclude(heard.result)
        return
      case 'error':
        return this.#fail(heard.id, heard.error)
      case 'notification':
        if (heard.method === 'notifications/cancelled') this.#road.onCancelled(heard.params)
        else if (isForListeners(heard.method)) this.#road.noticeListeners(heard.method, heard.params)
        else this.#end.notice(heard.method, heard.params)
        return
      case 'request':
      case undefined:
    }
  }

  onEnd(fault: Fault | null): void {
    if (fault) this.#end.end({ kind: 'fault', fault })
    else this.#end.fault('truncated', 'it ended without an answer', true)
  }

  onDenial(denial: Denial): void {
    this.#end.deny(denial)
  }

  /** An error without an id that comes as the answer to a request is about that request. */
  #fail(id: string, error: Json): void {
    if (id !== this.#end.id && (id !== 'null' || this.#road.parts.channel.isLine)) return
    if (this.#status >= 400 && isOfNoEra(error)) this.#road.onDoubt()
    this.#end.end({ kind: 'error', error })
  }

  #conclude(result: Json): void {
    const type = textAt(result, ['resultType']) ?? 'complete'
    if (results.has(type)) return this.#end.end({ kind: 'result', result })
    const { capabilities } = this.#road.parts.speaker
    const questions = type === 'input_required' ? questionsIn(result) : null
    const isKnown = questions !== null && mayRest.has(this.#end.asking.method)
    if (!isKnown) return this.#refuse('The server answered with a kind of result that nobody knows')
    if ([...questions.values()].some((question) => whyUnasked(question, capabilities) !== null))
      return this.#refuse('The server asks for what its client did not declare')
    this.#end.ask({ questions, rests: true, state: textAt(result, ['requestState']) })
  }

  #refuse(message: string): void {
    this.#end.end({ kind: 'error', error: errorObject(-32603, message) })
  }

  #stop(reason: string): void {
    const { channel, speaker } = this.#road.parts
    if (channel.isLine && this.sent) {
      const params = Buffer.from(`{"requestId":${this.#end.id},"reason":${JSON.stringify(reason)}}`)
      void tellWith(channel, speaker, writeNotification('notifications/cancelled', params), [])
    }
    // Over HTTP this is what cancels it.
    this.#wire?.abort()
  }
}

/** There are no requests of servers in the modern era; over a line they hear of it, over HTTP there is no way to answer. */
export function refuseRequest({ channel, speaker }: LinkParts, id: string): void {
  if (!channel.isLine) return
  void tellWith(channel, speaker, writeResponse(id, 'error', errorObject(-32601, 'Method not found')), [])
}

function paramsOf(parts: LinkParts, { asking, progressToken }: TalkEnd): Json {
  const { logLevel, trace, resume, params } = asking
  const meta: readonly Member[] = [
    ...speakerMeta(parts),
    ...(logLevel === null ? [] : ([[`${metaPrefix}logLevel`, JSON.stringify(logLevel)]] as const)),
    ...(progressToken === null ? [] : ([['progressToken', progressToken]] as const)),
    ...traceMembers(trace),
  ]
  const beside: readonly Member[] = resume
    ? [
        ['inputResponses', objectOf([...resume.answers])],
        ...(resume.state === null ? [] : ([['requestState', JSON.stringify(resume.state)]] as const)),
      ]
    : []
  return withMeta(params, meta, beside) ?? Buffer.from('{}')
}

/** Codes that the modern era says nothing with, as servers use them that wait for `initialize`. */
function isOfNoEra(error: Json): boolean {
  const code = Number(valueAtPath(error, ['code'])?.toString())
  return code === -32600 || (code <= -32000 && code > -32020)
}

/** Null where they are not what the protocol says they are. */
function questionsIn(result: Json): ReadonlyMap<string, Question> | null {
  const asked = valueAtPath(result, ['inputRequests'])
  const questions = new Map<string, Question>()
  for (const [key, request] of asked === null ? [] : membersOf(asked)) {
    const [method, params] = [textAt(request, ['method']), valueAtPath(request, ['params'])]
    if (method === null) return null
    questions.set(key, { method, params })
  }
  // Without questions it only wants to be asked again with its state.
  return questions.size === 0 && textAt(result, ['requestState']) === null ? null : questions
}
