/** The index as anybody would write it down: one pass over all entries, everything in memory, nothing clever. */
import type { Filterable } from '../../../../src/domain/filter.ts'
import type { EdgeRow, HopRow, RunRow } from '../../../../src/domain/story.ts'
import type { CallRecord, IntentEntry, LedgerEntry, RunEntry } from '../../../../src/domain/record.ts'

type Changing<T> = { -readonly [Name in keyof T]: T[Name] }
type Hop = Changing<HopRow> & { laps: number; held: number; record: boolean }
type Run = Changing<RunRow> & { laps: number }

export class Naive {
  readonly runs: Run[] = []
  readonly hops: Hop[] = []
  readonly edges = new Map<string, Changing<EdgeRow>[]>()

  constructor(entries: readonly LedgerEntry[]) {
    entries.forEach((entry, place) => this.#take(place + 1, entry))
  }

  #take(seq: number, entry: LedgerEntry): void {
    if (entry.kind === 'boot') this.#boot(entry.ts)
    else if (entry.kind === 'run') this.#run(seq, entry)
    else if (entry.kind === 'intent') this.#intent(seq, entry)
    else if (entry.kind === 'call') this.#call(seq, entry)
    else if ('run' in entry) {
      const run = this.runs.find(({ id }) => id === entry.run)
      if (run) this.#see(run, seq, entry.ts)
    }
  }

  #boot(ts: number): void {
    for (const hop of this.hops.filter(({ status }) => status === 'open')) {
      hop.status = 'aborted'
      hop.detail = 'the gateway stopped while the call was under way'
    }
    for (const run of this.runs) {
      run.open = 0
      if (run.state === 'active' && run.ends_at <= ts) run.state = 'ended'
    }
  }

  #run(seq: number, entry: RunEntry): void {
    const run = this.#runAt(seq, { id: entry.run, ts: entry.ts, root: entry.root, person: entry.human })
    Object.assign(run, { root: entry.root, person: entry.human, ends_at: entry.ends_at })
    if (run.state !== 'active') return
    if (entry.event === 'ended') run.state = 'ended'
    if (entry.event !== 'halted') return
    run.state = 'halted'
    const { code, reason, actor, ts } = entry
    run.halt = { code: code ?? 'operator', reason: reason ?? '', actor: actor ?? 'weir', at: ts }
  }

  #intent(seq: number, entry: IntentEntry): void {
    const run = this.#runAt(seq, { id: entry.run, ts: entry.ts, root: entry.agent, person: entry.human ?? null })
    run.calls += 1
    run.open += 1
    run.held_micros += entry.reserved.cost_micros
    run.depth_max = Math.max(run.depth_max, entry.depth)
    this.#edge(run, entry).calls += 1
    this.hops.push(openHop(seq, entry))
  }

  #call(seq: number, record: CallRecord): void {
    const intent = this.hops.find(({ id }) => id === record.rid)
    const hop = settledHop(seq, record)
    if (intent) this.hops[this.hops.indexOf(intent)] = hop
    else this.hops.push(hop)
    if (record.run === null) return
    const root = record.chain[0] ?? record.agent
    const run = this.#runAt(seq, { id: record.run, ts: record.ts, root: root ?? '', person: record.human })
    run.depth_max = Math.max(run.depth_max, record.depth)
    run.laps = Math.max(run.laps, hop.laps)
    for (const name of ['tokens', 'cost_micros', 'unpriced'] as const) run[name] += hop[name]
    if (intent?.status === 'open') run.open -= 1
    run.held_micros -= intent?.held ?? 0
    const [calls, refused] = record.decision === 'allow' ? [intent ? 0 : 1, 0] : [intent ? -1 : 0, 1]
    run.calls += calls
    run.refused += refused
    if (record.agent === null) return
    const edge = this.#edge(run, { ...record, agent: record.agent })
    edge.calls += calls
    edge.refused += refused
    edge.tokens += hop.tokens
    edge.cost_micros += hop.cost_micros
  }

  #runAt(seq: number, { id, ts, root, person }: { id: string; ts: number; root: string; person: string | null }): Run {
    const known = this.runs.find((run) => run.id === id)
    const nothing = { calls: 0, refused: 0, open: 0, depth_max: 0, tokens: 0, cost_micros: 0, unpriced: 0, laps: 0 }
    const times = { started_at: ts, last_at: ts, ends_at: 0, seq_first: seq, seq_last: seq }
    const run =
      known ?? ({ id, state: 'active', root, person, ...times, ...nothing, held_micros: 0, halt: null } as Run)
    if (!known) this.runs.push(run)
    this.#see(run, seq, ts)
    return run
  }

  #see(run: Run, seq: number, ts: number): void {
    run.last_at = Math.max(run.last_at, ts)
    run.seq_last = seq
  }

  #edge(run: Run, { agent: from, target: to, depth, ts }: Pick<IntentEntry, 'agent' | 'target' | 'depth' | 'ts'>) {
    const edges = this.edges.get(run.id) ?? []
    this.edges.set(run.id, edges)
    const known = edges.find((edge) => edge.from === from && edge.to === to)
    const nothing = { calls: 0, refused: 0, tokens: 0, cost_micros: 0 }
    const edge = known ?? { from, to, ...nothing, depth_min: depth, depth_max: depth, first_at: ts, last_at: ts }
    if (!known) edges.push(edge)
    edge.depth_min = Math.min(edge.depth_min, depth)
    edge.depth_max = Math.max(edge.depth_max, depth)
    edge.first_at = Math.min(edge.first_at, ts)
    edge.last_at = Math.max(edge.last_at, ts)
    return edge
  }

  runRow({ laps: _, ...run }: Run): RunRow {
    return { ...run, ends_at: run.ends_at === 0 ? run.last_at : run.ends_at }
  }

  hopRow({ laps: _l, held: _h, record: _r, ...hop }: Hop): HopRow {
    return hop
  }

  /** A hop as the filter sees it. */
  hopFacts(hop: Hop): Filterable {
    const { id, status, depth, laps, tokens, cost_micros, ms, at, agent, person, target, method, decision } = hop
    const root = this.runs.find((run) => run.id === hop.run)?.root ?? null
    const names = { run: hop.run, hop: id, agent, person, root, target, method, kind: target.split(':')[0] ?? '' }
    return {
      ...names,
      decision,
      code: hop.code,
      rule: hop.rule,
      status,
      depth,
      laps,
      tokens,
      cost: cost_micros,
      ms,
      at,
    }
  }
}

function openHop(seq: number, entry: IntentEntry): Hop {
  const { rid: id, run, agent, target, depth, ts: at, human = null, reserved } = entry
  const unknown = { parent: null, origin: null, method: '', dialect: null, code: null, rule: null, pol_hash: null }
  const nothing = { policies: [], shadow: [], fault: null, detail: null, tokens: 0, cost_micros: 0, unpriced: 0 }
  const where = { seq, id, run, agent, person: human, target, depth, at, decision: 'allow', status: 'open' } as const
  return { ...where, ...unknown, ...nothing, ms: 0, upstream_ms: 0, laps: 0, held: reserved.cost_micros, record: false }
}

function settledHop(seq: number, record: CallRecord): Hop {
  const { rid: id, run, agent, target, depth, ts: at, human: person, method, dialect, outcome } = record
  const { parent_rid: parent, run_origin: origin, decision, code, rule, policies, pol_hash, shadow, detail } = record
  const { status, fault, spent, ms, upstream_ms } = outcome
  const where = { seq, id, run, parent, origin, agent, person, target, method, dialect, depth, at, decision, status }
  const why = { code, rule, policies, pol_hash, shadow, fault, detail }
  const sums = { tokens: spent.tokens, cost_micros: spent.cost_micros, unpriced: spent.unpriced ?? 0, ms, upstream_ms }
  return { ...where, ...why, ...sums, laps: record.asked?.laps ?? 0, held: 0, record: true }
}
