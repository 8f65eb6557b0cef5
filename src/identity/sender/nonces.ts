/**
 * Nonces for proofs (RFC 9449 section 8). They need no store: a nonce is the time slot it was given out in, under a key that
 * this process drew when it started. So a proof made before a restart cannot carry one of ours, which is what keeps a
 * restart, that forgets which proofs were used, from letting any of them in a second time.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { Dice } from '../../base/dice.ts'

export interface Nonces {
  /** Milliseconds since this process started giving them out. */
  age_ms(): number
  /** What `DPoP-Nonce` says now. */
  fresh(): string
  /** Whether it is one of ours of this slot or the one before: good for one to two minutes. */
  holds(nonce: string): boolean
}

const slot_ms = 60_000
const key_bytes = 32

export function openNonces(clock: Clock, dice: Dice): Nonces {
  const key = Buffer.from(dice.hex(key_bytes), 'hex')
  const startedAt = clock.monotonic()
  const slot = (): number => Math.floor(clock.monotonic() / slot_ms)
  const nonceOf = (at: number): string => createHmac('sha256', key).update(String(at)).digest('base64url')
  return {
    age_ms: () => clock.monotonic() - startedAt,
    fresh: () => nonceOf(slot()),
    holds: (nonce) => isSame(nonce, nonceOf(slot())) || isSame(nonce, nonceOf(slot() - 1)),
  }
}

function isSame(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)]
  return left.length === right.length && timingSafeEqual(left, right)
}
