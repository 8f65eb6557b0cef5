/** A call of a model as tokens, policy and limits look at it: at one place to be judged, and at all that are left to be admitted. */
import { type ModelCall, targetName } from '../../domain/call.ts'
import type { Goal } from '../admit.ts'
import type { JudgedPlace } from './model-road.ts'
import { outputMaxOf, placeName } from './names.ts'

/** The most tokens one answer may have, by its caller or else by what the model can. */
export function outputWanted(call: ModelCall, place: JudgedPlace): number {
  return call.operation === 'generate' ? (call.outputMax ?? outputMaxOf(place.candidate)) : 0
}

/** What the call would cost at most, if nothing trimmed it: in tokens and, where the price is known, in micro-dollars. */
function wantOf(call: ModelCall, place: JudgedPlace): { tokens: number; cost_micros: number | null } {
  const output = outputWanted(call, place) * call.choices
  return { tokens: call.inputBound + output, cost_micros: place.price?.bound(call.inputBound, output) ?? null }
}

/** Ceilings of tokens and policies are for the call: they hold for all of its answers together. */
export function goalOfPlace(call: ModelCall, place: JudgedPlace): Goal {
  const want = wantOf(call, place)
  const asked = {
    kind: 'model',
    model: placeName(place.candidate),
    maxOutputTokens: outputWanted(call, place) * call.choices,
    costMicros: want.cost_micros,
  } as const
  return {
    action: 'useModel',
    asked: call.operation === 'count' ? null : asked,
    server: targetName(call.target),
    agent: null,
    named: null,
    price: { call_micros: want.cost_micros ?? 0, call_tokens: want.tokens },
    model: { maxTokens: tokensAllowed(call), streaming: call.streaming },
  }
}

/** What the caller allows all answers together to be; infinite where it sets no end. */
export function tokensAllowed({ outputMax, choices }: ModelCall): number {
  return outputMax === null ? Number.POSITIVE_INFINITY : outputMax * choices
}
