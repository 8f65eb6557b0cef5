/**
 * The road of a request to a model. A generation or an embedding is a hop; counting and listing pass for whoever may use a
 * model at all.
 *
 *     read -> authenticate -> enter run -> judge every place the name leads to -> admit (limits, intent) -> carry -> settle
 */
import { familyOf, isModelHop } from '../../domain/call.ts'
import { mintHopId } from '../../domain/mint-ids.ts'
import { deny, type Hop, isDenial } from '../../domain/verdict.ts'
import type { ModelCall } from '../../domain/call.ts'
import type { Inbound, Reply } from '../../protocol/http.ts'
import type { ModelRoute } from '../../protocol/llm/contract.ts'
import { readModelCall } from '../../protocol/llm/read-call.ts'
import { serveBridge } from '../bridge/serve-bridge.ts'
import { refuse } from '../refuse.ts'
import type { Road } from '../road.ts'
import { abandon } from '../send.ts'
import { refusalOfPass } from '../mcp/threshold.ts'
import { admitModel } from './admit-model.ts'
import { bridgedAgent } from './bridged.ts'
import { carryModel, carryPass } from './carry-model.ts'
import { withBearer } from './credential.ts'
import { type JudgedModel, judgePlaces } from './judge-places.ts'
import { serveModelList } from './list-models.ts'
import type { ReceivedModel } from './model-road.ts'
import { findModel } from './names.ts'
import { receiveModel } from './receive-model.ts'

/** Serves one request under `/v1`. Never rejects but for a Bug. */
export async function serveModels(road: Road, route: ModelRoute, given: Inbound, reply: Reply): Promise<void> {
  const inbound = withBearer(given)
  const id = mintHopId(road.dice)
  const { media_tokens_max } = road.snapshot.settings.models
  const read = readModelCall(inbound, route, id, { media_tokens: media_tokens_max })
  const agent = 'status' in read ? null : bridgedAgent(read)
  if (agent !== null && !('status' in read)) return await serveBridge(road, agent, { call: read, inbound, reply })
  const received = await receiveModel(road, { inbound, reply }, { id, route, read })
  if (received === null) return
  const { visit } = received
  const kept = isModelHop(visit.call) ? null : refusalOfPass(road, received)
  if (kept) return await refuse(visit, kept)
  if (visit.call.operation === 'list') return await serveModelList(received, route)
  const judged = await judge(received)
  if (judged === null || reply.closed) return
  if (visit.call.operation === 'count') return carryPass(visit, judged, route)
  const hop = await admitted(received, judged)
  if (hop) carryModel(visit, hop, { judged, route })
}

/** Where the call may go; null where it was refused. */
async function judge(received: ReceivedModel): Promise<JudgedModel | null> {
  const { visit, entry } = received
  const { call, snapshot } = visit
  if (isDenial(entry)) {
    await refuse(visit, entry)
    return null
  }
  const named = findModel(snapshot.settings.models, call.model, familyOf(call.dialect))
  if (named === null) {
    await refuse(visit, deny('not_found', 'no provider has a model by that name'))
    return null
  }
  const judged = await judgePlaces(received, entry, named)
  if (judged.kind === 'judged') return judged
  await refuse(judged.visit, judged.denial)
  return null
}

async function admitted(received: ReceivedModel, judged: JudgedModel): Promise<Hop<ModelCall> | null> {
  const { visit } = received
  const hop = admitModel(received, judged)
  if (isDenial(hop)) {
    await refuse(visit, hop)
    return null
  }
  if (!visit.reply.closed) return hop
  abandon(visit, hop, { status: 'aborted', detail: 'the caller left before the call did' })
  return null
}
