/** A run that looped and was halted, for the tests that show one. */
import type { HopView, RunDetail } from '../../../src/cli/admin-api.ts'

export const now = 1_800_000_010_000

export function sampleHop(at: number, hop: Partial<HopView> = {}): HopView {
  const parent = at > 1 ? `hop_${at - 1}` : null
  const [from, to] = at % 2 === 0 ? ['agent:orchestrator', 'agent:research'] : ['agent:research', 'agent:orchestrator']
  const edge = { from: at === 1 ? 'agent:console' : from, to, depth: at }
  const outcome = {
    state: 'answered' as const,
    code: null,
    rule: null,
    cost_micros: 20_000,
    at: 1_800_000_000_000 + at,
  }
  return { id: `hop_${at}`, parent, ...edge, ...outcome, ...hop }
}

export function sampleRun(changes: Partial<RunDetail> = {}): RunDetail {
  return {
    schema: 'weir.run/v1',
    id: 'run_01',
    state: 'halted',
    root: 'agent:console',
    person: 'user:tomas',
    started_at: 1_800_000_000_000,
    ends_at: 1_800_000_600_000,
    calls: 5,
    refused: 1,
    open: 0,
    depth_max: 5,
    laps: 2,
    spent: { tokens: 6000, cost_micros: 130_000 },
    reserved: { tokens: 0, cost_micros: 0 },
    left: { tokens: null, cost_micros: 4_870_000 },
    shadow: ['run.calls_max'],
    halt: { code: 'depth_exceeded', reason: 'depth 6 of 5', actor: 'weir', at: 1_800_000_001_200, hop: 'hop_6' },
    taint: 'external',
    edges: [
      {
        from: 'agent:research' as RunDetail['edges'][number]['from'],
        to: 'agent:orchestrator',
        calls: 2,
        refused: 0,
        tokens: 2400,
        cost_micros: 60_000,
        depth_min: 3,
        depth_max: 5,
      },
    ],
    cycles: [
      {
        from: 'agent:research' as RunDetail['cycles'][number]['from'],
        to: 'agent:orchestrator',
        depth: 3,
        lap: 2,
        path: ['agent:orchestrator', 'agent:research'],
      },
    ],
    hops: [1, 2, 3, 4, 5].map((at) => sampleHop(at)),
    ...changes,
  }
}
