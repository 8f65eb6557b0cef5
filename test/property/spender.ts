/** One of several threads that spend under the same ceilings; started by ceilings-hold-on-four-threads.test.ts. */
import { parentPort, workerData } from 'node:worker_threads'
import { type Board, rowsOf } from '../../src/base/board.ts'
import type { Spend } from '../../src/domain/spend.ts'
import { accountsAt, type Grant, reserveUnder, settleUnder } from '../../src/limits/grants.ts'

/** A tree of ceilings: grant `i` is on row `i`, and its parent is an earlier one. */
export interface Walk {
  readonly board: Board
  readonly threads: number
  readonly seed: number
  readonly moves: number
  readonly tree: readonly { readonly parent: number | null; readonly tokens: number }[]
}

/** What one thread saw. */
export interface Seen {
  /** Tokens spent under each ceiling. */
  readonly spent: readonly number[]
  readonly refused: number
  /** How often a ceiling was seen to hold more than it may. */
  readonly broken: number
}

interface Held {
  readonly path: readonly number[]
  readonly amount: number
}

const heldMax = 6
const unit: keyof Spend = 'tokens'

function walk({ board, threads, seed, moves, tree }: Walk): Seen {
  const rows = rowsOf(board, 'grants')
  const grants = tree.map(({ tokens }, row): Grant => ({
    ceiling: { grant: `g${row}`, tokens },
    accounts: accountsAt(rows, row),
  }))
  const pathTo = (node: number | null): readonly number[] =>
    node === null ? [] : [...pathTo(tree[node]?.parent ?? null), node]
  const of = (path: readonly number[]): readonly Grant[] => path.flatMap((node) => grants[node] ?? [])
  const below = dice(seed)
  const spent = tree.map(() => 0)
  const held: Held[] = []
  let [refused, broken] = [0, 0]
  const close = (one: Held, used: number): void => {
    settleUnder(of(one.path), unit, { reserved: one.amount, firm: true, used })
    for (const node of one.path) spent[node] = (spent[node] ?? 0) + used
  }
  const { ints } = rowsOf(board, 'gate')
  Atomics.add(ints, 0, 1)
  while (Atomics.load(ints, 0) < threads);
  for (let move = 0; move < moves; move += 1) {
    const [path, amount] = [pathTo(below(tree.length)), below(30)]
    const closing = held.length >= heldMax || below(2) === 0 ? held.splice(below(held.length), 1)[0] : undefined
    if (closing) close(closing, below(3) === 0 ? 0 : below(closing.amount + 1))
    else if (reserveUnder(of(path), unit, { reserved: amount, firm: true })) held.push({ path, amount })
    else refused += 1
    for (const { ceiling, accounts } of grants)
      if (accounts.tokens.held(0) > (ceiling.tokens ?? 0) || accounts.tokens.spent(0) > (ceiling.tokens ?? 0))
        broken += 1
  }
  for (const one of held) close(one, below(one.amount + 1))
  return { spent, refused, broken }
}

/** Whole numbers below a bound, the same for the same seed (xorshift). */
function dice(seed: number): (bound: number) => number {
  let state = seed | 1
  return (bound) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % Math.max(1, bound)
  }
}

if (workerData === 'spender')
  parentPort?.on('message', (order: Walk) => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- the port of a thread has no origin
    parentPort?.postMessage(walk(order))
  })
