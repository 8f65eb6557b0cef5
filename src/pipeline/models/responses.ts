/**
 * What earlier responses read and wrote, for calls that go on from one (`previous_response_id`): all of that is input again, at
 * most, and nothing else is missing in the request. So a call is bounded by it instead of by a whole context. It holds for the
 * same model at the same provider only, as another tokenizer makes other tokens of the same text, and for the same caller and
 * person only, so that nobody learns of the responses of others by what is reserved. Whose id is not known is bounded as before.
 */
import { familyOf } from '../../domain/call.ts'
import { tokensOf } from '../../domain/usage.ts'
import { context_tokens, idMax } from '../../protocol/llm/input-bound.ts'
import type { Told } from '../../relay/models/contract.ts'
import { personOf } from '../visit.ts'
import type { ModelVisit, ReceivedModel } from './model-road.ts'
import { findModel, placeName } from './names.ts'

/** Once its provider has said all it used. */
export function rememberAnswer(visit: ModelVisit, told: Told | null): void {
  if (!told?.final || told.usage === null) return
  const place = placeName(told.candidate)
  if (told.usage.reasoning_tokens > 0) visit.road.reasoners.set(place, true)
  if (told.response === undefined || told.response.length > idMax) return
  visit.road.responses.set(keyOf(visit, place, told.response), tokensOf(told.usage))
}

/** Whether it has ever reasoned: then a stream that is cut may have cost more than anybody saw of it. */
export function isReasoner({ road }: ModelVisit, { candidate }: Told): boolean {
  return road.reasoners.get(placeName(candidate)) === true
}

/** The same visit, its input bounded by what it goes on from, where that is known of every place the call may go to. */
export function recalled(received: ReceivedModel): ReceivedModel {
  const { visit } = received
  const { call, snapshot, road } = visit
  const { previous } = call
  if (previous === null || call.otherModels.length > 0) return received
  const named = findModel(snapshot.settings.models, call.model, familyOf(call.dialect))
  let most = 0
  for (const candidate of named?.tiers.flatMap(({ candidates }) => candidates) ?? []) {
    const tokens = road.responses.get(keyOf(visit, placeName(candidate), previous))
    if (tokens === undefined) return received
    most = Math.max(most, tokens)
  }
  if (named === null) return received
  const inputBound = call.inputBound - context_tokens + most
  return { ...received, visit: { ...visit, call: { ...call, inputBound, boundless: false } } }
}

/** No part but the last can hold a line feed. */
function keyOf(visit: ModelVisit, place: string, id: string): string {
  return [visit.principal?.proof.agent ?? '', personOf(visit) ?? '', place, id].join('\n')
}
