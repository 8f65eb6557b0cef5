/**
 * How a model that reads takes a refusal: it looks for what a sentence of Weir asks of it and knows no codes, as a model
 * knows none. That is the proof that the sentences alone end a loop.
 *
 *     [weir:loop_detected] The target is ... . Return an answer ... instead of calling it; do not retry. ref hop_1
 *     ^ a sentence of Weir                                                                 ^ what it asks
 */
import type { Saying } from './asked.ts'

/** What a sentence asks, and how often it is heard before the model stops. */
const wishes: readonly (readonly [asks: RegExp, heard: number])[] = [
  [/\bdo not retry\b/i, 1],
  [/\bcannot succeed\b/i, 1],
  [/\bstop calling\b/i, 1],
  [/\breply with\b/i, 1],
  [/\breturn (?:your|what|an answer)\b/i, 1],
  [/\bcontinue without\b/i, 1],
  [/\b(?:tell|show) your caller\b/i, 1],
  [/\bretry (?:once|after|later)\b/i, 2],
  // Whatever it asks for, it was not that.
  [/^/, 3],
]

const sentence = /\[weir:[^\]]*\][^[]*/g

/** Whether somebody who reads this conversation would stop now. */
export function isToldToStop(said: readonly Saying[]): boolean {
  const sentences = said.flatMap(({ text }) => text.match(sentence) ?? [])
  return wishes.some(([asks, heard]) => sentences.filter((one) => asks.test(one)).length >= heard)
}
