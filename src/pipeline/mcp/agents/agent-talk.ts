/**
 * A call of `ask_<agent>` under way: it goes down the road of A2A as any call to that agent, judged, counted and recorded there
 * once, and what is heard of it becomes the result of a tool. Whoever has waited long enough is given the task and comes back;
 * the call goes on for nobody until it ends, so that the run still knows who works in it.
 */
import { isJsonObject, type JsonObject, readJsonObject } from '../../../base/json.ts'
import type { Alarm } from '../../../base/wheel.ts'
import { type AgentId, slugOf } from '../../../domain/ids.ts'
import type { Principal } from '../../../domain/principal.ts'
import { phaseOf } from '../../../domain/task.ts'
import type { Denial } from '../../../domain/verdict.ts'
import { fold } from '../../../protocol/a2a/fold.ts'
import { isMalformed } from '../../../protocol/a2a/malformed.ts'
import { readCall } from '../../../protocol/a2a/read-call.ts'
import type { HeaderList, HeaderMap, Inbound } from '../../../protocol/http.ts'
import { traceOf } from '../../../protocol/mcp/trace.ts'
import { SseSplitter } from '../../../protocol/sse.ts'
import type { End, Hearer, Talk } from '../../../relay/mcp/link.ts'
import { makeFault } from '../../../relay/wire/transport.ts'
import type { Entry } from '../../enter.ts'
import { type Heard, HeardReply } from '../../heard-reply.ts'
import { serveKnown } from '../../serve.ts'
import { openVisit } from '../../visit.ts'
import type { McpVisit } from '../threshold.ts'
import { type AgentAnswer, resultOf, type ResultManner, stateOf, text, wordsOf } from './agent-result.ts'
import { type AskedMethod, type AskedOfAgent, requestFor } from './asked.ts'
import { maySend } from './visible-agents.ts'

/** Who asks whom for what. */
export interface AgentAsk {
  readonly visit: McpVisit
  readonly principal: Principal
  /** Where the caller stands. */
  readonly entry: Entry | Denial
  readonly agent: AgentId
  readonly asked: AskedOfAgent
  readonly manner: ResultManner
  /** Under which progress is told, as JSON; null for a caller that wants to hear of none. */
  readonly progressToken: string | null
  /** Headers of the answer of the road: run and hop. */
  onHead(headers: HeaderList): void
}

/** Of one word on the way. */
const progress_chars = 2000

export class AgentTalk implements Talk {
  readonly sent = true
  readonly #ask: AgentAsk
  readonly #hearer: Hearer
  readonly #reply: HeardReply
  readonly #events: SseSplitter
  readonly #patience: Alarm | null
  readonly #method: AskedMethod
  #task: JsonObject | null = null
  #message: JsonObject | null = null
  #keptBytes = 0
  #words = 0
  #hasWaited: boolean
  #failure: string | null = null
  #over = false

  constructor(ask: AgentAsk, hearer: Hearer) {
    const { asked, visit } = ask
    const { wheel } = visit.road.relay.bench
    const { timeouts, maximums } = visit.snapshot.settings
    this.#ask = ask
    this.#hearer = hearer
    this.#events = new SseSplitter(maximums.answer_bytes)
    this.#method = methodFor(ask)
    const streams = this.#method === 'SendStreamingMessage'
    this.#hasWaited = asked.kind === 'message' && !asked.wait
    this.#patience = streams && !this.#hasWaited ? wheel.after(timeouts.ask_wait_ms, () => this.#onPatienceEnd()) : null
    this.#reply = new HeardReply({
      max_bytes: maximums.answer_bytes,
      onHead: (headers) => ask.onHead(headers),
      ...(streams && { onPiece: (piece: Buffer) => this.#onPiece(piece) }),
      onOver: (heard) => this.#onOver(heard),
    })
    // Nobody hears anything before they know of the talk.
    queueMicrotask(() => void this.#go())
  }

  answer(): void {}
  pause(): void {}
  resume(): void {}

  /** Whoever leaves an agent alone does not stop it, as everywhere in A2A. */
  cancel(): void {
    this.#close()
    this.#reply.leave()
  }

  async #go(): Promise<void> {
    if (this.#over) return
    const { visit, principal, entry, agent } = this.#ask
    const inbound = inboundFor(this.#ask, this.#method)
    const call = readCall(inbound, agent, visit.call.id, '/')
    if (isMalformed(call)) return this.#fail('The message could not be read by the agent')
    try {
      const passed = { ...openVisit(visit.road, inbound, call, this.#reply), snapshot: visit.snapshot }
      await serveKnown(passed, principal, entry)
    } catch (bug) {
      visit.road.log.error('a bug while an agent was asked as a tool', { hop: call.id, error: String(bug) })
      this.#end({ kind: 'fault', fault: makeFault('bad_answer', 'a bug while an agent was asked', true) })
    }
  }

  #onPiece(piece: Buffer): void {
    if (this.#over) return
    for (const { data } of this.#events.push(piece)) if (data !== null) this.#onPayload(data)
    if (this.#events.overflow) this.#fail(tooLong)
  }

  #onPayload(data: Buffer): void {
    this.#keptBytes += data.length
    const said = readAnswer(data)
    if (said === null || this.#over) return
    if (typeof said === 'string') {
      this.#failure = said
      return
    }
    if (this.#keptBytes > this.#ask.visit.snapshot.settings.maximums.answer_bytes) return this.#fail(tooLong)
    if (isJsonObject(said['message'])) this.#message = said['message']
    this.#task = fold(this.#task, said)
    this.#tellProgress(wordsOf(said))
    // A caller that is asked something is not left waiting for a stream that may stay open.
    const phase = this.#task && phaseOf(stateOf(this.#task))
    if (phase === 'interrupted' || (phase === 'open' && this.#hasWaited)) this.#answer()
  }

  #onPatienceEnd(): void {
    this.#hasWaited = true
    if (this.#task) this.#answer()
  }

  #onOver(heard: Heard): void {
    if (this.#over) return
    switch (heard.kind) {
      case 'refusal': {
        const { denial, sentence, run } = heard
        return this.#end({ kind: 'denial', denial, said: { sentence, run } })
      }
      case 'cut':
        return this.#end({ kind: 'fault', fault: makeFault('truncated', 'the answer was cut', true) })
      case 'too_long':
        return this.#fail(tooLong)
      case 'answer':
        return this.#method === 'SendStreamingMessage' ? this.#onStreamEnd() : this.#onWhole(heard.body)
    }
  }

  #onWhole(body: Buffer): void {
    const said = readAnswer(body)
    if (typeof said === 'string') return this.#fail(said)
    if (this.#method === 'GetTask') this.#task = said
    else if (said) {
      const { task, message } = said
      if (isJsonObject(task)) this.#task = task
      if (isJsonObject(message)) this.#message = message
    }
    this.#answer()
  }

  #onStreamEnd(): void {
    if (this.#failure !== null) return this.#fail(this.#failure)
    this.#answer()
  }

  #answer(): void {
    const answer: AgentAnswer | null = this.#task
      ? { kind: 'task', task: this.#task }
      : this.#message && { kind: 'message', message: this.#message }
    if (answer === null) return this.#fail('The agent ended its answer without saying anything')
    this.#end(result(resultOf(answer, this.#ask.manner)))
  }

  /** In words that the model reads; the task may go on, so whoever knows of it is told. */
  #fail(sentence: string): void {
    this.#end(result({ content: [text(sentence)], isError: true }))
  }

  #tellProgress(words: string): void {
    const { progressToken } = this.#ask
    if (progressToken === null || words === '' || this.#hasWaited) return
    this.#words += 1
    const message = JSON.stringify(words.slice(0, progress_chars).toWellFormed())
    const params = `{"progressToken":${progressToken},"progress":${this.#words},"message":${message}}`
    this.#hearer.onNotice('notifications/progress', Buffer.from(params))
  }

  #end(end: End): void {
    if (this.#over) return
    this.#close()
    this.#hearer.onEnd(end)
  }

  #close(): void {
    this.#over = true
    this.#patience?.cancel()
    this.#task = null
    this.#message = null
  }
}

/** A message is sent as a stream, so that its task is known before it is over; but by a token that allows none. */
function methodFor({ visit, agent, asked }: AgentAsk): AskedMethod {
  if (asked.kind === 'task') return 'GetTask'
  return maySend(agent, visit.authority, 'SendStreamingMessage') ? 'SendStreamingMessage' : 'SendMessage'
}

const tooLong = 'The answer of the agent is too long to be the result of a tool'

function result(said: JsonObject): End {
  return { kind: 'result', result: Buffer.from(JSON.stringify(said)) }
}

/** What a JSON-RPC answer holds, or the words of its error; null for nothing. */
function readAnswer(data: Buffer): JsonObject | string | null {
  const message = readJsonObject(data.toString('utf8'), depth_max)
  const error = message?.['error']
  if (isJsonObject(error))
    return typeof error['message'] === 'string' ? error['message'] : 'The agent answered an error'
  const said = message?.['result']
  return isJsonObject(said) ? said : null
}

/** What agents nest was checked on its way here. */
const depth_max = 256

/** Headers of MCP and of the frame mean nothing to the road of A2A. */
const frame: ReadonlySet<string> = new Set(['accept', 'last-event-id', 'transfer-encoding'])
const framePrefixes = ['mcp-', 'a2a-', 'x-a2a-', 'content-']

function inboundFor({ visit: { inbound, call }, agent, asked }: AgentAsk, method: AskedMethod): Inbound {
  const trace = traceOf(inbound, inbound.body)
  const kept = [...inbound.headers].filter(
    ([name]) => !frame.has(name) && !framePrefixes.some((prefix) => name.startsWith(prefix)),
  )
  const headers: HeaderMap = new Map([
    ...kept,
    ...(trace ? ([['traceparent', trace.traceparent]] as const) : []),
    ['content-type', 'application/json'],
    ['a2a-version', '1.0'],
  ])
  const body = requestFor(asked, method, `weir-${call.id}`)
  return { ...inbound, method: 'POST', path: `/a2a/${slugOf(agent)}/`, query: '', headers, body }
}
