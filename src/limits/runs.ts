/**
 * The run table: which runs are known, and the only place where one opens, halts, ends and leaves. An active run ends
 * when its owner says so or when its wall clock is over; a run that is over stays a while for the page and for late
 * calls, and leaves only when nothing of it is under way. A halted run is never pushed out by newer ones.
 *
 *     open -> active -> halted -> (its wall clock and a while) -> gone
 *                    -> ended  -> (a while, or room is needed) -> gone
 */
import { assert } from '../base/assert.ts'
import type { Board } from '../base/board.ts'
import { day_ms, type Millis } from '../base/clock.ts'
import type { Dice } from '../base/dice.ts'
import type { AgentId, HopId, PersonId, RunId } from '../domain/ids.ts'
import { mintRunId } from '../domain/mint-ids.ts'
import type { Taint } from '../domain/principal.ts'
import type { RunWhy } from '../domain/record.ts'
import type { Halt } from '../domain/run.ts'
import type { Spend } from '../domain/spend.ts'
import { type Denial, deny } from '../domain/verdict.ts'
import { Aliases } from './aliases.ts'
import type { Bench } from './bench.ts'
import { noRoom } from './grants.ts'
import { InboundIndex, type Served } from './inbound.ts'
import { runRowsOf } from './run-cells.ts'
import { LiveRun, type RunFacts, type RunHouse, runPeriod } from './live-run.ts'

/** How long a run that is over can still be looked at. */
const kept_ms = 300_000
/** The longest any run lives, also where no wall clock is set or it is not enforced. */
const lifetime_ms = day_ms
/** How many runs are tried when room is needed: ended ones first, then those in which nothing is under way. */
const triedForRoom = 16
/** An active run in which nothing happens ends after this time; its owner may join it with `Weir-Run-Id` until then. */
const idle_ms = 60_000
/** Calls of one edge that are walked again after a restart; laps beyond it are counted from here. */
const replayedPerEdge = 256

/** A run as it was before a restart. Edges in the order in which they were first seen. */
export interface RunSnapshot extends RunFacts {
  readonly halt: Halt | null
  readonly calls: number
  readonly depthMax: number
  readonly spent: Spend
  /** Calls of models whose price nobody knows. */
  readonly unpriced: number
  /** What was spent under each ceiling of a token, by its grant. */
  readonly grants: ReadonlyMap<string, Spend>
  readonly edges: readonly RestoredEdge[]
  readonly taint: Taint
}

interface RestoredEdge extends Spend {
  readonly from: AgentId
  readonly to: string
  readonly calls: number
  /** The depth at which the edge was seen first. */
  readonly depth: number
}

export class Runs {
  readonly #known = new Map<RunId, LiveRun>()
  /** What callers call runs by. A run that is over by its wall clock or was halted keeps its names while it is known. */
  readonly aliases: Aliases<LiveRun>
  readonly #ended = new Map<LiveRun, Millis>()
  readonly #halted = new Map<LiveRun, Millis>()
  /** Active runs by who began them, the oldest first. */
  readonly #byRoot = new Map<AgentId, Set<LiveRun>>()
  readonly #free: number[]
  readonly #bench: Bench
  readonly #dice: Dice
  readonly #house: RunHouse
  readonly #serving = new InboundIndex<LiveRun>()
  /** Quiet active runs, how many calls they had when that was seen first, and when that was. */
  readonly #quiet = new Map<LiveRun, { readonly calls: number; readonly since: Millis }>()
  /** Told of every run that ends, and why if somebody said so. One handler. */
  onEnded: (run: LiveRun, why?: RunWhy) => void = () => undefined

  constructor(board: Board, bench: Bench, dice: Dice) {
    const rows = runRowsOf(board)
    const count = Math.min(rows.rows.count, bench.maximums.runs)
    this.#free = Array.from({ length: count }, (_, row) => count - 1 - row)
    this.aliases = new Aliases(bench.maximums.run_aliases)
    this.#bench = bench
    this.#dice = dice
    const { edges_per_run } = bench.maximums
    this.#house = { rows, edges_per_run, serving: this.#serving, limits: () => bench.settings.run }
  }

  /** Runs that are neither halted nor ended. */
  get active(): number {
    return this.#known.size - this.#ended.size - this.#halted.size
  }

  /** A new root run, or `busy` if the table is full of runs that are not over. */
  open(root: AgentId, person: PersonId | null, now: Millis): LiveRun | Denial {
    const wallClock_ms = Math.min(this.#bench.settings.run.wall_clock_ms?.max ?? lifetime_ms, lifetime_ms)
    if (this.#free.length === 0) this.#endQuiet(now)
    return this.#admit({ id: mintRunId(now, this.#dice), root, person, startedAt: now, endsAt: now + wallClock_ms })
  }

  /** A run that is known, in whatever state; undefined for one that never was or has left: never open that one anew. */
  find(id: RunId): LiveRun | undefined {
    return this.#known.get(id)
  }

  /** Every known run, newest first. */
  list(): readonly LiveRun[] {
    return [...this.#known.values()].toReversed()
  }

  /** Halts an active run; true for exactly one caller, false if it was halted or ended before. */
  halt(run: LiveRun, halt: Halt): boolean {
    const won = run.leave('halted', halt)
    if (!won) return false
    this.#halted.set(run, halt.at)
    this.#notActive(run)
    return true
  }

  /** Ends an active run; what is under way may settle, nothing new is let in. */
  end(run: LiveRun, now: Millis, why?: RunWhy): boolean {
    const won = run.leave('ended', null)
    if (!won) return false
    run.releaseAll()
    // Work that paused goes on in a run of its own; what is over by its limits is not begun anew under the same name.
    if (now < this.#dueAt(run)) this.aliases.forget(run)
    this.#quiet.delete(run)
    this.#notActive(run)
    this.#ended.set(run, now)
    this.onEnded(run, why)
    return true
  }

  /** Ends runs whose wall clock is over and lets runs leave that are long over. To be called about once a second. */
  sweep(now: Millis): readonly LiveRun[] {
    const over = [...this.#known.values()].filter(
      (run) => (now >= this.#dueAt(run) || this.#isIdle(run, now)) && this.end(run, now),
    )
    for (const [run, since] of this.#ended) if (now >= since + kept_ms) this.#leave(run)
    for (const [run, since] of this.#halted) if (now >= Math.max(since, run.endsAt) + kept_ms) this.#leave(run)
    this.#bench.grants.sweep()
    return over
  }

  /** What a call belongs to whose caller named no run. */
  inferFor(agent: AgentId): Served<LiveRun> | 'none' | 'ambiguous' {
    return this.#serving.only(agent)
  }

  /** The invocation the agent still works on whose token names this hop; null if it has answered it. */
  serves(agent: AgentId, hop: HopId): Served<LiveRun> | null {
    return this.#serving.find(agent, hop)
  }

  /** The deepest invocation of that trace which the agent serves; null if there is none, or in several runs. */
  servesTrace(agent: AgentId, trace: string): Served<LiveRun> | null {
    return this.#serving.ofTrace(agent, trace)
  }

  /** The deepest invocation that the agent serves in this run; null if it serves none there. */
  servedIn(run: LiveRun, agent: AgentId): Served<LiveRun> | null {
    return this.#serving.within(agent, run)
  }

  /** Puts back a run that was open when the gateway stopped. It holds nothing: what it reserved comes as spent. */
  restore(snapshot: RunSnapshot): LiveRun | Denial {
    const { id, root, person, startedAt, endsAt } = snapshot
    const { grants } = this.#bench
    if (!grants.fits(snapshot.grants.size)) return noRoom
    const run = this.#admit({ id, root, person, startedAt, endsAt })
    if (run.kind === 'denial') return run
    run.cells.calls.raiseTo(snapshot.calls)
    run.cells.depth.raiseTo(snapshot.depthMax)
    run.raiseTaint(snapshot.taint)
    run.unpriced = snapshot.unpriced
    run.cells.tokens.restore(snapshot.spent.tokens, runPeriod)
    run.cells.cost.restore(snapshot.spent.cost_micros, runPeriod)
    for (const [grant, spent] of snapshot.grants) grants.restore(run, grant, spent)
    for (const edge of snapshot.edges) retrace(run, edge)
    if (snapshot.halt) this.halt(run, snapshot.halt)
    return run
  }

  #admit(facts: RunFacts): LiveRun | Denial {
    assert(!this.#known.has(facts.id), 'a run opens once')
    const row = this.#free.pop() ?? this.#makeRoom()
    if (row === undefined) return deny('busy', 'the run table is full', { rule: 'maximums.runs' })
    const run = new LiveRun(facts, row, this.#house)
    run.enter()
    this.#known.set(run.id, run)
    this.#byRoot.set(run.root, (this.#byRoot.get(run.root) ?? new Set()).add(run))
    return run
  }

  #isIdle(run: LiveRun, now: Millis): boolean {
    if (run.state !== 'active' || !run.quiet || now < run.heldUntil) {
      this.#quiet.delete(run)
      return false
    }
    const seen = this.#quiet.get(run)
    if (seen?.calls === run.calls) return now >= seen.since + idle_ms
    this.#quiet.set(run, { calls: run.calls, since: now })
    return false
  }

  #notActive(run: LiveRun): void {
    const others = this.#byRoot.get(run.root)
    others?.delete(run)
    if (others?.size === 0) this.#byRoot.delete(run.root)
  }

  /**
   * With the table full, runs that only wait for a next call give way, the oldest first: those of the agent that began
   * the most, so that no agent can end the runs of others by beginning its own.
   */
  #endQuiet(now: Millis): void {
    if (this.#ended.size > 0) return
    const most = this.#byRoot.values().reduce((one, other) => (other.size > one.size ? other : one), new Set<LiveRun>())
    const quiet = ({ state, quiet: waits }: LiveRun): boolean => state === 'active' && waits
    const mine = [...most.values().filter(quiet).take(triedForRoom)]
    const waiting = mine.length > 0 ? mine : this.#known.values().filter(quiet).take(triedForRoom)
    for (const run of waiting) this.end(run, now)
  }

  #dueAt(run: LiveRun): Millis {
    const enforced = this.#bench.settings.run.wall_clock_ms?.mode === 'enforce'
    return enforced ? run.endsAt : run.startedAt + lifetime_ms
  }

  #makeRoom(): number | undefined {
    for (const run of this.#ended.keys().take(triedForRoom)) if (this.#leave(run)) return this.#free.pop()
    return undefined
  }

  #leave(run: LiveRun): boolean {
    if (run.open > 0) return false
    run.releaseAll()
    this.aliases.forget(run)
    this.#known.delete(run.id)
    this.#ended.delete(run)
    this.#halted.delete(run)
    this.#free.push(run.detach())
    return true
  }
}

function retrace(run: LiveRun, edge: RestoredEdge): void {
  const { from, to, depth, tokens, cost_micros } = edge
  const times = Math.min(edge.calls, replayedPerEdge)
  for (let call = 0; call < times && run.graph.fits(from, to); call++) run.retrace(from, to, depth)
  run.graph.spend(from, to, tokens, cost_micros)
}
