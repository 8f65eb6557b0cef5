/** What work cost as a page. A cost that nobody knows is never shown as one of zero. */
import type { CostDimension, CostReport, CostSums } from '../domain/cost.ts'
import { formatCost, formatMicros } from '../domain/spend.ts'
import { visible } from './paint.ts'
import { table } from './table.ts'
import { formatCount, formatTime } from './units.ts'

const nobody: Readonly<Record<CostDimension, string>> = {
  agent: 'no known agent',
  team: 'no team',
  person: 'nobody',
  model: 'no model',
  tool: 'no tool',
  run: 'no run',
}

export function costPage({ by, since, run, rows, total }: CostReport): string {
  const what = [run === null ? '' : ` in ${run}`, since === null ? '' : ` since ${formatTime(since)}`].join('')
  if (rows.length === 0) return `Nothing was spent by any ${by}${what}.\n`
  const columns = [
    { title: by.toUpperCase() },
    ...['CALLS', 'TOKENS', 'COST'].map((title) => ({ title, align: 'right' as const })),
    { title: 'NOTES' },
  ]
  const lines = rows.map((row) => [row.key === null ? nobody[by] : visible(row.key), ...cellsOf(row)])
  return table(columns, [...lines, [`all${what}`, ...cellsOf(total)]])
}

function cellsOf(sums: CostSums): readonly string[] {
  return [formatCount(sums.calls), formatCount(sums.tokens), formatCost(sums.cost_micros, sums.unpriced), notesOf(sums)]
}

function notesOf({ delivered, reserved, open, held_micros }: CostSums): string {
  const notes: readonly (readonly [number, string])[] = [
    [delivered, `${callsOf(delivered)} cut, settled by what was delivered`],
    [reserved, `${callsOf(reserved)} unheard of, settled by what was reserved`],
    [open, `${callsOf(open)} without an end, holding ${formatMicros(held_micros)}`],
  ]
  return notes.flatMap(([count, note]) => (count > 0 ? [note] : [])).join('; ')
}

function callsOf(count: number): string {
  return count === 1 ? '1 call' : `${formatCount(count)} calls`
}
