/** `weir runs explain`: everything somebody woken at night has to know, on one page, in the order in which it is asked. */
import { formatMicros } from '../../domain/spend.ts'
import type { Allowed, Explanation, Lap, Loop, Refused, Retries, Stopped } from '../../domain/story/explanation.ts'
import { type Paint, visible } from '../paint.ts'
import { table } from '../table.ts'
import { formatCount, formatDuration, formatTime } from '../units.ts'
import {
  clockOf,
  count,
  depths,
  edgeWords,
  type Fact,
  factLines,
  headline,
  markWords,
  percent,
  placeWords,
} from './words.ts'

/** Loops, refusals and retries that the page tells; `--json` has all that were found. */
const told_max = 3
const edges_max = 12
const steps_max = 4
const subtrees_max = 5

export function explainPage(told: Explanation, paint: Paint, now: number): string {
  const loops = told.loops.slice(0, told_max)
  // The refusal that stopped the run is told where it is told what stopped it.
  const refused = told.refused.filter(({ first }) => first.number !== told.stopped?.hop?.number)
  const facts: readonly (Fact | null)[] = [
    ['started', startedWords(told)],
    ...loops.flatMap((loop) => loopFacts(loop, paint)),
    more(told.loops.length - loops.length, 'loop'),
    ...told.retries.slice(0, told_max).map((row): Fact => ['retries', retriesWords(row, paint)]),
    ...refused.slice(0, told_max).map((row): Fact => ['refused', refusedWords(row, paint)]),
    more(refused.length - told_max, 'kind of refusal'),
    told.allowed && ['allowed', allowedWords(told.allowed)],
    ['stopped', stoppedWords(told, paint)],
    ...shadowFacts(told, paint),
    ...cutFacts(told, paint),
    ['audit', auditWords(told)],
    told.complete
      ? null
      : [
          'missing',
          paint('warn', `older or further calls are no longer kept: this is drawn from ${count(told.hops, 'hop')}`),
        ],
  ]
  return `${headline({ ...told.run, depth_max: told.depth_max }, paint, now)}\n${factLines(facts, paint)}${edgesTable(told, paint)}${subtreesTable(told)}`
}

function more(rest: number, thing: string): Fact | null {
  return rest > 0 ? ['', `and ${count(rest, `more ${thing}`)}`] : null
}

function startedWords({ started }: Explanation): string {
  const whose = started.for === null ? '' : ` for ${visible(started.for)}`
  const how = started.with
  const call = how === null ? '' : `   ${visible(`${how.method} ${how.target}`.trim())}`
  const origin = how?.origin === null || how === null || how.origin === 'new' ? '' : `   joined by its ${how.origin}`
  return `${formatTime(started.at)} by ${visible(started.by)}${whose}${call}${origin}`
}

function loopFacts(loop: Loop, paint: Paint): readonly (Fact | null)[] {
  const edge = paint('warn', edgeWords(loop))
  const laps = paint('strong', count(loop.laps, 'lap'))
  const cost = `${paint('bad', formatMicros(loop.cost_micros))} (${percent(loop.share)})`
  return [
    ['loop', `${edge}   first at ${markWords(loop.first)}   ${laps}   ${cost}`],
    ['', lapWords(loop)],
    ['cause', causeWords(loop, paint)],
  ]
}

function lapWords(loop: Loop): string {
  const way = loop.path.length > 2 ? [`round ${visible([...loop.path, loop.to].join(' → '))}`] : []
  const pace = loop.lap_ms === null ? [] : [`one every ${formatDuration(loop.lap_ms)}`]
  const same = loop.laps > 1 ? [`${formatCount(loop.alike)} of ${formatCount(loop.laps)} went like the first`] : []
  const last = lastLap(loop)
  return [...way, `${formatMicros(loop.lap_micros)} a lap`, ...pace, ...same, ...last].join(', ')
}

/** Only where the last lap was different: where it was cut, or where it came to an end by itself. */
function lastLap({ first_lap, last_lap, laps }: Loop): readonly string[] {
  if (laps === 1 || stepsOf(first_lap) === stepsOf(last_lap)) return []
  const steps = last_lap.steps
    .slice(0, steps_max)
    .map(({ to, result, hops }) => `${visible(to)} ${visible(result)}${hops > 1 ? ` × ${hops}` : ''}`)
  return [`the last: ${steps.join(', ')}`]
}

function stepsOf({ steps }: Lap): string {
  return steps
    .map(({ from, to, result, hops }) => `${from}>${to} ${result} ${hops}`)
    .toSorted()
    .join()
}

function causeWords({ cause, from, laps }: Loop, paint: Paint): string {
  if (cause === null) return `nothing failed in sight of the gateway before ${visible(from)} asked back`
  const detail = cause.detail === null ? '' : ` (${visible(cause.detail)})`
  const what = paint('warn', `${visible(cause.target)} ${visible(cause.result)}`)
  const often = laps === 1 ? '' : `; the same before ${formatCount(cause.laps)} of ${count(laps, 'lap')}`
  return `${what}${detail} at hop ${formatCount(cause.hop.number)}, then ${visible(from)} asked back${often}`
}

function retriesWords({ from, to, within, calls, failed, cost_micros }: Retries, paint: Paint): string {
  const where = within === null ? '' : ` from one call (hop ${formatCount(within.number)})`
  const how = failed > 0 ? `, ${formatCount(failed)} failed` : ''
  return `${paint('warn', edgeWords({ from, to }))}   ${count(calls, 'time')}${where}${how}   ${formatMicros(cost_micros)}`
}

function refusedWords({ from, to, code, rule, place, hops, first, closes }: Refused, paint: Paint): string {
  const where = place === null ? '' : `  ${placeWords(place)}`
  const circle = closes ? '   it would have closed a loop' : ''
  const why = [code, rule].filter((part) => part !== null).map(visible)
  return `${paint('bad', edgeWords({ from, to }))}   ${why.join(', ')}${where}   ${count(hops, 'time')}, first at ${markWords(first)}${circle}`
}

function allowedWords(allowed: Allowed): string {
  const edge = edgeWords(allowed)
  if (allowed.policies.length === 0) return `${edge}   no policy is on record for it yet: records come when calls end`
  const rules = allowed.policies.map(
    ({ id, place }) => `${visible(id)}${place === null ? '' : `  ${placeWords(place)}`}`,
  )
  const then = allowed.policies.some(({ place }) => place !== null) && !allowed.current
  return `${edge}   ${rules.join(', ')}${then ? '   (policies have changed since: lines are of today)' : ''}`
}

function stoppedWords({ stopped, run, retries, loops }: Explanation, paint: Paint): string {
  if (stopped === null) {
    if (run.state === 'active' && run.open === 0) return 'nothing had to; nothing of it is under way now'
    if (run.state === 'active') return `${paint('bad', 'nothing yet')}   weir runs halt ${run.id} --reason "..."`
    return loops.length + retries.length > 0
      ? 'nothing: it came to an end by itself'
      : 'nothing had to: it ended by itself'
  }
  if (stopped.code === 'operator')
    return `${paint('bad', `by ${visible(stopped.actor)}`)} at ${clockOf(stopped.at)}: ${visible(stopped.reason)}${afterwards(stopped)}`
  return `${paint('bad', whatStopped(stopped))} at ${clockOf(stopped.at)}, by ${visible(stopped.actor)}${afterwards(stopped)}`
}

function whatStopped({ code, reason, rule, limit }: Stopped): string {
  if (rule === null) return visible(`${code}: ${reason}`)
  const same = limit === null || (limit.mode === 'enforce' && reason.endsWith(` of ${limit.max}`))
  const max = same ? '' : ` (now ${amount(rule, limit.max)}, ${limit.mode})`
  const said = reason.startsWith(`${rule}: `) ? reason.slice(rule.length + 2) : reason
  return visible(`${rule}: ${said.replace(/\b\d+\b/g, (found) => amount(rule, Number(found)))}${max}`)
}

/** Limits on cost are counted in micro-dollars, which nobody reads at night. */
function amount(rule: string, number: number): string {
  return rule.includes('cost_micros') ? formatMicros(number) : formatCount(number)
}

function afterwards({ hop, cancelled, refused_after }: Stopped): string {
  const at = hop === null ? '' : `, at ${markWords(hop)}`
  return `${at}; ${count(cancelled, 'call')} cancelled, ${formatCount(refused_after)} refused afterwards`
}

function shadowFacts({ shadow }: Explanation, paint: Paint): readonly Fact[] {
  return shadow.slice(0, told_max).map(({ rule, limit, first, cost_micros, saved_micros }) => {
    const name = limit === null ? visible(rule) : `${visible(rule)} ${amount(rule, limit.max)}`
    const cost = `${formatMicros(cost_micros)} spent, ${paint('good', formatMicros(saved_micros))} saved`
    const watches = limit?.mode === 'enforce' ? '' : '; it only watches'
    return ['shadow', `${name} would have stopped it at hop ${formatCount(first.number)} (${cost})${watches}`]
  })
}

function cutFacts({ would_cut, loops }: Explanation, paint: Paint): readonly Fact[] {
  const [loop] = loops
  const deny = would_cut.find(({ by }) => by === 'deny')
  const lines = would_cut.map(({ by, max, write, first, saved_micros }) => {
    const dollars = by === 'run.cost_micros_max' && max !== null ? ` (${formatMicros(max)})` : ''
    const what = by === 'deny' && loop ? `deny ${edgeWords(loop)}` : `${visible(write)}${dollars}`
    return `${what}   at hop ${formatCount(first.number)}, saving ${paint('good', formatMicros(saved_micros))}`
  })
  const policy = deny ? [paint('quiet', `as a policy: ${visible(deny.write)}`)] : []
  return [...lines, ...policy].map((text, nth) => [nth === 0 ? 'would cut' : '', text])
}

function auditWords({ audit, run }: Explanation): string {
  return `seq ${audit.seq_first}-${audit.seq_last}   weir runs export ${run.id}`
}

function edgesTable({ edges, run }: Explanation, paint: Paint): string {
  if (edges.length === 0) return ''
  const columns = ['EDGE', 'CALLS', 'REFUSED', 'DEPTH', 'TOKENS', 'COST', 'SHARE'].map((title, at) => ({
    title,
    align: at === 0 ? ('left' as const) : ('right' as const),
  }))
  const rows = edges
    .slice(0, edges_max)
    .map((edge) => [
      edge.closes ? paint('warn', `${edgeWords(edge)} ↻`) : edgeWords(edge),
      formatCount(edge.calls),
      formatCount(edge.refused),
      depths(edge),
      formatCount(edge.tokens),
      formatMicros(edge.cost_micros),
      percent(edge.share),
    ])
  const rest = edges.length - rows.length
  const note = rest > 0 ? `and ${count(rest, 'more edge')}: weir runs export ${run.id} --format csv\n` : ''
  return `\n${table(columns, rows)}${note}`
}

/** Where one branch says nothing that the headline does not, there is no table. */
function subtreesTable({ subtrees }: Explanation): string {
  if (subtrees.length < 2) return ''
  const columns = ['MOST SPENT BELOW', 'HOP', 'DEPTH', 'CALLS', 'COST', 'SHARE'].map((title, at) => ({
    title,
    align: at === 0 ? ('left' as const) : ('right' as const),
  }))
  const rows = subtrees
    .slice(0, subtrees_max)
    .map((row) => [
      edgeWords(row),
      formatCount(row.hop.number),
      formatCount(row.hop.depth),
      formatCount(row.calls),
      formatMicros(row.cost_micros),
      percent(row.share),
    ])
  return `\n${table(columns, rows)}`
}
