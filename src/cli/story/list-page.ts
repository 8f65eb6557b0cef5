/** `weir runs ls` and `weir runs show`: rows of runs, and one run with its edges and its last calls. */
import { formatCost, formatMicros } from '../../domain/spend.ts'
import { resultOf } from '../../domain/story/result.ts'
import type { RunRow, RunStory } from '../../domain/story.ts'
import { type Paint, visible } from '../paint.ts'
import { type Column, table } from '../table.ts'
import { formatCount, formatDuration, formatTime } from '../units.ts'
import {
  count,
  depths,
  edgeWords,
  type Fact,
  factLines,
  headline,
  lasted,
  runCost,
  startedBy,
  stateWords,
} from './words.ts'

function columnsOf(left: readonly string[], right: readonly string[], last: readonly string[] = []): readonly Column[] {
  const align = (titles: readonly string[], align: 'left' | 'right'): readonly Column[] =>
    titles.map((title) => ({ title, align }))
  return [...align(left, 'left'), ...align(right, 'right'), ...align(last, 'left')]
}

export function runsPage(rows: readonly RunRow[], paint: Paint, now: number): string {
  if (rows.length === 0) return 'No runs.\n'
  const columns = columnsOf(
    ['RUN', 'STATE'],
    ['AGE', 'LASTED', 'HOPS', 'REFUSED', 'DEPTH', 'COST'],
    ['STARTED BY', 'HALTED'],
  )
  return table(
    columns,
    rows.map((run) => [
      run.id,
      stateWords(run, paint),
      formatDuration(now - run.started_at),
      lasted(run, now),
      formatCount(run.calls),
      formatCount(run.refused),
      formatCount(run.depth_max),
      runCost(run),
      startedBy(run),
      run.halt === null ? '' : visible(run.halt.code),
    ]),
  )
}

/** `limit`: its last calls; 0 for all. */
export function runStoryPage(
  story: RunStory,
  paint: Paint,
  options: { readonly now: number; readonly limit: number },
): string {
  const { run, hops, complete } = story
  const calls_all = run.calls + run.refused
  const facts: readonly (Fact | null)[] = [
    ['started', `${formatTime(run.started_at)} by ${startedBy(run)}`],
    run.halt && [
      'halted',
      `${visible(run.halt.code)}: ${visible(run.halt.reason)}   by ${visible(run.halt.actor)} at ${formatTime(run.halt.at)}`,
    ],
    run.state === 'active' ? ['ends', `${formatTime(run.ends_at)} at the latest`] : null,
    complete ? null : ['missing', paint('warn', 'older calls of it are kept no longer')],
    ['more', `weir runs explain ${run.id}   weir runs tree ${run.id}`],
  ]
  const byTime = hops.toSorted((a, b) => a.at - b.at || a.depth - b.depth || a.seq - b.seq)
  const shown = options.limit === 0 ? byTime : byTime.slice(-options.limit)
  const title =
    shown.length < calls_all ? `\nThe last ${formatCount(shown.length)} of ${count(calls_all, 'call')}:\n` : '\n'
  const calls = shown.length === 0 ? '' : `${title}${hopsTable(shown, paint)}`
  return `${headline(run, paint, options.now)}\n${factLines(facts, paint)}\n${edgesTable(story)}${calls}`
}

function edgesTable({ edges }: RunStory): string {
  if (edges.length === 0) return 'No calls were admitted.\n'
  const columns = columnsOf(['FROM', 'TO'], ['CALLS', 'REFUSED', 'DEPTH', 'TOKENS', 'COST'])
  return table(
    columns,
    edges.map((edge) => [
      visible(edge.from),
      visible(edge.to),
      formatCount(edge.calls),
      formatCount(edge.refused),
      depths(edge),
      formatCount(edge.tokens),
      formatMicros(edge.cost_micros),
    ]),
  )
}

function hopsTable(hops: RunStory['hops'], paint: Paint): string {
  const columns = columnsOf(['AT', 'HOP', 'CALL', 'RESULT'], ['DEPTH', 'TOOK', 'COST'], ['RULE'])
  return table(
    columns,
    hops.map((hop) => [
      formatTime(hop.at).slice(11),
      hop.id,
      edgeWords({ from: hop.agent ?? 'nobody known', to: hop.target }),
      hop.decision === 'deny' ? paint('bad', visible(resultOf(hop))) : visible(resultOf(hop)),
      formatCount(hop.depth),
      formatDuration(hop.ms),
      formatCost(hop.cost_micros + (hop.held_micros ?? 0), hop.unpriced),
      visible(hop.rule ?? hop.policies.join(', ')),
    ]),
  )
}
