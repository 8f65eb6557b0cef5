/**
 * What is left for a call that can do with less, over all limits on spend that are enforced, and which of them refuses it
 * where that is too little. A refusal that is only due to what other calls hold and will give back asks to wait; only what
 * is gone for good ends a run.
 */
import { assert } from '../base/assert.ts'
import type { Spend } from '../domain/spend.ts'
import { type Denial, deny } from '../domain/verdict.ts'
import { type Seat, type Step, steps } from './steps.ts'

type Fit = (left: Spend) => Spend | null
type Units = Record<keyof Spend, number>

/** Which reading of a limit is meant: what is not held, or what is not gone. */
type View = 'left' | 'notGone'

/** The steps before it take nothing of what is paid. */
export const firstPaid = steps.findIndex(({ paid }) => paid !== null)

export function leftFor(seat: Seat): Spend {
  return roomIn(seat, 'left').least
}

/** Why nothing of what is left was enough. */
export function refusalOfRest(seat: Seat, fit: Fit): Denial {
  const notGone = roomIn(seat, 'notGone')
  const held = fit(notGone.least) !== null
  const { least, step } = held ? roomIn(seat, 'left') : notGone
  const unit =
    fit({ tokens: Number.POSITIVE_INFINITY, cost_micros: least.cost_micros }) === null ? 'cost_micros' : 'tokens'
  const tightest = step[unit] ?? step.cost_micros ?? step.tokens
  assert(tightest !== undefined, 'a call fits where nothing limits what it spends')
  const { rule, code } = tightest
  const detail = `${rule}: ${least[unit]} ${unit} left, which is too little`
  return held ? deny('budget_held', detail, { rule }) : deny(code, detail, { rule })
}

/** Whether the price would fit once every call under way has given back what it may. */
export function isOnlyHeld({ paid }: Step, seat: Seat, max: number): boolean {
  if (paid === null) return false
  const notGone = paid.notGone(seat, max)
  return notGone > 0 && seat.price[paid.unit] <= notGone
}

/** The least of each unit, and whose it is: of limits that leave the same the first of the table. */
function roomIn(seat: Seat, view: View): { readonly least: Units; readonly step: Partial<Record<keyof Spend, Step>> } {
  const least: Units = { tokens: Number.POSITIVE_INFINITY, cost_micros: Number.POSITIVE_INFINITY }
  const step: Partial<Record<keyof Spend, Step>> = {}
  for (const each of steps) {
    const limit = each.paid && each.limit(seat)
    if (!each.paid || limit?.mode !== 'enforce') continue
    const { unit } = each.paid
    const room = each.paid[view](seat, limit.max)
    if (room >= least[unit]) continue
    least[unit] = room
    step[unit] = each
  }
  return { least, step }
}
