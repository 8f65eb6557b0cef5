import { day_ms, type Millis } from '../base/clock.ts'
import { denials } from '../domain/denials.ts'
import { type AgentId, type HopId, isAgentId, type PersonId, type RunId } from '../domain/ids.ts'
import type { CallRecord, IntentEntry, LedgerEntry, RunEntry } from '../domain/record.ts'
import type { RunEdge } from '../domain/run-graph.ts'
import type { Halt } from '../domain/run.ts'
import type { Taint } from '../domain/principal.ts'
import { nothingSpent, type Spend } from '../domain/spend.ts'
import { readTaint, worseTaint } from '../domain/taint.ts'
import { readLedger } from './read.ts'
import type { Names } from './vault/names.ts'

/** A run that was open when the gateway went, as far as limits need it. */
interface ReplayedRun {
  readonly id: RunId
  readonly root: AgentId
  readonly person: PersonId | null
  readonly startedAt: Millis
  readonly endsAt: Millis
  readonly halt: Halt | null
  /** Hops that were let through. */
  readonly calls: number
  readonly depthMax: number
  /** Settled spend, and the reservation of every hop whose end nobody saw. */
  readonly spent: Spend
  /** Calls of models in it whose price nobody knows. */
  readonly unpriced: number
  /** The same for each budget ceiling of a token, by its grant. */
  readonly grants: ReadonlyMap<string, Spend>
  readonly participants: readonly AgentId[]
  readonly edges: readonly RunEdge[]
  readonly taint: Taint
  /** Targets of hops whose end nobody saw: they may have answered. */
  readonly unfinished: readonly string[]
}

/** What a restart must not forget. */
export interface Replayed {
  readonly runs: readonly ReplayedRun[]
  /** What each agent has spent of the current UTC day, counted as for runs. */
  readonly today: ReadonlyMap<AgentId, Spend>
  /** The same for each person whom runs were for. */
  readonly todayOfPeople: ReadonlyMap<PersonId, Spend>
  readonly entries: number
  /** The latest time in it; null if nothing was read. */
  readonly newest: Millis | null
  /** Places that could not be read, in sentences; for the log. */
  readonly problems: readonly string[]
}

/** Covers the current UTC day and, with a wide margin, every run that may still be open. */
const horizonDefault_ms = 2 * day_ms

/** Edges of one run beyond this are not made for refused calls. */
const edgesMax = 1024

/**
 * Reads back what counts now: the runs still open and the spend of the day. A hop that left an intent but no record
 * counts with all it had reserved: its target may have done the work. What is held grows with open runs and hops
 * only, both of which had a maximum when they were written. Files that were not written to for `horizon_ms` are not
 * read; it must cover the time since midnight UTC and the longest run. Costs about 6 us an entry.
 */
export async function replay(
  dir: string,
  now: Millis,
  horizon_ms = horizonDefault_ms,
  names: Names | null = null,
): Promise<Replayed> {
  const memory = new Memory(now)
  const problems: string[] = []
  let entries = 0
  let newest: Millis | null = null
  for await (const item of readLedger(dir, now - horizon_ms, names)) {
    if (item.kind === 'unreadable') {
      problems.push(`${item.file}: not readable from offset ${item.offset}, ${item.why}`)
      continue
    }
    entries += 1
    newest = Math.max(newest ?? item.entry.ts, item.entry.ts)
    memory.take(item.entry)
  }
  const { today, todayOfPeople } = memory
  return { runs: memory.runs(), today, todayOfPeople, entries, newest, problems }
}

interface OpenRun {
  readonly opened: RunEntry
  halt: Halt | null
  calls: number
  depthMax: number
  spent: Spend
  unpriced: number
  readonly grants: Map<string, Spend>
  taint: Taint
  readonly participants: Set<AgentId>
  readonly edges: Map<string, RunEdge>
}

class Memory {
  readonly today = new Map<AgentId, Spend>()
  readonly todayOfPeople = new Map<PersonId, Spend>()
  readonly #now: Millis
  readonly #midnight: Millis
  readonly #runs = new Map<RunId, OpenRun>()
  /** Hops let through whose record has not come by yet. */
  readonly #under = new Map<HopId, IntentEntry>()

  constructor(now: Millis) {
    this.#now = now
    this.#midnight = now - (now % day_ms)
  }

  take(entry: LedgerEntry): void {
    if (entry.kind === 'run') this.#takeRun(entry)
    else if (entry.kind === 'intent') this.#takeIntent(entry)
    else if (entry.kind === 'call') this.#takeCall(entry)
  }

  runs(): readonly ReplayedRun[] {
    return [...this.#runs].map(([id, run]) => ({
      id,
      root: run.opened.root,
      person: run.opened.human,
      startedAt: run.opened.ts,
      endsAt: run.opened.ends_at,
      halt: run.halt,
      calls: run.calls,
      depthMax: run.depthMax,
      spent: run.spent,
      unpriced: run.unpriced,
      grants: run.grants,
      participants: [...run.participants],
      edges: [...run.edges.values()],
      taint: run.taint,
      unfinished: [...this.#under.values()].filter((hop) => hop.run === id).map((hop) => hop.target),
    }))
  }

  #takeRun(entry: RunEntry): void {
    if (entry.event === 'ended' || entry.ends_at <= this.#now) return void this.#runs.delete(entry.run)
    const run = this.#runs.get(entry.run) ?? newRun(entry)
    this.#runs.set(entry.run, run)
    if (entry.event === 'halted') run.halt ??= haltOf(entry)
    if (entry.event === 'tainted') run.taint = worseTaint(run.taint, readTaint(entry.code) ?? 'injected')
  }

  #takeIntent(entry: IntentEntry): void {
    this.#under.set(entry.rid, entry)
    this.#book(entry, entry.ts, entry.reserved)
    const run = this.#runs.get(entry.run)
    if (run) admit(run, entry, entry.reserved)
  }

  #takeCall(record: CallRecord): void {
    const { agent, human, decision, outcome } = record
    const run = record.run === null ? undefined : this.#runs.get(record.run)
    // Records of an older program say nothing of it.
    if (run) run.taint = worseTaint(run.taint, readTaint(record.taint) ?? 'none')
    if (agent === null) return
    if (decision === 'deny') {
      if (run && fits(run, agent, record.target)) edgeOf(run, agent, record).refused += 1
      return
    }
    const intent = this.#under.get(record.rid)
    this.#under.delete(record.rid)
    // The day is that of the reservation, as it was when the call was let through.
    this.#book({ agent, human }, intent?.ts ?? record.ts, outcome.spent)
    if (intent) this.#book(intent, intent.ts, negative(intent.reserved))
    if (!run) return
    run.unpriced += outcome.spent.unpriced ?? 0
    if (!intent) admit(run, { ...record, agent }, outcome.spent)
    else spend(run, intent, plus(outcome.spent, negative(intent.reserved)))
  }

  #book({ agent, human = null }: Payer, at: Millis, spent: Spend): void {
    if (at < this.#midnight) return
    this.today.set(agent, plus(this.today.get(agent) ?? nothingSpent, spent))
    if (human !== null) this.todayOfPeople.set(human, plus(this.todayOfPeople.get(human) ?? nothingSpent, spent))
  }
}

/** The part of an intent or a record that says whose budgets of a day it counts on. Intents of older files name no person. */
interface Payer {
  readonly agent: AgentId
  readonly human?: PersonId | null
}

/** The part of an intent or a record that says where a hop went. */
interface Step {
  readonly agent: AgentId
  readonly target: string
  readonly depth: number
  readonly grants?: readonly string[]
}

function newRun(opened: RunEntry): OpenRun {
  const participants = new Set([opened.root])
  const nothing = { halt: null, calls: 0, depthMax: 0, spent: nothingSpent, unpriced: 0, taint: 'none' } as const
  return { opened, ...nothing, grants: new Map(), participants, edges: new Map() }
}

function haltOf(entry: RunEntry): Halt {
  const code = entry.code !== null && isDenialCode(entry.code) ? entry.code : 'operator'
  return { code, reason: entry.reason ?? '', actor: entry.actor ?? 'weir', at: entry.ts, hop: null }
}

function isDenialCode(code: string): code is keyof typeof denials {
  return Object.hasOwn(denials, code)
}

function admit(run: OpenRun, step: Step, spent: Spend): void {
  const edge = edgeOf(run, step.agent, step)
  edge.calls += 1
  edge.depth_min = Math.min(edge.depth_min, step.depth)
  edge.depth_max = Math.max(edge.depth_max, step.depth)
  run.calls += 1
  run.depthMax = Math.max(run.depthMax, step.depth)
  run.participants.add(step.agent)
  if (isAgentId(step.target)) run.participants.add(step.target)
  spend(run, step, spent)
}

function spend(run: OpenRun, step: Step, spent: Spend): void {
  const edge = edgeOf(run, step.agent, step)
  run.spent = plus(run.spent, spent)
  for (const grant of step.grants ?? []) run.grants.set(grant, plus(run.grants.get(grant) ?? nothingSpent, spent))
  edge.tokens += spent.tokens
  edge.cost_micros += spent.cost_micros
}

/** Let through edges had a maximum when they were written; refused ones an outsider may invent. */
function fits(run: OpenRun, from: AgentId, target: string): boolean {
  return run.edges.size < edgesMax || run.edges.has(edgeKey(from, target))
}

function edgeOf(run: OpenRun, from: AgentId, step: { readonly target: string; readonly depth: number }): RunEdge {
  const key = edgeKey(from, step.target)
  const known = run.edges.get(key)
  if (known) return known
  const { target: to, depth } = step
  const edge = { from, to, calls: 0, refused: 0, tokens: 0, cost_micros: 0, depth_min: depth, depth_max: depth }
  run.edges.set(key, edge)
  return edge
}

function edgeKey(from: AgentId, target: string): string {
  return `${from}>${target}`
}

function plus(a: Spend, b: Spend): Spend {
  return { tokens: a.tokens + b.tokens, cost_micros: a.cost_micros + b.cost_micros }
}

function negative(spent: Spend): Spend {
  return { tokens: -spent.tokens, cost_micros: -spent.cost_micros }
}
