/** What outlives a reload so that nothing is used twice: the tables of used proofs and assertions, and the nonces. */
import { type Board, type BoardPlan, createBoard, rowsOf } from '../../base/board.ts'
import type { Clock } from '../../base/clock.ts'
import type { Dice } from '../../base/dice.ts'
import { type Nonces, openNonces } from './nonces.ts'
import { openReplay, type Replay, replayPlan } from './replay.ts'
import { skew_ms } from '../strict-jwt.ts'

/** The longest a client assertion may live (RFC 7523 section 3 leaves it to us). */
export const clientAssertion_max_s = 300

/** How much is remembered and how long, as it stands at the start. */
export interface SingleUseBounds {
  /** Entries of each table that expire in one generation. */
  readonly replay_proofs: number
  /** How far the `iat` of a proof may be from now, on either side. */
  readonly window_s: number
  /** The longest `exp - iat` of anything else that is used once. */
  readonly assertion_max_s: number
}

export interface SingleUse {
  /** The window the tables were made for; a reload cannot widen it. */
  readonly window_s: number
  /** Proofs of possession: short lives and one for each request, so they have a table of their own. */
  readonly proofs: Replay
  /** Client assertions, grants, security events. */
  readonly assertions: Replay
  readonly nonces: Nonces
}

const proofs = 'identity.proofs'
const assertions = 'identity.assertions'

/** The rows this part of identity wants on the board. */
export function singleUsePlan(replay_proofs: number): BoardPlan {
  return { ...replayPlan(proofs, replay_proofs), ...replayPlan(assertions, replay_proofs) }
}

export function openSingleUse(
  board: Board,
  { replay_proofs: entries, window_s, assertion_max_s }: SingleUseBounds,
  { clock, dice }: { readonly clock: Clock; readonly dice: Dice },
): SingleUse {
  return {
    window_s,
    proofs: openReplay(rowsOf(board, proofs), { entries, life_max_ms: proofLife_ms(window_s) }, clock),
    assertions: openReplay(
      rowsOf(board, assertions),
      { entries, life_max_ms: assertion_max_s * 1000 + 2 * skew_ms },
      clock,
    ),
    nonces: openNonces(clock, dice),
  }
}

/** For tools and tests, where one process on one thread is all there is. */
export function localSingleUse(window_s: number, parts: { readonly clock: Clock; readonly dice: Dice }): SingleUse {
  const replay_proofs = 1024
  const bounds = { replay_proofs, window_s, assertion_max_s: 3600 }
  return openSingleUse(createBoard(singleUsePlan(replay_proofs)), bounds, parts)
}

/** A proof may be dated a window ahead and is accepted until a window after its date. */
export function proofLife_ms(window_s: number): number {
  return 2 * window_s * 1000 + 1
}
