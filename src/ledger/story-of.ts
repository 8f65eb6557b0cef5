/**
 * Stories of runs, straight from the ledger: the plain way, for where no index is and to hold the index against. Holds what
 * belongs to the runs that are asked about; reads everything.
 */
import type { Millis } from '../base/clock.ts'
import type { AgentId, HopId, RunId } from '../domain/ids.ts'
import type { CallRecord, IntentEntry, LedgerEntry, RunEntry } from '../domain/record.ts'
import { type EdgeRow, type HopRow, type RunRow, type RunStory, storyHops_max } from '../domain/story.ts'
import { settledHop } from './settled-hop.ts'

/** An entry and its number in the ledger. */
export interface Numbered {
  readonly seq: number
  readonly entry: LedgerEntry
}

type Changing<Row> = { -readonly [Name in keyof Row]: Row[Name] }

interface Growing {
  readonly row: Changing<RunRow>
  readonly hops: Map<HopId, HopRow>
  readonly edges: Map<string, Changing<EdgeRow>>
  /** What hops under way hold. */
  readonly held: Map<HopId, number>
}

/** Runs of one list. */
const runs_max = 100_000

/** The story of one run; null where nothing of it is kept. */
export async function storyOf(
  entries: AsyncIterable<Numbered> | Iterable<Numbered>,
  run: RunId,
): Promise<RunStory | null> {
  const tally = new StoryTally()
  for await (const item of entries) if (item.entry.kind === 'boot' || runOf(item.entry) === run) tally.add(item)
  return tally.story(run)
}

/** Stories as entries come by, in the order of the ledger. */
export class StoryTally {
  readonly #runs = new Map<RunId, Growing>()
  readonly #keepsHops: boolean

  /** Without hops only rows of runs can be had. */
  constructor(keepsHops = true) {
    this.#keepsHops = keepsHops
  }

  add({ seq, entry }: Numbered): void {
    if (entry.kind === 'boot') this.#abort(entry.ts)
    const id = runOf(entry)
    if (id === null) return
    const run = this.#runs.get(id) ?? this.#begin(id, seq, entry)
    if (!run) return
    run.row.last_at = Math.max(run.row.last_at, entry.ts)
    run.row.seq_last = seq
    if (entry.kind === 'run') takeRun(run.row, entry)
    else if (entry.kind === 'intent') this.#takeIntent(run, entry, seq)
    else if (entry.kind === 'call') this.#takeCall(run, entry, seq)
  }

  /** The newest first. */
  rows(): readonly RunRow[] {
    return [...this.#runs.values()]
      .map(rowOf)
      .toSorted((a, b) => b.started_at - a.started_at || b.seq_first - a.seq_first)
  }

  story(id: RunId): RunStory | null {
    const run = this.#runs.get(id)
    if (!run) return null
    const hops = [...run.hops.values()].toSorted((a, b) => a.seq - b.seq)
    const row = rowOf(run)
    return { run: row, hops, edges: [...run.edges.values()], complete: hops.length === row.calls + row.refused }
  }

  /** The gateway began anew: what was under way is over, and what it held may have been spent. */
  #abort(at: Millis): void {
    const detail = 'the gateway stopped while the call was under way'
    for (const { row, hops, held } of this.#runs.values()) {
      if (row.state === 'active' && row.ends_at <= at) row.state = 'ended'
      if (row.open === 0) continue
      row.open = 0
      for (const id of held.keys()) {
        const hop = hops.get(id)
        if (hop?.status === 'open') hops.set(id, { ...hop, status: 'aborted', detail })
      }
    }
  }

  #begin(id: RunId, seq: number, entry: LedgerEntry): Growing | null {
    if (this.#runs.size >= runs_max) return null
    const run: Growing = { row: newRow(id, seq, entry), hops: new Map(), edges: new Map(), held: new Map() }
    this.#runs.set(id, run)
    return run
  }

  #takeIntent(run: Growing, entry: IntentEntry, seq: number): void {
    run.held.set(entry.rid, entry.reserved.cost_micros)
    run.row.calls += 1
    run.row.open += 1
    run.row.depth_max = Math.max(run.row.depth_max, entry.depth)
    const edge = edgeIn(run, entry)
    if (edge) edge.calls += 1
    this.#keep(run, openHop(entry, seq))
  }

  #takeCall(run: Growing, record: CallRecord, seq: number): void {
    const { row } = run
    const { spent } = record.outcome
    const wasOpen = run.held.delete(record.rid)
    if (wasOpen && row.open > 0) row.open -= 1
    const edge = edgeIn(run, record)
    if (record.decision === 'deny' && wasOpen) row.calls -= 1
    if (edge && record.decision === 'deny' && wasOpen) edge.calls -= 1
    if (record.decision === 'deny') row.refused += 1
    else if (!wasOpen) row.calls += 1
    if (edge && record.decision === 'deny') edge.refused += 1
    else if (edge && !wasOpen) edge.calls += 1
    if (record.decision === 'allow') row.depth_max = Math.max(row.depth_max, record.depth)
    row.tokens += spent.tokens
    row.cost_micros += spent.cost_micros
    row.unpriced += spent.unpriced ?? 0
    if (edge) {
      edge.tokens += spent.tokens
      edge.cost_micros += spent.cost_micros
    }
    this.#keep(run, settledHop(record, seq))
  }

  #keep(run: Growing, hop: HopRow): void {
    if (this.#keepsHops && (run.hops.size < storyHops_max || run.hops.has(hop.id))) run.hops.set(hop.id, hop)
  }
}

function runOf(entry: LedgerEntry): RunId | null {
  return entry.kind === 'run' || entry.kind === 'intent' || entry.kind === 'call' ? entry.run : null
}

function newRow(id: RunId, seq: number, entry: LedgerEntry): Changing<RunRow> {
  const said = entry.kind === 'run' ? { root: entry.root, person: entry.human, ends_at: entry.ends_at } : null
  const guess = entry.kind === 'intent' || entry.kind === 'call' ? entry.agent : null
  return {
    id,
    state: 'active',
    root: said?.root ?? guess ?? ('agent:unknown' as AgentId),
    person: said?.person ?? null,
    started_at: entry.ts,
    last_at: entry.ts,
    ends_at: said?.ends_at ?? entry.ts,
    calls: 0,
    refused: 0,
    open: 0,
    depth_max: 0,
    tokens: 0,
    cost_micros: 0,
    unpriced: 0,
    held_micros: 0,
    halt: null,
    seq_first: seq,
    seq_last: seq,
  }
}

function takeRun(row: Changing<RunRow>, { event, root, human, ends_at, code, reason, actor, ts }: RunEntry): void {
  Object.assign(row, { root, person: human, ends_at })
  if (event === 'halted') {
    row.halt ??= { code: code ?? 'operator', reason: reason ?? '', actor: actor ?? 'weir', at: ts }
    row.state = 'halted'
  }
  if (event === 'ended' && row.state === 'active') row.state = 'ended'
}

function rowOf({ row, held }: Growing): RunRow {
  let held_micros = 0
  for (const micros of held.values()) held_micros += micros
  return { ...row, held_micros }
}

function edgeIn(run: Growing, entry: CallRecord | IntentEntry): Changing<EdgeRow> | null {
  const { agent, target, depth, ts } = entry
  if (agent === null) return null
  const key = `${agent}>${target}`
  const known = run.edges.get(key)
  if (known) {
    known.depth_min = Math.min(known.depth_min, depth)
    known.depth_max = Math.max(known.depth_max, depth)
    known.first_at = Math.min(known.first_at, ts)
    known.last_at = Math.max(known.last_at, ts)
    return known
  }
  const counts = { calls: 0, refused: 0, tokens: 0, cost_micros: 0 }
  const edge = { from: agent, to: target, ...counts, depth_min: depth, depth_max: depth, first_at: ts, last_at: ts }
  run.edges.set(key, edge)
  return edge
}

const nothingYet = { code: null, rule: null, pol_hash: null, fault: null, detail: null } as const

/** Of a call that is under way only its intent is known. */
function openHop({ rid, run, human, agent, target, depth, ts, reserved }: IntentEntry, seq: number): HopRow {
  return {
    seq,
    id: rid,
    run,
    parent: null,
    origin: null,
    agent,
    person: human ?? null,
    target,
    method: '',
    dialect: null,
    depth,
    at: ts,
    decision: 'allow',
    status: 'open',
    ...nothingYet,
    policies: [],
    shadow: [],
    tokens: 0,
    cost_micros: 0,
    ...(reserved.cost_micros > 0 && { held_micros: reserved.cost_micros }),
    unpriced: 0,
    ms: 0,
    upstream_ms: 0,
  }
}
