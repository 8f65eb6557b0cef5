/** `weir runs tree`: the calls of a run with its loops folded, one line a call. */
import { formatCost, formatMicros } from '../../domain/spend.ts'
import type { FoldedTree, FoldLine, HopLine, Range } from '../../domain/story/folded-tree.ts'
import { type Paint, type Tone, visible } from '../paint.ts'
import { formatCount, formatDuration } from '../units.ts'
import { count, edgeWords } from './words.ts'

/** Deeper calls stand no further to the right: their depth is in front of them anyway. */
const indent_max = 24

const tones: readonly (readonly [beginning: string, tone: Tone])[] = [
  ['answered', 'quiet'],
  ['open', 'good'],
  ['refused', 'bad'],
  ['halted', 'bad'],
]

/** `limit`: lines of it; 0 for all. */
export function treePage({ rows, run, complete }: FoldedTree, paint: Paint, limit: number): string {
  if (rows.length === 0) return 'No calls are kept of this run.\n'
  const shown = limit === 0 ? rows : rows.slice(0, limit)
  const width = String(Math.max(...shown.map((row) => (row.kind === 'hop' ? row.hop.number : 0)))).length
  const depthWidth = String(run.depth_max).length + 1
  const margin = (number: string, depth: string): string =>
    paint('quiet', `${number.padStart(width)} ${depth.padEnd(depthWidth)}`)
  const lines = shown.map((row) =>
    row.kind === 'hop'
      ? `${margin(String(row.hop.number), `d${row.hop.depth}`)} ${indent(row.level)}${hopWords(row, paint)}`
      : `${margin('', '')} ${indent(row.level)}${foldWords(row, paint)}`,
  )
  const rest = rows.length - shown.length
  const notes = [
    ...(rest > 0 ? [`… ${count(rest, 'more line')}; all of them: weir runs tree ${run.id} --limit 0`] : []),
    ...(complete ? [] : [paint('warn', 'Not all calls of this run are kept: some stand at the left edge.')]),
  ]
  return [...lines, ...notes].map((line) => `${line}\n`).join('')
}

function indent(level: number): string {
  return '  '.repeat(Math.min(level, indent_max))
}

function hopWords(row: HopLine, paint: Paint): string {
  const tone = tones.find(([beginning]) => row.result.startsWith(beginning))?.[1] ?? 'warn'
  const rule = row.rule === null ? '' : ` (${visible(row.rule)})`
  const below = row.below.cost_micros > row.cost_micros ? `, ${formatMicros(row.below.cost_micros)} with all below` : ''
  const cost =
    row.cost_micros > 0 || row.unpriced > 0 || below !== ''
      ? `  ${formatCost(row.cost_micros, row.unpriced)}${below}`
      : ''
  return `${edgeWords(row)}  ${paint(tone, visible(row.result + rule))}${cost}`
}

function foldWords(row: FoldLine, paint: Paint): string {
  const { laps, hops, cost_micros, lap_micros, lap_ms } = row
  const laps_ = paint('warn', `⋮ laps × ${formatCount(laps)}`)
  const parts = [
    count(hops, 'hop'),
    formatMicros(cost_micros),
    `${range(lap_micros, formatMicros)} a lap`,
    ...(laps > 1 ? [`one every ${range(lap_ms, formatDuration)}`] : []),
  ]
  const changed = row.changed.map(({ to, result, hops }) => `${visible(to)} ${visible(result)} × ${formatCount(hops)}`)
  return `${laps_}  ${parts.join(', ')}${changed.length === 0 ? '' : paint('quiet', `   ${changed.join(', ')}`)}`
}

function range({ min, max }: Range, format: (value: number) => string): string {
  const [least, most] = [format(min), format(max)]
  return least === most ? least : `${least} to ${most}`
}
