/**
 * What was spent under the budget ceilings of tokens: one row of the board for each ceiling that a run has counted on.
 * A call counts on all ceilings of its tokens, so the holder of a token and everybody below it share its account, and a
 * smaller ceiling further down never lifts the one above it. No configured mode softens them: a token says what it is
 * good for, and not what would be nice.
 *
 *     longs  0..2 tokens (held, spent, overshoot)   3..5 cost
 */
import { assert } from '../base/assert.ts'
import { type Board, longsPerRow, type Rows, rowsOf } from '../base/board.ts'
import type { BudgetCeiling } from '../domain/ceilings.ts'
import type { Run } from '../domain/run.ts'
import type { Spend } from '../domain/spend.ts'
import { type Denial, deny } from '../domain/verdict.ts'
import { Account, longsPerAccount } from './account.ts'

/** A ceiling lasts as long as its run and has one book for all of it. */
const period = 0
/** The part of all accounts that one run may have, so that no run takes them from all others. */
const shareOfOneRun = 1 / 8

/** A ceiling and what is counted against it. */
export interface Grant {
  readonly ceiling: BudgetCeiling
  readonly accounts: Readonly<Record<keyof Spend, Account>>
}

interface Cells {
  readonly row: number
  readonly accounts: Grant['accounts']
}

type Owner = Pick<Run, 'state' | 'open' | 'left'>

const none: readonly Grant[] = []

/** The default is no: what cannot be counted is not let through. */
export const noRoom = deny('busy', 'no room to count another budget ceiling', { rule: 'maximums.grants' })

export class Grants {
  readonly #rows: Rows
  readonly #free: number[]
  readonly #perRun: number
  readonly #ofRun = new Map<Owner, Map<string, Cells>>()

  constructor(board: Board) {
    this.#rows = rowsOf(board, 'limits.grants')
    const { count } = this.#rows
    this.#free = Array.from({ length: count }, (_, row) => count - 1 - row)
    this.#perRun = Math.max(1, Math.floor(count * shareOfOneRun))
  }

  /** Ceilings that are counted now. */
  get size(): number {
    return this.#rows.count - this.#free.length
  }

  /** The accounts of these ceilings, new where the run has not counted on them yet; `busy` if there is no room. */
  open(run: Owner, ceilings: readonly BudgetCeiling[]): readonly Grant[] | Denial {
    if (ceilings.length === 0) return none
    const grants: Grant[] = []
    for (const ceiling of ceilings) {
      const cells = this.#ofRun.get(run)?.get(ceiling.grant) ?? this.#add(run, ceiling.grant)
      if (!cells) return noRoom
      grants.push({ ceiling, accounts: cells.accounts })
    }
    return grants
  }

  /** What is left of the run under these ceilings. */
  left(run: Owner, ceilings: readonly BudgetCeiling[]): Spend {
    const known = this.#ofRun.get(run)
    const leftOf = (unit: keyof Spend): number =>
      ceilings.reduce((least, ceiling) => {
        const accounts = known?.get(ceiling.grant)?.accounts
        return Math.min(least, accounts ? leftUnder({ ceiling, accounts }, unit) : maxOf(ceiling, unit))
      }, run.left[unit])
    return { tokens: leftOf('tokens'), cost_micros: leftOf('cost_micros') }
  }

  /** Whether so many ceilings of one run that has none yet can be counted. */
  fits(count: number): boolean {
    return count <= Math.min(this.#perRun, this.#free.length)
  }

  /** Puts back what had been spent under a ceiling before a restart. */
  restore(run: Owner, grant: string, spent: Spend): void {
    const cells = this.#add(run, grant)
    assert(cells !== null, 'nothing is put back that does not fit')
    cells.accounts.tokens.restore(spent.tokens, period)
    cells.accounts.cost_micros.restore(spent.cost_micros, period)
  }

  /** Forgets the ceilings of runs that are over and in which nothing is under way. */
  sweep(): void {
    for (const run of this.#ofRun.keys()) if (run.state !== 'active' && run.open === 0) this.#release(run)
  }

  #add(run: Owner, grant: string): Cells | null {
    const own = this.#ofRun.get(run) ?? new Map<string, Cells>()
    const row = own.size < this.#perRun ? this.#free.pop() : undefined
    if (row === undefined) return null
    const cells = { row, accounts: accountsAt(this.#rows, row) }
    this.#ofRun.set(run, own.set(grant, cells))
    return cells
  }

  #release(run: Owner): void {
    for (const { row } of this.#ofRun.get(run)?.values() ?? []) {
      for (let at = 0; at < longsPerRow; at++) Atomics.store(this.#rows.longs, row * longsPerRow + at, 0n)
      this.#free.push(row)
    }
    this.#ofRun.delete(run)
  }
}

/** The accounts on one row; any thread with the board has the same ones. */
export function accountsAt({ longs }: Rows, row: number): Grant['accounts'] {
  const long = row * longsPerRow
  return { tokens: new Account(longs, long), cost_micros: new Account(longs, long + longsPerAccount) }
}

/** What a call takes under ceilings; `firm` as in `Claim`. */
export interface Taking {
  readonly reserved: number
  readonly firm: boolean
}

/** Reserves the amount under every ceiling or under none. */
export function reserveUnder(grants: readonly Grant[], unit: keyof Spend, taking: Taking): boolean {
  const { reserved, firm } = taking
  for (const [at, { ceiling, accounts }] of grants.entries()) {
    const max = maxOf(ceiling, unit)
    if (max === Number.POSITIVE_INFINITY) continue
    if (accounts[unit].reserve(reserved, max, period) !== period) {
      settleUnder(grants.slice(0, at), unit, { ...taking, used: 0 })
      return false
    }
    if (firm) accounts[unit].firm(reserved, period)
  }
  return true
}

/** Books what was used of a reservation under every ceiling. */
export function settleUnder(
  grants: readonly Grant[],
  unit: keyof Spend,
  { reserved, firm, used }: Taking & { readonly used: number },
): void {
  for (const { ceiling, accounts } of grants) {
    const max = maxOf(ceiling, unit)
    if (max !== Number.POSITIVE_INFINITY) accounts[unit].settle({ reserved, firm, max, period }, used)
  }
}

/** The ceiling of which least is left; undefined if none of them is for this unit. */
export function tightest(grants: readonly Grant[], unit: keyof Spend): Grant | undefined {
  return grants
    .filter(({ ceiling }) => ceiling[unit] !== undefined)
    .toSorted((a, b) => leftUnder(a, unit) - leftUnder(b, unit))[0]
}

/** What would be left under all of them if every call gave back what it holds and is not sure to spend. */
export function notGoneUnder(grants: readonly Grant[], unit: keyof Spend): number {
  return grants.reduce(
    (least, { ceiling, accounts }) => Math.min(least, maxOf(ceiling, unit) - accounts[unit].gone(period)),
    Number.POSITIVE_INFINITY,
  )
}

function leftUnder({ ceiling, accounts }: Grant, unit: keyof Spend): number {
  return Math.max(0, maxOf(ceiling, unit) - accounts[unit].held(period))
}

function maxOf(ceiling: BudgetCeiling, unit: keyof Spend): number {
  return ceiling[unit] ?? Number.POSITIVE_INFINITY
}
