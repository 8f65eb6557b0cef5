/** What an act came to, as numbers for machines and as sentences for people. */
import { formatMicros } from '../../domain/spend.ts'
import type { Explanation } from '../../domain/story/explanation.ts'
import { committedMicros, type HopView } from '../admin-api.ts'
import { type Paint, visible } from '../paint.ts'
import { formatCount, formatDuration } from '../units.ts'
import type { Act } from './acts.ts'
import type { Played } from './play.ts'

export interface DemoReport {
  readonly schema: 'weir.demo/v1'
  readonly acts: readonly ActReport[]
  /** What `weir runs explain --json` says of the run of each act. */
  readonly explained: readonly Explanation[]
}

export interface ActReport {
  readonly act: number
  readonly laps: number
  readonly hops: number
  readonly depth_max: number
  readonly spend_micros: number
  readonly halted: boolean
  /** Of the halt, or the rule that refused. */
  readonly reason: string | null
  readonly edge: { readonly from: string; readonly to: string } | null
  /** 1 if the first call back from research to orchestrator was refused, 2 if the second was; null if none was. */
  readonly refused_at_hop: number | null
}

export function reportOf({ act, run }: Played): ActReport {
  const back = run.hops.filter((hop) => hop.from === 'agent:research' && hop.to === 'agent:orchestrator')
  const at = back.findIndex(isJudgement)
  const refused = back[at]
  const edge = run.cycles[0] ?? refused
  return {
    act: act.act,
    laps: run.laps,
    hops: run.calls,
    depth_max: run.depth_max,
    spend_micros: committedMicros(run),
    halted: run.state === 'halted',
    reason: run.halt?.reason ?? refused?.rule ?? null,
    edge: edge ? { from: edge.from, to: edge.to } : null,
    refused_at_hop: at === -1 ? null : at + 1,
  }
}

/** Refused on its own account, and not because the run had been halted already. */
function isJudgement(hop: HopView): boolean {
  return hop.state === 'refused' && hop.code !== 'run_halted'
}

const tellers: Readonly<Record<Act['endedBy'], (played: Played, paint: Paint) => string>> = {
  operator: tellRunaway,
  limit: tellAlert,
  policy: tellRefusal,
}

/** What happened, in a few lines for people. */
export function tell(played: Played, paint: Paint): string {
  return tellers[played.act.endedBy](played, paint)
}

const month_ms = 30 * 24 * 3_600_000

function tellRunaway({ run }: Played, paint: Paint): string {
  const lasted_ms = Math.max(1, (run.halt?.at ?? run.hops.at(-1)?.at ?? run.started_at) - run.started_at)
  const monthly = Math.round((committedMicros(run) / lasted_ms) * month_ms)
  const { from, to } = run.cycles[0] ?? { from: 'nobody', to: 'nobody' }
  return [
    `${formatCount(run.laps)} laps of ${from} → ${to} in ${formatDuration(lasted_ms)} cost ${formatMicros(committedMicros(run))}.`,
    `A month of this would cost ${paint('bad', formatDollars(monthly))}. Somebody happened to look and halted it.`,
    '',
  ].join('\n')
}

function tellAlert({ alert }: Played, paint: Paint): string {
  if (alert === null) return `${paint('bad', 'The run was not halted by its limit: no alert came.')}\n`
  const { run, edge } = alert
  const facts: readonly (readonly [string, string])[] = [
    ['alert', paint('bad', visible(alert.sentence))],
    ['started by', `${run.root} for ${run.person ?? 'nobody'}`],
    ['loop', edge ? `${edge.from} → ${edge.to}, depth ${edge.depth}, lap ${edge.lap}` : 'none'],
    ['cost', formatMicros(committedMicros(run))],
    ['rule', alert.rule ?? alert.code],
  ]
  return facts.map(([name, text]) => `${name.padEnd(11)} ${text}\n`).join('')
}

function tellRefusal({ run, answer }: Played, paint: Paint): string {
  const refused = run.hops.find(isJudgement)
  const first = refused
    ? `The first call back was refused by ${paint('strong', refused.rule ?? refused.code ?? 'policy')}, so there was no loop.`
    : 'Nothing was refused.'
  return [first, `answer      ${visible(answer.text)}`, `cost        ${formatMicros(committedMicros(run))}`, ''].join(
    '\n',
  )
}

function formatDollars(micros: number): string {
  return `$${formatCount(Math.round(micros / 1_000_000))}`
}
