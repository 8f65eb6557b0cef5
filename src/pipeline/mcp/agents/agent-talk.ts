/**
 * A call of `ask_<agent>` under way: it goes down the road of A2A as any call to that agent, judged, counted and recorded there
 * once, and what is heard of it becomes the result of a tool. Whoever has waited long enough is given the task and comes back;
 * the call goes on for nobody until it ends, so that the run still knows who works in it.
 */
import { isJsonObject, type JsonObject, readJsonObject } from '../../../base/json.ts'
import type { Alarm } from '../../../base/wheel.ts'
import { type AgentId, type HopId, slugOf } from '../../../domain/ids.ts'
import { mintHopId } from '../../../domain/mint-ids.ts'
import type { Principal } from '../../../domain/principal.ts'
import { phaseOf } from '../../../domain/task.ts'
import type { Denial } from '../../../domain/verdict.ts'
import { fold } from '../../../protocol/a2a/fold.ts'
import { isMalformed } from '../../../protocol/a2a/malformed.ts'
import { readCall } from '../../../protocol/a2a/read-call.ts'
import type { HeaderList, HeaderMap, Inbound } from '../../../protocol/http.ts'
import { traced } from '../../../protocol/headers.ts'
import { traceOf } from '../../../protocol/mcp/trace.ts'
import { SseSplitter } from '../../../protocol/sse.ts'
import type { End, Hearer, Talk } from '../../../relay/mcp/link.ts'
import { makeFault } from '../../../relay/wire/transport.ts'
import type { Entry } from '../../enter.ts'
import { type Heard, HeardReply } from '../../heard-reply.ts'
import { serveKnown } from '../../serve.ts'
import { leaveRecord, openVisit, unsent } from '../../visit.ts'
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
  readonly #patience: Alarm
  #reply: HeardReply | null = null
  #task: JsonObject | null = null
  #message: JsonObject | null = null
  #keptBytes = 0
  #words = 0
  #hasWaited: boolean
  /** The words of an error in a stream. */
  #failure: string | null = null
  #over = false

  constructor(ask: AgentAsk, hearer: Hearer) {
    const { asked, visit } = ask
    this.#ask = ask
    this.#hearer = hearer
    this.#hasWaited = !asked.wait
    const { wheel } = visit.road.relay.bench
    this.#patience = wheel.after(visit.snapshot.settings.timeouts.ask_wait_ms, () => this.#onPatienceEnd())
    // Nobody hears anything before they know of the talk.
    queueMicrotask(() => void this.#go(methodFor(ask), visit.call.id))
  }

  answer(): void {}
  pause(): void {}
  resume(): void {}

  /** Whoever leaves an agent alone does not stop it, as everywhere in A2A. */
  cancel(): void {
    this.#close()
    if (this.#reply) this.#reply.leave()
    else this.#leaveRecord('aborted', 'the caller left before the call did')
  }

  async #go(method: AskedMethod, id: HopId): Promise<void> {
    if (this.#over) return
    const { visit, principal, entry, agent } = this.#ask
    const inbound = inboundFor(this.#ask, method)
    const call = readCall(inbound, agent, id, '/')
    if (isMalformed(call)) {
      this.#leaveRecord('refused', 'the arguments make no message of A2A')
      return this.#fail('The arguments make no message that an agent could read')
    }
    const reply = this.#listen(method, id)
    this.#reply = reply
    try {
      const passed = { ...openVisit(visit.road, inbound, call, reply), snapshot: visit.snapshot }
      await serveKnown(passed, principal, entry)
    } catch (bug) {
      reply.leave()
      visit.road.log.error('a bug while an agent was asked as a tool', { hop: id, error: String(bug) })
      this.#end({ kind: 'fault', fault: makeFault('bad_answer', 'a bug while an agent was asked', true) })
    }
  }

  #listen(method: AskedMethod, id: HopId): HeardReply {
    const { followers } = this.#ask.visit.road
    const max_bytes = this.#ask.visit.snapshot.settings.maximums.answer_bytes
    const events = isStreamed(method) ? new SseSplitter(max_bytes) : null
    return new HeardReply({
      max_bytes,
      onHead: (headers) => this.#ask.onHead(headers),
      ...(events && { onPiece: (piece: Buffer) => this.#onPiece(events, piece) }),
      onOver: (heard) => {
        followers.end(id)
        this.#onOver(method, heard)
      },
    })
  }

  #onPiece(events: SseSplitter, piece: Buffer): void {
    if (this.#over) return
    for (const { data } of events.push(piece)) if (data !== null) this.#onPayload(data)
    if (events.overflow) this.#fail(tooLong)
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

  #onOver(method: AskedMethod, heard: Heard): void {
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
        return isStreamed(method) ? this.#onStreamEnd(method) : this.#onWhole(method, heard.body)
    }
  }

  #onWhole(method: AskedMethod, body: Buffer): void {
    const said = readAnswer(body)
    if (typeof said === 'string') return this.#fail(said)
    if (method === 'GetTask') this.#task = said
    else if (said) {
      const { task, message } = said
      if (isJsonObject(task)) this.#task = task
      if (isJsonObject(message)) this.#message = message
    }
    const goesOn = this.#task !== null && phaseOf(stateOf(this.#task)) === 'open'
    if (method !== 'GetTask' || !goesOn || this.#hasWaited) return this.#answer()
    // Followed under an id of its own: one question, one record.
    void this.#go('SubscribeToTask', mintHopId(this.#ask.visit.road.dice))
  }

  #onStreamEnd(method: AskedMethod): void {
    // An agent that cannot be followed, or whose task is over by now, has told how it stands.
    if (this.#failure !== null && !(method === 'SubscribeToTask' && this.#task)) return this.#fail(this.#failure)
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
    this.#letGoLater()
    this.#hearer.onEnd(end)
  }

  /** A call goes on for nobody, until it ends or the gateway stops; a question has no more to say. */
  #letGoLater(): void {
    const reply = this.#reply
    if (reply === null || reply.closed) return
    if (this.#ask.asked.kind === 'task') return reply.leave()
    const { road, call } = this.#ask.visit
    road.followers.begin({ id: call.id, standing: () => null, halt: () => reply.leave(), endless: true })
  }

  /** Of what the road of A2A has not seen. */
  #leaveRecord(status: 'aborted' | 'refused', detail: string): void {
    const { visit } = this.#ask
    leaveRecord(visit, { code: null, detail, rule: null }, unsent(visit, status, 0))
  }

  #close(): void {
    this.#over = true
    this.#patience.cancel()
    this.#task = null
    this.#message = null
  }
}

/** A message is sent as a stream, so that its task is known before it is over; but by a token that allows none. */
function methodFor({ visit, agent, asked }: AgentAsk): AskedMethod {
  if (asked.kind === 'task') return 'GetTask'
  return maySend(agent, visit.authority, 'SendStreamingMessage') ? 'SendStreamingMessage' : 'SendMessage'
}

function isStreamed(method: AskedMethod): boolean {
  return method === 'SendStreamingMessage' || method === 'SubscribeToTask'
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
    ...traced(kept, trace),
    ['content-type', 'application/json'],
    ['a2a-version', '1.0'],
  ])
  const body = requestFor(asked, method, `weir-${call.id}`)
  return { ...inbound, method: 'POST', path: `/a2a/${slugOf(agent)}/`, query: '', headers, body }
}
