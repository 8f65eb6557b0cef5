/** The edge by which a run went round in circles, and the policy and the limit that would have cut it there. */
import { type AgentId, type HopId, isAgentId, type RunId, slugOf } from '../../domain/ids.ts'
import type { CallRecord } from '../../domain/record.ts'
import { formatMicros, type Spend } from '../../domain/spend.ts'
import { resourceText } from './suggest.ts'

export interface LoopCut {
  readonly schema: 'weir.policy-cut/v1'
  readonly run: RunId
  readonly from: AgentId
  readonly to: AgentId
  /** Calls by which the edge closed a cycle, the first of them, and where it stood. */
  readonly count: number
  readonly hop: HopId
  readonly depth: number
  /** What was spent by those calls and everything below them. */
  readonly saved: Spend
  readonly text: string
}

type Found = { from: AgentId; to: AgentId; count: number; first: CallRecord; hops: Set<HopId> }

/** Null where no call of the run went back to an agent that was waiting for it. */
export function cutOf(run: RunId, calls: readonly CallRecord[]): LoopCut | null {
  const found = new Map<string, Found>()
  for (const call of calls.toSorted((a, b) => a.ts - b.ts)) {
    const { agent, target, chain } = call
    if (agent === null || call.decision !== 'allow' || !isAgentId(target) || !chain.includes(target)) continue
    const key = `${agent} ${target}`
    const known = found.get(key)
    if (known) {
      known.count += 1
      known.hops.add(call.rid)
    } else found.set(key, { from: agent, to: target, count: 1, first: call, hops: new Set([call.rid]) })
  }
  const measured = [...found.values()].map((each) => ({ ...each, saved: spentBelow(calls, each.hops) }))
  const [worst] = measured.toSorted(
    (a, b) => b.saved.cost_micros - a.saved.cost_micros || b.saved.tokens - a.saved.tokens || b.count - a.count,
  )
  if (!worst) return null
  const { from, to, count, first, saved } = worst
  const cut = { run, from, to, count, hop: first.rid, depth: first.depth, saved }
  return { schema: 'weir.policy-cut/v1', ...cut, text: textOf(cut) }
}

/** What those calls and everything they set in motion came to. */
function spentBelow(calls: readonly CallRecord[], hops: ReadonlySet<HopId>): Spend {
  const children = Map.groupBy(calls, ({ parent_rid }) => parent_rid)
  const seen = new Set<HopId>()
  const waiting = calls.filter(({ rid }) => hops.has(rid))
  let [tokens, cost_micros] = [0, 0]
  for (let call = waiting.pop(); call; call = waiting.pop()) {
    if (seen.has(call.rid)) continue
    seen.add(call.rid)
    tokens += call.outcome.spent.tokens
    cost_micros += call.outcome.spent.cost_micros
    waiting.push(...(children.get(call.rid) ?? []))
  }
  return { tokens, cost_micros }
}

function textOf({ run, from, to, count, hop, depth, saved }: Omit<LoopCut, 'schema' | 'text'>): string {
  const often = count === 1 ? 'once' : `${count} times`
  return `// In ${run}, ${from} called ${to} back ${often} while it was waiting for it, first with
// ${hop} at depth ${depth}. Cut there, ${formatMicros(saved.cost_micros)} and ${saved.tokens} tokens would not have been spent.
@id("cut.${slugOf(from)}.${slugOf(to)}")
forbid(
  principal == ${resourceText(from)},
  action == Weir::Action::"invoke",
  resource == ${resourceText(to)}
);

// Or for every loop, in the configuration:
//   limits: { run: { laps_max: { max: 0, mode: enforce } } }
`
}
