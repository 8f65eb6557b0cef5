/**
 * The road of a request to a model. A generation or an embedding is a hop; counting and listing pass for whoever may use a
 * model at all.
 *
 *     authenticate, read -> enter run -> judge every place the name leads to -> admit (limits, intent) -> carry -> settle
 */
import { familyOf, isModelHop } from '../../domain/call.ts'
import { mintHopId } from '../../domain/mint-ids.ts'
import { type Denial, deny, isDenial } from '../../domain/verdict.ts'
import type { Inbound, Reply } from '../../protocol/http.ts'
import type { ModelRoute } from '../../protocol/llm/contract.ts'
import { isMalformed } from '../../protocol/llm/read-call.ts'
import type { Entry } from '../enter.ts'
import { serveBridge } from '../bridge/serve-bridge.ts'
import { refuse } from '../refuse.ts'
import type { Road } from '../road.ts'
import { secure } from '../secure.ts'
import { abandon, giveBack } from '../send.ts'
import { refusalOfPass } from '../mcp/threshold.ts'
import { admitModel } from './admit-model.ts'
import { bridgedAgent } from './bridged.ts'
import { carryModel, carryPass } from './carry-model.ts'
import { withBearer } from './credential.ts'
import { type JudgedModel, judgePlaces, type RefusedModel } from './judge-places.ts'
import { modelsInstead, serveModelList } from './list-models.ts'
import { knock } from './knock.ts'
import type { ModelVisit, ReceivedModel } from './model-road.ts'
import { findModel } from './names.ts'
import { receiveModel } from './receive-model.ts'
import { recalled } from './responses.ts'

/** Serves one request under `/v1`. Never rejects but for a Bug. */
export async function serveModels(road: Road, route: ModelRoute, given: Inbound, reply: Reply): Promise<void> {
  const inbound = withBearer(given)
  const id = mintHopId(road.dice)
  const knocked = await knock(road, inbound, { id, route })
  const { read } = knocked
  const agent = isMalformed(read) ? null : bridgedAgent(read)
  if (agent !== null && !isMalformed(read))
    return await serveBridge(road, agent, { ...knocked, call: read, inbound, reply })
  const received = await receiveModel(road, { inbound, reply }, { ...knocked, id, route })
  if (received === null) return
  const { visit } = received
  const kept = isModelHop(visit.call) ? null : refusalOfPass(road, received)
  if (kept) return await refuse(visit, kept)
  if (visit.call.operation === 'list') return await serveModelList(received, route)
  const bounded = recalled(received)
  const judged = await judge(bounded)
  if (judged === null || reply.closed) return
  const about = aboutModel(bounded.visit, judged.id)
  if (!isModelHop(about.call)) return carryPass(about, judged, route)
  const admitted = admitModel({ ...bounded, visit: about }, judged.entry, judged)
  if (isDenial(admitted)) return await refuse(about, admitted)
  const { hop } = admitted
  const unsecured = await secure(about, hop, 'read')
  if (unsecured) return await giveBack(about, hop, unsecured)
  if (reply.closed) return abandon(about, hop, { status: 'aborted', detail: 'the caller left before the call did' })
  carryModel(about, admitted, route)
}

/** Where the call may go, and from where in its run; null where it was refused. */
async function judge(received: ReceivedModel): Promise<(JudgedModel & { readonly entry: Entry }) | null> {
  const { visit, entry } = received
  const { call, snapshot } = visit
  if (isDenial(entry)) return await refused(visit, entry)
  const named = findModel(snapshot.settings.models, call.model, familyOf(call.dialect))
  if (named === null) return await refused(visit, deny('not_found', 'no provider has a model by that name'))
  const judged = await judgePlaces(received, entry, named)
  return judged.kind === 'judged' ? { ...judged, entry } : await denied(judged)
}

/** Says which models it may use instead. */
async function denied({ visit, denial }: RefusedModel): Promise<null> {
  const isOfPolicy = denial.code === 'policy_denied'
  await refuse(visit, denial, isOfPolicy ? await modelsInstead(visit) : null)
  return null
}

async function refused(visit: ModelVisit, denial: Denial): Promise<null> {
  await refuse(visit, denial)
  return null
}

/** The same visit, about the model that its name leads to. */
function aboutModel(visit: ModelVisit, id: string): ModelVisit {
  return id === visit.call.target.id ? visit : { ...visit, call: { ...visit.call, target: { kind: 'model', id } } }
}
