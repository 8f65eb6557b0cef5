/** What the writers of answers have in common: the turn with its ids, and pieces of a stream. */
import type { Asked } from './asked.ts'
import type { Turn } from './manners.ts'

/** Everything an answer is written from. */
export interface Telling {
  readonly asked: Asked
  readonly turn: Turn
  /** Seconds since the epoch. */
  readonly created_s: number
}

/** Part of a stream; `said` are those with words of the model, which it takes its time for. */
export interface Piece {
  readonly data: string
  readonly said: boolean
}

/** One event, named or not (HTML Living Standard, server-sent events). */
export function eventPiece(name: string | null, json: object, said = false): Piece {
  return { data: `${name === null ? '' : `event: ${name}\n`}data: ${JSON.stringify(json)}\n\n`, said }
}

/** An id of the same look as those of the provider; the same for the same request. */
export function idOf(prefix: string, { seed }: Pick<Asked, 'seed'>, from = 0): string {
  return prefix + (seed + seed).slice(from, from + idLength)
}

const idLength = 24
