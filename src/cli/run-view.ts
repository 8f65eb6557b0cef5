/** A run as text: who started it, where it loops, what it cost, why it stopped. The four questions of an operator. */
import type { Cycle } from '../domain/run-graph.ts'
import { formatMicros } from '../domain/spend.ts'
import { committedWords, type RunDetail, type RunSummary } from './admin-api.ts'
import { type Paint, type Tone, visible } from './paint.ts'
import { type Column, table } from './table.ts'
import { formatCount, formatDuration, formatTime } from './units.ts'

const toneOfState: Readonly<Record<RunSummary['state'], Tone>> = { active: 'good', halted: 'bad', ended: 'quiet' }

const edgeColumns: readonly Column[] = [
  { title: 'FROM' },
  { title: 'TO' },
  { title: 'CALLS', align: 'right' },
  { title: 'REFUSED', align: 'right' },
  { title: 'DEPTH', align: 'right' },
  { title: 'TOKENS', align: 'right' },
  { title: 'COST', align: 'right' },
]

/** Everything about one run on one page. */
export function runPage(run: RunDetail, paint: Paint, now: number): string {
  const facts: readonly (readonly [string, string] | null)[] = [
    ['started', `${formatTime(run.started_at)} by ${startedBy(run)}`],
    ...run.cycles.map((cycle): readonly [string, string] => ['loop', loopLine(run, cycle, paint)]),
    run.halt && [
      'halted',
      `${run.halt.code}: ${visible(run.halt.reason)}   by ${visible(run.halt.actor)} at ${formatTime(run.halt.at)}`,
    ],
    run.shadow.length > 0 ? ['shadow', `would have been refused by ${run.shadow.map(visible).join(', ')}`] : null,
    run.taint === 'none' ? null : ['taint', paint('warn', visible(run.taint))],
    ['left', budgetLine(run)],
  ]
  const lines = facts.filter((fact) => fact !== null).map(([name, text]) => `${name.padEnd(9)} ${text}\n`)
  return `${headline(run, paint, now)}\n${lines.join('')}\n${edgesTable(run)}`
}

function headline(run: RunDetail, paint: Paint, now: number): string {
  return [
    paint('strong', run.id),
    paint(toneOfState[run.state], run.state.toUpperCase()),
    formatDuration(endOf(run, now) - run.started_at),
    committedWords(run),
    `${formatCount(run.calls)} hops`,
    ...(run.refused > 0 ? [`${formatCount(run.refused)} refused`] : []),
    ...(run.open > 0 ? [`${formatCount(run.open)} open`] : []),
    `max depth ${run.depth_max}`,
  ].join('   ')
}

function startedBy(run: RunSummary): string {
  return visible(run.person === null ? run.root : `${run.root} for ${run.person}`)
}

function loopLine(run: RunDetail, cycle: Cycle, paint: Paint): string {
  const edge = run.edges.find((edge) => edge.from === cycle.from && edge.to === cycle.to)
  const laps = `${formatCount(cycle.lap)} ${cycle.lap === 1 ? 'lap' : 'laps'}`
  const place = paint('warn', visible(`${cycle.from} → ${cycle.to}`))
  return `${place}   first at depth ${cycle.depth}   ${laps}   ${formatMicros(edge?.cost_micros ?? 0)}`
}

function budgetLine(run: RunSummary): string {
  const { tokens, cost_micros } = run.left
  const cost = cost_micros === null ? 'no cost limit' : formatMicros(cost_micros)
  return `${cost}, ${tokens === null ? 'no token limit' : `${formatCount(tokens)} tokens`}`
}

function edgesTable(run: RunDetail): string {
  const rows = run.edges.map((edge) => [
    visible(edge.from),
    visible(edge.to),
    formatCount(edge.calls),
    formatCount(edge.refused),
    edge.depth_min === edge.depth_max ? String(edge.depth_min) : `${edge.depth_min}-${edge.depth_max}`,
    formatCount(edge.tokens),
    formatMicros(edge.cost_micros),
  ])
  return rows.length === 0 ? 'No calls were admitted.\n' : table(edgeColumns, rows)
}

/** When the run stopped spending: its halt, its last hop if it has ended, or now. */
function endOf(run: RunDetail, now: number): number {
  if (run.halt) return run.halt.at
  return run.state === 'active' ? now : (run.hops.at(-1)?.at ?? run.started_at)
}
