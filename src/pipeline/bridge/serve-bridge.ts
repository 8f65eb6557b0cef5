/**
 * Serves a call of a model whose model is an agent, `model: "a2a/<agent>"`. What is asked becomes a message to the agent, and
 * from there it goes the road of every call to an agent: the same run, judgement, limits, record and halt. Two things are
 * other than there: the door, whose tokens are good as well as those for the agent, and the words of the answer.
 */
import type { Call, ModelCall } from '../../domain/call.ts'
import { type AgentId, slugOf } from '../../domain/ids.ts'
import { phaseOf } from '../../domain/task.ts'
import { type Denial, isDenial } from '../../domain/verdict.ts'
import { writeSentence } from '../../protocol/faces.ts'
import type { Inbound, Reply } from '../../protocol/http.ts'
import { openChatFace } from '../../protocol/llm/bridge-chat.ts'
import type { BridgeAsker } from '../../protocol/llm/bridge-face.ts'
import { failureOfMistake } from '../../protocol/llm/bridge-failure.ts'
import { type BridgeMistake, isBridgeMistake } from '../../protocol/llm/bridge-parts.ts'
import { type BridgeAsk, readBridgeAsk } from '../../protocol/llm/bridge-request.ts'
import { openResponsesFace } from '../../protocol/llm/bridge-responses.ts'
import { Telling } from '../../protocol/llm/bridge-telling.ts'
import type { Knocked } from '../models/knock.ts'
import { refuse } from '../refuse.ts'
import { type Road, serverIn } from '../road.ts'
import { serveKnown } from '../serve.ts'
import { openVisit } from '../visit.ts'
import { BridgeReply } from './bridge-reply.ts'
import { stopWork } from './stop-work.ts'

/** A request to a model, and how its caller is answered. */
export interface Bridged extends Pick<Knocked, 'principal' | 'denial'> {
  readonly call: ModelCall
  readonly inbound: Inbound
  readonly reply: Reply
}

/** The call was read, and who calls is known or refused. Never rejects but for a Bug. */
export async function serveBridge(road: Road, agent: AgentId, bridged: Bridged): Promise<void> {
  const { call, inbound, principal, denial } = bridged
  const ask = readBridgeAsk(call, inbound.headers, slugOf(agent))
  if (isBridgeMistake(ask)) return turnBack(agent, { road, ask, bridged, denial })
  const place = placeOf(road, agent, ask)
  const reply = replyOf(road, agent, { ask, bridged, later: place.taskId !== null })
  const visit = openVisit(road, inbound, callTo(agent, call, { ...ask, ...place }), reply)
  if (isDenial(principal)) return await refuse(visit, principal)
  visit.principal = principal
  if (denial) return await refuse(visit, denial)
  reply.onLeft = (taskId) => stopWork(visit, principal, taskId)
  await serveKnown(visit, principal)
}

interface Turned {
  readonly road: Road
  readonly ask: BridgeMistake
  readonly bridged: Bridged
  readonly denial: Denial | null
}

/** What is wrong with a request is told only to those who may come in. */
function turnBack(agent: AgentId, { road, ask, bridged, denial }: Turned): void {
  const nothing = { usage: false, previous: null, conversation: null }
  const reply = replyOf(road, agent, { ask: nothing, bridged, later: false })
  if (!denial) return reply.fail(failureOfMistake(ask))
  reply.refused(denial, { sentence: writeSentence(denial.code, bridged.call.id), run: null })
  reply.end()
}

interface Answering {
  readonly ask: BridgeAsker['ask']
  readonly bridged: Bridged
  /** It goes on with a task. */
  readonly later: boolean
}

function replyOf({ snapshot }: Road, agent: AgentId, { ask, bridged, later }: Answering): BridgeReply {
  const { call, reply } = bridged
  const { event_bytes, answer_bytes } = snapshot.settings.maximums
  const asker = {
    hop: call.id,
    agent: slugOf(agent),
    model: call.model,
    created: Math.floor(call.receivedAt / 1000),
    ask,
  }
  return new BridgeReply(reply, {
    call: { id: call.id, dialect: call.dialect, target: { kind: 'agent', id: agent } },
    face: call.dialect === 'openai-responses' ? openResponsesFace(asker) : openChatFace(asker),
    telling: new Telling(later && call.streaming),
    streaming: call.streaming,
    event_bytes,
    text_chars: answer_bytes,
  })
}

type Place = Pick<Call, 'taskId' | 'contextId'>

/**
 * Callers name what they were told, which is the task that answered them; one that is over is left and its conversation gone
 * on with. Whether either is theirs is for the road to say, as of every id.
 */
function placeOf(road: Road, agent: AgentId, { contextId, taskId }: Place): Place {
  if (contextId === null || taskId === null) return { contextId, taskId }
  const row = road.tasks.find(serverIn(road.snapshot, agent), taskId)
  return { contextId, taskId: row === null || phaseOf(row.state) === 'terminal' ? null : taskId }
}

const methods = { send: 'SendMessage', stream: 'SendStreamingMessage' } as const

/** The call as one of A2A 1.0, as if its caller had spoken that. */
function callTo(
  agent: AgentId,
  { id, streaming, receivedAt }: ModelCall,
  said: Place & Pick<BridgeAsk, 'parts'>,
): Call {
  const { contextId, taskId, parts } = said
  const operation = streaming ? 'stream' : 'send'
  const method = methods[operation]
  const names = { ...(contextId === null ? {} : { contextId }), ...(taskId === null ? {} : { taskId }) }
  const message = { messageId: id, role: 'ROLE_USER', ...names, parts }
  return {
    id,
    dialect: 'a2a-1.0-jsonrpc',
    operation,
    method,
    target: { kind: 'agent', id: agent },
    rpcId: `"${id}"`,
    taskId,
    contextId,
    referenceTaskIds: [],
    push: null,
    query: '',
    body: Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method, params: { message } })),
    receivedAt,
  }
}
