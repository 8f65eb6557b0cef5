/** The token that calls of a command go on with: one at a time, made anew before it ends. */
import type { Clock } from '../../base/clock.ts'
import { type CliProblem, isProblem } from '../exit-codes.ts'
import type { Passport } from './forwarder.ts'

export interface Held {
  readonly token: string
  /** Milliseconds since the epoch. */
  readonly expires_at: number
}

/** A token is renewed when less than this is left of it, or a third of its life if that is shorter. */
const renewBefore_ms = 30_000
const renewShare = 3

/** Whoever asks while one is made waits for the same one. What still holds is used where none can be made. */
export function credentials(clock: Clock, first: Held, mint: () => Promise<Held | CliProblem>): Passport['credential'] {
  let held = first
  let renewAt = dueAt(first, clock.now())
  let minting: Promise<Held | CliProblem> | null = null
  return async () => {
    if (clock.now() < renewAt) return held.token
    minting ??= mint().finally(() => (minting = null))
    const minted = await minting
    if (isProblem(minted)) return held.expires_at > clock.now() ? held.token : { sentence: minted.text }
    if (minted !== held) renewAt = dueAt(minted, clock.now())
    held = minted
    return held.token
  }
}

function dueAt({ expires_at }: Held, now: number): number {
  return expires_at - Math.min(renewBefore_ms, (expires_at - now) / renewShare)
}
