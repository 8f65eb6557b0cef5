/** What another policy set would open and close: exactly the edges that change, and whether any of them widens. */
import type { Conditions, Edge } from './surface.ts'

/**
 * `added` and `removed`: an edge that could not be open before, or can be no more. `wider` and `narrower`: open under more or
 * fewer conditions. `changed`: under others, of which nobody can say whether they are more, so it counts as wider.
 */
export type EdgeChange = 'added' | 'removed' | 'wider' | 'narrower' | 'changed'

export interface ChangedEdge extends Pick<Edge, 'from' | 'to' | 'action'> {
  readonly change: EdgeChange
  /** Policies that may permit it, before and after. */
  readonly before: readonly string[]
  readonly after: readonly string[]
}

export interface PolicyDiff {
  readonly schema: 'weir.policy-diff/v1'
  readonly before: string
  readonly after: string
  readonly edges: readonly ChangedEdge[]
  readonly widens: boolean
}

const widening: ReadonlySet<EdgeChange> = new Set(['added', 'wider', 'changed'])

interface Side {
  readonly hash: string
  readonly edges: readonly Edge[]
}

export function diffOf(before: Side, after: Side): PolicyDiff {
  const [old, now] = [before, after].map(({ edges }) => new Map(edges.map((edge) => [keyOf(edge), edge]))) as [
    Map<string, Edge>,
    Map<string, Edge>,
  ]
  const keys = [...new Set([...old.keys(), ...now.keys()])]
  const edges = keys.flatMap((key) => changeOf(old.get(key) ?? null, now.get(key) ?? null) ?? [])
  const widens = edges.some(({ change }) => widening.has(change))
  return { schema: 'weir.policy-diff/v1', before: before.hash, after: after.hash, edges, widens }
}

function changeOf(old: Edge | null, now: Edge | null): ChangedEdge | null {
  const edge = now ?? old
  if (!edge) return null
  const { from, to, action } = edge
  const change = old === null ? 'added' : now === null ? 'removed' : between(old, now)
  return change && { from, to, action, change, before: old?.permits ?? [], after: now?.permits ?? [] }
}

function between(old: Edge, now: Edge): EdgeChange | null {
  if (old.certain && now.certain) return null
  if (old.certain !== now.certain) return now.certain ? 'wider' : 'narrower'
  const [grows, shrinks] = [covers(now.when, old.when), covers(old.when, now.when)]
  if (grows && shrinks) return null
  return grows ? 'wider' : shrinks ? 'narrower' : 'changed'
}

/** Whether the one is open wherever the other is, as far as their conditions are the same by their words. */
function covers(more: Conditions, less: Conditions): boolean {
  const permits = more.permits.has('true') || isSubset(less.permits, more.permits)
  return permits && isSubset(more.forbids, less.forbids)
}

function isSubset(part: ReadonlySet<string>, whole: ReadonlySet<string>): boolean {
  return [...part].every((text) => whole.has(text))
}

function keyOf({ from, to, action }: Edge): string {
  return `${action} ${from} ${to}`
}
