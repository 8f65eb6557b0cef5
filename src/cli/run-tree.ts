/** The calls of a run as a tree in which a loop is folded: its first lap, how many there were, its last lap. */
import { formatMicros } from '../domain/spend.ts'
import type { HopView } from './admin-api.ts'
import { foldLaps } from './fold.ts'
import { type Paint, type Tone, visible } from './paint.ts'

const toneOfHop: Readonly<Record<HopView['state'], Tone>> = {
  open: 'good',
  answered: 'quiet',
  failed: 'warn',
  refused: 'bad',
  halted: 'bad',
}

/** The tree, one line a hop. Hops whose parent is not among them stand at the left edge. */
export function runTree(hops: readonly HopView[], paint: Paint): string {
  const known = new Set(hops.map((hop) => hop.id))
  const children = Map.groupBy(hops, (hop) => (hop.parent !== null && known.has(hop.parent) ? hop.parent : ''))
  const lines: string[] = []
  const walk = (siblings: readonly HopView[], level: number): void => {
    const leaves = (hop: HopView): string => (children.has(hop.id) ? hop.id : `${keyOf(hop)} ${hop.state}`)
    for (const stretch of foldLaps(siblings, leaves)) {
      if (stretch.kind === 'folded') lines.push(foldLine(stretch.laps, level, paint))
      else for (const hop of stretch.items) walkChain(hop, level)
    }
  }
  /** A chain in which every hop has one child is where a nested loop lives. */
  const walkChain = (first: HopView, from: number): void => {
    const chain = chainFrom(first, children)
    let level = from
    for (const stretch of foldLaps(chain, keyOf)) {
      if (stretch.kind === 'folded') lines.push(foldLine(stretch.laps, level++, paint))
      else for (const hop of stretch.items) lines.push(hopLine(hop, level++, paint))
    }
    walk(children.get(chain.at(-1)?.id ?? '') ?? [], level)
  }
  walk(children.get('') ?? [], 0)
  return lines.length === 0 ? 'No calls yet.\n' : lines.join('')
}

function keyOf(hop: HopView): string {
  return `${hop.from} → ${hop.to}`
}

/** The hop and its only child and its only child, as far as that goes. */
function chainFrom(first: HopView, children: ReadonlyMap<string, readonly HopView[]>): readonly HopView[] {
  const chain = [first]
  for (let hop: HopView | undefined = first; hop !== undefined;) {
    const next: readonly HopView[] = children.get(hop.id) ?? []
    hop = next.length === 1 ? next[0] : undefined
    if (hop) chain.push(hop)
  }
  return chain
}

function hopLine(hop: HopView, level: number, paint: Paint): string {
  const state = hop.code === null ? hop.state : `${hop.state} ${hop.code}`
  const rule = hop.rule === null ? '' : ` (${hop.rule})`
  const cost = hop.cost_micros > 0 ? `  ${formatMicros(hop.cost_micros)}` : ''
  return `${'  '.repeat(level)}${visible(keyOf(hop))}  ${paint(toneOfHop[hop.state], visible(state + rule))}${cost}\n`
}

function foldLine(laps: number, level: number, paint: Paint): string {
  return `${'  '.repeat(level)}${paint('warn', `⋮ laps × ${laps}`)}\n`
}
