/**
 * A run while it is known: its counters on one row of the board, its graph, hops and participants beside it. The row
 * holds all that admission counts; what the page shows and what fan-out counts lives with the thread that serves the run.
 */
import type { Millis } from '../base/clock.ts'
import { createBoard, longsPerRow } from '../base/board.ts'
import { type AgentId, type HopId, isAgentId, type PersonId, type RunId } from '../domain/ids.ts'
import type { Delegation, Taint } from '../domain/principal.ts'
import { RunGraph } from '../domain/run-graph.ts'
import type { Halt, Run, RunState } from '../domain/run.ts'
import type { Spend, Spent } from '../domain/spend.ts'
import { levelOf, taintAt } from '../domain/taint.ts'
import type { Denial } from '../domain/verdict.ts'
import type { Account } from './account.ts'
import { type HopFacts, HopLog, type HopView } from './hops.ts'
import type { InboundIndex, Served } from './inbound.ts'
import { cellsAt, type RunCells, type RunRows, runRowsOf, runRowsPlan } from './run-cells.ts'
import type { RunLimits } from './settings.ts'

/** What is fixed when a run opens. */
export interface RunFacts {
  readonly id: RunId
  readonly root: AgentId
  readonly person: PersonId | null
  readonly startedAt: Millis
  readonly endsAt: Millis
}

/** What a run shares with the table it lives in. */
export interface RunHouse {
  readonly rows: RunRows
  readonly serving: InboundIndex<LiveRun>
  readonly edges_per_run: number
  limits(): RunLimits
}

/** A hop that is about to leave. `chain` runs from the root agent to the target. */
export interface HopStart extends HopFacts {
  readonly chain: readonly AgentId[]
  /** The target if it is an agent, which serves this hop now and may call on from it. */
  readonly server: AgentId | null
}

/** The state cell is an index into this list; an empty row is a run that has ended. */
const states: readonly RunState[] = ['ended', 'active', 'halted']
const active = states.indexOf('active')
/** Tasks that may go on in one run at once; beyond it their agents must forward the token they were given. */
const lingeringMax = 1024
/** A run has one book for its whole life. */
export const runPeriod = 0

export class LiveRun implements Run {
  readonly kind = 'run'
  readonly id: RunId
  readonly root: AgentId
  readonly person: PersonId | null
  readonly startedAt: Millis
  readonly endsAt: Millis
  readonly graph: RunGraph
  /** Of the trace that its spans stand in: its own id, or that of a caller whose trace it joins. */
  traceId: string
  readonly hopLog = new HopLog()
  /** Calls of models whose price nobody knows: what they cost is missing in what was spent. */
  unpriced = 0
  readonly #participants: Set<AgentId>
  /** The deepest invocation of each agent that was ever called here. */
  readonly #deepest = new Map<AgentId, Served<LiveRun>>()
  readonly #shadow = new Set<string>()
  readonly #warned = new Set<string>()
  /** Hops answered with a task that goes on, and the agent that works on it. */
  readonly #lingering = new Map<HopId, AgentId>()
  readonly #house: RunHouse
  #cells: RunCells
  #halt: Halt | null = null
  #heldUntil: Millis = 0
  #refused = 0

  constructor(facts: RunFacts, row: number, house: RunHouse) {
    this.id = facts.id
    this.traceId = facts.id.slice('run_'.length)
    this.root = facts.root
    this.person = facts.person
    this.startedAt = facts.startedAt
    this.endsAt = facts.endsAt
    this.graph = new RunGraph(house.edges_per_run)
    this.#house = house
    this.#participants = new Set([facts.root])
    this.#cells = cellsAt(house.rows, row)
  }

  /** The counters admission works on. */
  get cells(): RunCells {
    return this.#cells
  }

  get state(): RunState {
    return states[Atomics.load(this.#cells.ints, this.#cells.state)] ?? 'ended'
  }

  /** The trace of a caller that it joins; null where its trace is its own. */
  get joinedTrace(): string | null {
    return this.id.endsWith(this.traceId) ? null : this.traceId
  }

  get halt(): Halt | null {
    return this.#halt
  }

  get calls(): number {
    return this.#cells.calls.value
  }

  get open(): number {
    return this.#cells.open.value
  }

  get depthMax(): number {
    return this.#cells.depth.value
  }

  /** Calls of this run that were refused, for whatever reason. */
  get refused(): number {
    return this.#refused
  }

  /** Rules in shadow or warn mode that would have refused a call of this run. */
  get shadow(): readonly string[] {
    return [...this.#shadow]
  }

  /** The agents that called or were called in this run; they may name it in a header. */
  get participants(): ReadonlySet<AgentId> {
    return this.#participants
  }

  /** The deepest invocation the agent ever had in this run, open or not; null if it was never called here. */
  deepestOf(agent: AgentId): Served<LiveRun> | null {
    return this.#deepest.get(agent) ?? null
  }

  /** Whether nothing is under way and no task goes on: the moment at which the run may be ended. */
  get quiet(): boolean {
    return this.open === 0 && this.#lingering.size === 0
  }

  /** Until then the run is not ended for being idle: somebody holds a token for it that was not used yet. */
  get heldUntil(): Millis {
    return this.#heldUntil
  }

  /** Keeps the run from ending for being idle before `at`; an earlier moment changes nothing. */
  holdUntil(at: Millis): void {
    this.#heldUntil = Math.max(this.#heldUntil, at)
  }

  get spent(): Spend {
    return { tokens: this.#cells.tokens.spent(runPeriod), cost_micros: this.#cells.cost.spent(runPeriod) }
  }

  get reserved(): Spend {
    return {
      tokens: this.#cells.tokens.held(runPeriod) - this.#cells.tokens.spent(runPeriod),
      cost_micros: this.#cells.cost.held(runPeriod) - this.#cells.cost.spent(runPeriod),
    }
  }

  /** What hops cost beyond the run's limits, because they cost more than was left when they ended. */
  get overshoot(): Spend {
    return { tokens: this.#cells.tokens.overshoot, cost_micros: this.#cells.cost.overshoot }
  }

  get left(): Spend {
    const limits = this.#house.limits()
    return {
      tokens: leftOf(this.#cells.tokens, limits.tokens_max?.max),
      cost_micros: leftOf(this.#cells.cost, limits.cost_micros_max?.max),
    }
  }

  get taint(): Taint {
    return taintAt(this.#cells.taint.value)
  }

  /** Lifts the taint to at least that; true if it was lower. */
  raiseTaint(to: Taint): boolean {
    const before = this.#cells.taint.value
    this.#cells.taint.raiseTo(levelOf(to))
    return before < levelOf(to)
  }

  /** The last 1000 hops and refused calls, newest last. */
  hops(): readonly HopView[] {
    return this.hopLog.views
  }

  /** Books a hop that holds its lease: it is in the graph before the target can call back. */
  begin(hop: HopStart, overruled: readonly Denial[]): void {
    const { id: hopId, from, to, depth, chain, server } = hop
    this.#cells.depth.raiseTo(depth)
    this.graph.admit(from, to, depth)
    this.#participants.add(from)
    this.hopLog.add(hop, 'open')
    for (const denial of overruled) if (denial.rule) this.#shadow.add(denial.rule)
    if (server === null) return
    this.#participants.add(server)
    const served: Served<LiveRun> = { run: this, hop: hopId, depth, chain, delegation: null }
    if (depth > (this.#deepest.get(server)?.depth ?? 0)) this.#deepest.set(server, served)
    this.#house.serving.add(server, served)
  }

  /**
   * Books the token that goes out with a hop to an agent, and the id of its trace if it has one: in the same turn as `begin`,
   * before anyone can stand there.
   */
  deliver(hop: HopId, server: AgentId, delegation: Delegation, trace: string | null = null): void {
    this.#house.serving.deliver(server, hop, delegation, trace)
  }

  /** True the first time it is asked about a rule: one line in the log is enough for a run. */
  warnsFirst(rule: string): boolean {
    return this.#warned.size < this.#warned.add(rule).size
  }

  /** Books an edge that was walked before a restart, and the agents at its ends. */
  retrace(from: AgentId, to: string, depth: number): void {
    this.graph.admit(from, to, depth)
    this.#participants.add(from)
    if (isAgentId(to)) this.#participants.add(to)
  }

  /** Books that the target of a hop has answered or failed, and what it cost. */
  finish(hop: HopStart, state: 'answered' | 'failed', spent: Spent): void {
    this.graph.spend(hop.from, hop.to, spent.tokens, spent.cost_micros)
    this.unpriced += spent.unpriced ?? 0
    this.hopLog.conclude(hop.id, state, spent.cost_micros)
    if (hop.server && !this.#lingering.has(hop.id)) this.#house.serving.remove(hop.server, hop.id)
  }

  /** Books a call of this run that was refused. The one place for it, whoever refused. */
  refuse(call: HopFacts, denial: Denial): void {
    this.#refused += 1
    this.graph.refuse(call.from, call.to, call.depth)
    this.hopLog.add(call, 'refused')
    this.hopLog.mark(call.id, { code: denial.code, rule: denial.rule })
  }

  /** Says why a hop did not end well, for the page. */
  blame(hop: HopId, state: 'failed' | 'halted', code: HopView['code'], rule: string | null = null): void {
    this.hopLog.mark(hop, { state, code, rule })
  }

  /** The target answered with a task that goes on: it still serves this hop. Called before the lease is settled. */
  linger(hop: HopId, target: AgentId): void {
    if (this.#lingering.size < lingeringMax) this.#lingering.set(hop, target)
  }

  /** The task of a lingering hop has come to its end. */
  release(hop: HopId): void {
    const target = this.#lingering.get(hop)
    if (target !== undefined && this.#lingering.delete(hop)) this.#house.serving.remove(target, hop)
  }

  /** Moves the run out of `active`; of several threads or callers exactly one wins. Only the run table calls it. */
  leave(next: 'halted' | 'ended', halt: Halt | null): boolean {
    const { ints, state } = this.#cells
    const won = Atomics.compareExchange(ints, state, active, states.indexOf(next)) === active
    if (won) this.#halt = halt
    return won
  }

  /** Empties the row for this run. Only the run table calls it, before anyone else knows the run. */
  enter(): void {
    const { ints, longs, state, row } = this.#cells
    for (let at = 0; at < longsPerRow; at++) Atomics.store(longs, row * longsPerRow + at, 0n)
    Atomics.store(this.#house.rows.taints, row, 0)
    Atomics.store(ints, state, active)
  }

  /**
   * Moves the run off the board, with its last readings, so that whoever still holds it never reads its successor.
   * Only the run table calls it; returns the row that is free now.
   */
  detach(): number {
    const { row, longs } = this.#cells
    const own = runRowsOf(createBoard(runRowsPlan(1)))
    own.rows.longs.set(longs.subarray(row * longsPerRow, (row + 1) * longsPerRow))
    own.taints[0] = levelOf(this.taint)
    this.#cells = cellsAt(own, 0)
    return row
  }

  /** Lets go of the tasks that go on: a run that is over waits for nobody. */
  releaseAll(): void {
    for (const hop of this.#lingering.keys()) this.release(hop)
  }
}

function leftOf(account: Account, max: number | undefined): number {
  return max === undefined ? Number.POSITIVE_INFINITY : Math.max(0, max - account.held(runPeriod))
}
