/** Stories of runs made by hand: hops in short form, everything else derived as the index derives it. */
import type { AgentId, HopId, PersonId, RunId } from '../../src/domain/ids.ts'
import type { EdgeRow, HopRow, RunRow, RunStory } from '../../src/domain/story.ts'

export const storyRun = `run_${'0'.repeat(31)}1` as RunId
/** When made-up runs begin: 2026-11-28T02:00:14Z. */
export const startedAt = Date.parse('2026-11-28T02:00:14Z')

export interface HopSketch extends Partial<Omit<HopRow, 'id' | 'parent' | 'agent' | 'target'>> {
  /** Number of the hop it was called from; 0 for none. */
  readonly in: number
  readonly from: string
  readonly to: string
}

export function hopId(number: number): HopId {
  return `hop_${number.toString(16).padStart(16, '0')}` as HopId
}

/** Hops in the order in which they began, a tenth of a second apart; the ledger has them in the order of their ends. */
export function storyOfSketch(sketches: readonly HopSketch[], run: Partial<RunRow> = {}): RunStory {
  const depths: number[] = []
  const hops = sketches.map(({ in: parent, from, to, ...more }, at): HopRow => {
    const depth = (depths[parent - 1] ?? 0) + 1
    depths.push(depth)
    const refused = more.decision === 'deny'
    return {
      seq: 1000 + sketches.length - at,
      id: hopId(at + 1),
      run: storyRun,
      parent: parent === 0 ? null : hopId(parent),
      origin: parent === 0 ? 'new' : 'token',
      agent: `agent:${from}` as AgentId,
      person: 'user:tomas' as PersonId,
      target: to.includes(':') ? to : `agent:${to}`,
      method: to.startsWith('tool:') ? 'tools/call' : 'SendMessage',
      dialect: 'a2a-1.0-jsonrpc',
      depth,
      at: startedAt + at * 100,
      decision: 'allow',
      status: refused ? 'refused' : 'answered',
      code: null,
      rule: null,
      policies: refused ? [] : [`may-call.${to}`],
      pol_hash: 'ab'.repeat(32),
      shadow: [],
      fault: null,
      detail: null,
      tokens: refused ? 0 : 100,
      cost_micros: refused ? 0 : 20_000,
      unpriced: 0,
      ms: 50,
      upstream_ms: 40,
      ...more,
    }
  })
  return storyOfHops(hops, run)
}

export function storyOfHops(hops: readonly HopRow[], run: Partial<RunRow> = {}): RunStory {
  const admitted = hops.filter(({ decision }) => decision === 'allow')
  const sum = (of: (hop: HopRow) => number): number => hops.reduce((total, hop) => total + of(hop), 0)
  const row: RunRow = {
    id: storyRun,
    state: 'ended',
    root: hops[0]?.agent ?? ('agent:app' as AgentId),
    person: 'user:tomas' as PersonId,
    started_at: startedAt,
    last_at: startedAt + hops.length * 100,
    ends_at: startedAt + 600_000,
    calls: admitted.length,
    refused: hops.length - admitted.length,
    open: hops.filter(({ status }) => status === 'open').length,
    depth_max: admitted.reduce((most, { depth }) => Math.max(most, depth), 0),
    tokens: sum(({ tokens }) => tokens),
    cost_micros: sum(({ cost_micros }) => cost_micros),
    unpriced: sum(({ unpriced }) => unpriced),
    held_micros: 0,
    halt: null,
    seq_first: 1000,
    seq_last: 1001 + hops.length,
    ...run,
  }
  return { run: row, hops: hops.toReversed(), edges: edgesOf(hops), complete: true }
}

function edgesOf(hops: readonly HopRow[]): readonly EdgeRow[] {
  const edges = new Map<string, { -readonly [Name in keyof EdgeRow]: EdgeRow[Name] }>()
  for (const hop of hops) {
    if (hop.agent === null) continue
    const key = `${hop.agent}>${hop.target}`
    const fresh = { calls: 0, refused: 0, tokens: 0, cost_micros: 0, depth_min: hop.depth, depth_max: hop.depth }
    const edge = edges.get(key) ?? { from: hop.agent, to: hop.target, ...fresh, first_at: hop.at, last_at: hop.at }
    if (hop.decision === 'allow') edge.calls += 1
    else edge.refused += 1
    edge.tokens += hop.tokens
    edge.cost_micros += hop.cost_micros
    edge.depth_max = Math.max(edge.depth_max, hop.depth)
    edge.last_at = hop.at
    edges.set(key, edge)
  }
  return [...edges.values()]
}

/** app calls orchestrator, which calls research, which searches in vain and asks orchestrator back, which calls research ... */
export function askingBack(laps: number, more: (lap: number) => Partial<HopSketch> = () => ({})): HopSketch[] {
  const hops: HopSketch[] = [
    { in: 0, from: 'app', to: 'orchestrator' },
    { in: 1, from: 'orchestrator', to: 'research' },
  ]
  for (let lap = 1; lap <= laps; lap += 1) {
    const research = hops.length
    hops.push({
      in: research,
      from: 'research',
      to: 'tool:web_search',
      status: 'failed',
      fault: 'bad_answer',
      cost_micros: 0,
    })
    hops.push({ in: research, from: 'research', to: 'orchestrator', ...more(lap) })
    hops.push({ in: research + 2, from: 'orchestrator', to: 'research' })
  }
  return hops
}
