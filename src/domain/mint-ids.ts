import { assert } from '../base/assert.ts'
import type { Millis } from '../base/clock.ts'
import type { Dice } from '../base/dice.ts'
import { type HopId, isHopId, isRunId, type RunId } from './ids.ts'

/** A new run id: a UUIDv7 (RFC 9562 section 5.7) without dashes, so that ids sort by time and fit a trace id. */
export function mintRunId(now: Millis, dice: Dice): RunId {
  const time = Math.floor(now).toString(16).padStart(12, '0')
  const chance = dice.hex(10)
  const variant = ((Number.parseInt(chance.slice(3, 4), 16) & 0x3) | 0x8).toString(16)
  const id = `run_${time}7${chance.slice(0, 3)}${variant}${chance.slice(5, 20)}`
  assert(isRunId(id), 'a minted run id has the form of a run id')
  return id
}

/** A new hop id: 64 random bits, unique within any run's lifetime. */
export function mintHopId(dice: Dice): HopId {
  const id = `hop_${dice.hex(8)}`
  assert(isHopId(id), 'a minted hop id has the form of a hop id')
  return id
}
