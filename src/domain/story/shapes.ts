/** What the parts of a tree look like, as numbers: equal where the same was called in the same order, whatever it cost. */
import type { Plot } from './plot.ts'

export interface Shapes {
  /** Place of each hop in the preorder, and how many hops its subtree has with itself. */
  readonly place: Int32Array
  readonly size: Int32Array
  /** The call that set off more than all its others together; -1 where no call did. */
  readonly spine: Int32Array
  /** Of the whole subtree. */
  readonly shape: Float64Array
  /** Of the hop and of all it called beside its spine. */
  readonly spineShape: Float64Array
}

const spread_max = 2 ** 48

/** Order matters here, so that asking before searching differs from searching before asking. */
function mix(shape: number, more: number): number {
  const low = (Math.imul((shape >>> 0) ^ (more >>> 0), 0x9e3779b1) >>> 0) * 32_749
  const high = Math.floor(shape / 4_294_967_296) * 31 + Math.floor(more / 4_294_967_296) * 17
  return (low + high * 65_537 + (more % 8191) * 131_071) % spread_max
}

/** Stands between what was called before the spine went on and what was called after; not where there was nothing after, so
 * that the end of a spine looks like what is above it. */
const onSpine = 7_654_321

export function shapesOf(plot: Plot): Shapes {
  const { hops, preorder, parent, firstChild, nextSibling, edge } = plot
  const count = hops.length
  const place = new Int32Array(count)
  const size = new Int32Array(count).fill(1)
  const spine = new Int32Array(count).fill(-1)
  const shape = new Float64Array(count)
  const spineShape = new Float64Array(count)
  preorder.forEach((at, nth) => {
    place[at] = nth
  })
  // Backwards, so that everything below a hop is known before it is.
  for (let nth = count - 1; nth >= 0; nth -= 1) {
    const at = preorder[nth] ?? 0
    const own = (edge[at] ?? 0) * 2 + (hops[at]?.decision === 'deny' ? 1 : 0) + 1
    let [whole, beside] = [own, own]
    let passed = false
    const all = (size[at] ?? 1) - 1
    for (let child = firstChild[at] ?? -1; child >= 0; child = nextSibling[child] ?? -1) {
      const isSpine = (size[child] ?? 0) * 2 > all
      whole = mix(whole, shape[child] ?? 0)
      if (isSpine) spine[at] = child
      else beside = mix(passed ? mix(beside, onSpine) : beside, shape[child] ?? 0)
      passed = isSpine
    }
    shape[at] = whole
    spineShape[at] = beside
    const above = parent[at] ?? -1
    if (above >= 0) size[above] = (size[above] ?? 1) + (size[at] ?? 1)
  }
  return { place, size, spine, shape, spineShape }
}
