/** Carries one request to whoever answers for the model, and settles what comes of it. */
import { familyOf, type ModelCall } from '../../domain/call.ts'
import { nothingSpent } from '../../domain/spend.ts'
import type { Metered } from '../../domain/usage.ts'
import { deny, type Hop } from '../../domain/verdict.ts'
import { traced } from '../../protocol/headers.ts'
import type { HeaderList } from '../../protocol/http.ts'
import { sendWritten } from '../../protocol/jsonrpc.ts'
import type { ModelRoute } from '../../protocol/llm/contract.ts'
import { writeModelDenial, writeModelDenialEvents } from '../../protocol/llm/faces.ts'
import { modelHeadersBack, modelHeadersUpwards } from '../../protocol/llm/headers.ts'
import { asksForUsage, writeModelRequest } from '../../protocol/llm/write-request.ts'
import { closingComment, idHeaders } from '../../protocol/run-headers.ts'
import type { Exchange } from '../../relay/exchange.ts'
import type { ModelMission, ModelOutcome, Tier } from '../../relay/models/contract.ts'
import { closeApproval } from '../approve.ts'
import { tellOverruled } from '../send.ts'
import { marks } from '../marks.ts'
import { blame, guarded, marked, recordOutcome } from '../settle.ts'
import { watch, watchOf } from '../standing.ts'
import { traceOnward, traceSaid } from '../trace-of.ts'
import type { AdmittedModel } from './admit-model.ts'
import { type JudgedModel, priceOf } from './judge-places.ts'
import { meterOf, spendOf, toldOfCost } from './meter.ts'
import type { ModelVisit } from './model-road.ts'
import { isReasoner, rememberAnswer } from './responses.ts'

/** What a request is carried by. */
interface Way {
  readonly tiers: readonly Tier[]
  readonly route: ModelRoute
  /** The most tokens each answer may have; null leaves what the caller wrote. */
  readonly ceiling: number | null
}

/** A generation or an embedding is on its way. */
export function carryModel(visit: ModelVisit, { hop, tiers, ceiling, price }: AdmittedModel, route: ModelRoute): void {
  const { road, reply, call } = visit
  const { reserved } = hop.lease
  const meter = (heard: Pick<ModelOutcome, 'told' | 'sent' | 'lost'>): Metered | null =>
    heard.told
      ? meterOf(
          call,
          { ...heard, reasons: isReasoner(visit, heard.told) },
          priceOf(visit, heard.told.candidate),
          reserved,
        )
      : meterOf(call, heard, price, reserved)
  const costOf = (metered: Metered | null): number | null =>
    metered && (toldOfCost(metered, spendOf(metered, reserved))?.cost_micros ?? null)
  const mission: ModelMission = {
    ...missionOf(visit, { tiers, route, ceiling }),
    standing: watch(road, hop),
    closing: (told, lost) => closingComment(costOf(meter({ told, sent: true, lost })), hop.run.id),
  }
  const done = (outcome: ModelOutcome): void => guarded(visit, () => settleModel(visit, hop, outcome, meter(outcome)))
  const exchange = road.models.send(hop, mission, { reply: marked(reply, () => marks(visit, hop)), done })
  const halt: Exchange['halt'] = (denial) => exchange.halt(denial)
  road.exchanges.begin({ hop, streaming: call.streaming, taskId: () => null, halt })
  for (const overruled of hop.lease.overruled) tellOverruled(visit, overruled)
}

/** Counting is on its way: it costs nothing. */
export function carryPass(visit: ModelVisit, judged: JudgedModel, route: ModelRoute): void {
  const { road, call, reply } = visit
  const { id } = call
  const ids = idHeaders({ hop: id, run: null, isOfModel: true })
  const standing = watchOf(visit)
  const done = (outcome: ModelOutcome): void =>
    guarded(visit, () => {
      road.followers.end(id)
      recordOutcome(visit, { ...outcome, bytesOut: answer(visit, outcome, ids) })
    })
  const mission = { ...missionOf(visit, { tiers: judged.tiers, route, ceiling: null }), standing, closing: () => '' }
  const exchange = road.models.send(judged.permit, mission, { reply, done })
  road.followers.begin({ id, standing, halt: (denial) => exchange.halt(denial), endless: false })
}

function missionOf(visit: ModelVisit, { tiers, route, ceiling }: Way): Omit<ModelMission, 'standing' | 'closing'> {
  const { call, inbound, run } = visit
  const refused = { call, run: run?.id ?? null, alternatives: null }
  // Only a stream of events has events that nobody asked for.
  const asks = !call.streaming || asksForUsage(call)
  return {
    call,
    tiers,
    path: route.path,
    body: ({ model }) => writeModelRequest(call, { model, outputMax: ceiling, usage: !asks }),
    headers: traced(
      modelHeadersUpwards(inbound.headers, familyOf(call.dialect)),
      traceOnward(visit, traceSaid(visit), 'pass'),
    ),
    dropsUsage: !asks,
    onAnswer: () => undefined,
    headersBack: (head) => modelHeadersBack(head, familyOf(call.dialect)),
    writeDenialEvents: (denial) => writeModelDenialEvents(denial, refused),
    writeDenial: (denial) => writeModelDenial(denial, refused),
  }
}

/** Books what it came to, before its caller hears of it. */
function settleModel(visit: ModelVisit, hop: Hop<ModelCall>, outcome: ModelOutcome, metered: Metered | null): void {
  visit.road.exchanges.end(hop.run.id, hop.id)
  blame(visit, hop, outcome)
  const spent = metered ? spendOf(metered, hop.lease.reserved) : nothingSpent
  rememberAnswer(visit, outcome.told)
  if (metered) hop.lease.settle(spent)
  else hop.lease.refund()
  closeApproval(visit, outcome.sent)
  const bytesOut = answer(visit, outcome, marks(visit, hop, toldOfCost(metered, spent)))
  recordOutcome(visit, { ...outcome, bytesOut }, spent, metered)
}

/** Writes what is no stream; returns the size of what the caller got, in bytes. */
function answer(visit: ModelVisit, outcome: ModelOutcome, more: HeaderList): number {
  const { call, reply, run } = visit
  if (outcome.kind === 'gone' || outcome.bytesOut > 0) return outcome.bytesOut
  if (reply.closed) return 0
  const denial = outcome.denial ?? deny('upstream_unavailable', 'the provider did not answer')
  const written = outcome.answer ?? writeModelDenial(denial, { call, run: run?.id ?? null, alternatives: null })
  sendWritten(reply, written, more)
  return Buffer.byteLength(written.body)
}
