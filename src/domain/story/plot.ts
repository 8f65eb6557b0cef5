/**
 * A story put in order, so that everything else is one pass over numbers: its hops by time, who called whom below whom, which
 * edge each took, and what each came to with all that it set off. Runs may be a hundred thousand hops deep, so nothing here
 * recurs, and what is missing or odd in a story (a parent that was dropped, hops that name each other) costs nothing but
 * its place in the tree.
 */
import type { ToldHop, ToldStory } from '../story.ts'

export interface PlotEdge {
  readonly from: string
  readonly to: string
}

export interface Plot {
  readonly story: ToldStory
  /** By time; the number of a hop, counted from 1, is its place in here. All indices below are places in here. */
  readonly hops: readonly ToldHop[]
  /** The hop it was called from; -1 where that is none, or not known. */
  readonly parent: Int32Array
  /** Of the first hop it called, and of the next one its caller called; -1 where there is none. */
  readonly firstChild: Int32Array
  readonly nextSibling: Int32Array
  /** Hops without a parent, by time. */
  readonly roots: readonly number[]
  /** Every hop after its parent, and everything below it before the next beside it. */
  readonly preorder: Int32Array
  /** Place of its edge among `edges`. */
  readonly edge: Int32Array
  readonly edges: readonly PlotEdge[]
  /** Hops below it and itself that were let through, and what they cost. */
  readonly calls: Int32Array
  readonly cost_micros: Float64Array
}

/** Who called where nobody was recognised. */
export const nobodyKnown = 'nobody known'

/** What a hop has cost, or holds while it is under way. */
export function costOfHop({ cost_micros, held_micros }: ToldHop): number {
  return cost_micros + (held_micros ?? 0)
}

/** What a run has cost and what its open calls hold: the number that grows while a loop is under way. */
export function costOfRun({ run }: ToldStory): number {
  return run.cost_micros + run.held_micros
}

export function plotOf(story: ToldStory): Plot {
  const { hops, place } = byTime(story.hops)
  const links = linksOf(hops, place)
  const preorder = preorderOf(hops.length, links)
  const { calls, cost_micros } = sumsBelow(hops, links.parent, preorder)
  return { story, hops, ...links, preorder, ...edgesOf(hops), calls, cost_micros }
}

interface ByTime {
  readonly hops: readonly ToldHop[]
  /** By id. */
  readonly place: ReadonlyMap<string, number>
}

/** By time, then by depth, then as the ledger has them. */
function byTime(story: readonly ToldHop[]): ByTime {
  const hops = isByTime(story) ? story : story.toSorted(order)
  const place = new Map<string, number>()
  hops.forEach(({ id }, at) => place.set(id, at))
  return place.size === hops.length ? { hops, place } : byTime(singles(hops))
}

function order(a: ToldHop, b: ToldHop): number {
  return a.at - b.at || a.depth - b.depth
}

function isByTime(story: readonly ToldHop[]): boolean {
  return story.every((hop, at) => {
    const before = story[at - 1]
    return !before || order(before, hop) <= 0
  })
}

/** A hop that appears twice, as its intent and as its record, counts once: as its record. */
function singles(hops: readonly ToldHop[]): readonly ToldHop[] {
  const last = new Map<string, ToldHop>()
  for (const hop of hops) {
    const known = last.get(hop.id)
    if (!known || known.status === 'open') last.set(hop.id, hop)
  }
  return [...last.values()]
}

type Links = Pick<Plot, 'parent' | 'firstChild' | 'nextSibling' | 'roots'>

function linksOf(hops: readonly ToldHop[], place: ReadonlyMap<string, number>): Links {
  const parent = new Int32Array(hops.length).fill(-1)
  hops.forEach((hop, at) => {
    // Most are called from the hop before.
    const above = hop.parent === null ? undefined : hops[at - 1]?.id === hop.parent ? at - 1 : place.get(hop.parent)
    if (above !== undefined && above !== at) parent[at] = above
  })
  if (hops.some(isUnplaced)) placeOpen(hops, parent)
  unknot(parent)
  const firstChild = new Int32Array(hops.length).fill(-1)
  const nextSibling = new Int32Array(hops.length).fill(-1)
  const roots: number[] = []
  // Backwards, so that each list is by time.
  for (let at = hops.length - 1; at >= 0; at -= 1) {
    const above = parent[at] ?? -1
    if (above < 0) roots.push(at)
    else {
      nextSibling[at] = firstChild[above] ?? -1
      firstChild[above] = at
    }
  }
  return { parent, firstChild, nextSibling, roots: roots.toReversed() }
}

/** An intent does not say from which hop a call came; its record will. */
function isUnplaced({ status, parent, depth }: ToldHop): boolean {
  return status === 'open' && parent === null && depth > 1
}

/** Until then it came from the last call of its agent one step above, which is certain as long as there was only one. */
function placeOpen(hops: readonly ToldHop[], parent: Int32Array): void {
  const last = new Map<string, number>()
  hops.forEach((hop, at) => {
    if (isUnplaced(hop)) parent[at] = last.get(`${hop.depth - 1}>${hop.agent}`) ?? -1
    if (hop.decision === 'allow') last.set(`${hop.depth}>${hop.target}`, at)
  })
}

/** Hops that name each other as parents in a circle: no ledger of ours says so, but a story may come from anywhere. */
function unknot(parent: Int32Array): void {
  const seenBy = new Int32Array(parent.length).fill(-1)
  for (let start = 0; start < parent.length; start += 1) {
    let at = start
    while (at >= 0 && seenBy[at] === -1) {
      seenBy[at] = start
      const above = parent[at] ?? -1
      if (above >= 0 && seenBy[above] === start) parent[at] = -1
      at = parent[at] ?? -1
    }
  }
}

function preorderOf(count: number, { firstChild, nextSibling, roots, parent }: Links): Int32Array {
  const order = new Int32Array(count)
  let filled = 0
  for (const root of roots) {
    let at = root
    for (;;) {
      order[filled] = at
      filled += 1
      let next = firstChild[at] ?? -1
      while (next < 0 && at !== root) {
        next = nextSibling[at] ?? -1
        if (next < 0) at = parent[at] ?? root
      }
      if (next < 0) break
      at = next
    }
  }
  return order
}

function sumsBelow(
  hops: readonly ToldHop[],
  parent: Int32Array,
  preorder: Int32Array,
): Pick<Plot, 'calls' | 'cost_micros'> {
  const calls = new Int32Array(hops.length)
  const cost_micros = new Float64Array(hops.length)
  for (let place = preorder.length - 1; place >= 0; place -= 1) {
    const at = preorder[place] ?? 0
    const hop = hops[at]
    if (!hop) continue
    calls[at] = (calls[at] ?? 0) + (hop.decision === 'allow' ? 1 : 0)
    cost_micros[at] = (cost_micros[at] ?? 0) + costOfHop(hop)
    const above = parent[at] ?? -1
    if (above < 0) continue
    calls[above] = (calls[above] ?? 0) + (calls[at] ?? 0)
    cost_micros[above] = (cost_micros[above] ?? 0) + (cost_micros[at] ?? 0)
  }
  return { calls, cost_micros }
}

function edgesOf(hops: readonly ToldHop[]): Pick<Plot, 'edge' | 'edges'> {
  const edge = new Int32Array(hops.length)
  const edges: PlotEdge[] = []
  const known = new Map<string, Map<string, number>>()
  hops.forEach((hop, at) => {
    const from = hop.agent ?? nobodyKnown
    let targets = known.get(from)
    if (!targets) known.set(from, (targets = new Map<string, number>()))
    let place = targets.get(hop.target)
    if (place === undefined) {
      place = edges.push({ from, to: hop.target }) - 1
      targets.set(hop.target, place)
    }
    edge[at] = place
  })
  return { edge, edges }
}
