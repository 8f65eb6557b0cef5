/** Tells an agent to stop working on a task. Cutting the connection does not: a task outlives its listeners. */
import { type Fault, isFault } from '../domain/fault.ts'
import { type AskParts, askOnce, type Heard } from './ask-once.ts'
import type { FollowAsk } from './driver.ts'

/** An agent may take this long to confirm. Unit: milliseconds. */
const cancelTimeout_ms = 5000
/** An agent that is halted gets this long to name what it has begun. Unit: milliseconds. */
export const nameless_ms = 3000
const tries_max = 3
const retry_ms = 250

/**
 * Asks until the agent has heard of it, three times at most, and tells what it said last. An error of the agent is fine:
 * a finished task is no longer cancelable. Whoever answers nonsense has heard of it too.
 */
export async function cancelTask(parts: AskParts, ask: FollowAsk, tries = 1): Promise<Heard | Fault> {
  const heard = await askOnce(parts, ask, cancelTimeout_ms)
  if (!isFault(heard) || heard.code === 'bad_answer' || tries === tries_max) return heard
  await new Promise<void>((resolve) => void parts.bench.wheel.after(retry_ms * tries, resolve))
  return cancelTask(parts, ask, tries + 1)
}
