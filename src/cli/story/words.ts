/** Words that the pages about runs share. */
import type { HopMark, PolicyPlace } from '../../domain/story/explanation.ts'
import { formatCost } from '../../domain/spend.ts'
import type { RunRow } from '../../domain/story.ts'
import { type Paint, type Tone, visible } from '../paint.ts'
import { formatCount, formatDuration, formatTime } from '../units.ts'

const toneOfState: Readonly<Record<RunRow['state'], Tone>> = { active: 'good', halted: 'bad', ended: 'quiet' }

export function stateWords({ state }: RunRow, paint: Paint): string {
  return paint(toneOfState[state], state)
}

/** What it has cost and what its open calls hold, and beside it what nobody knows the price of. */
export function runCost({ cost_micros, held_micros, unpriced }: RunRow): string {
  return formatCost(cost_micros + held_micros, unpriced)
}

export function startedBy({ root, person }: RunRow): string {
  return visible(person === null ? root : `${root} for ${person}`)
}

/** From its beginning to its halt or its last entry; one under way goes on until now. */
export function lasted(run: RunRow, now: number): string {
  return formatDuration((run.halt?.at ?? (run.state === 'active' ? now : run.last_at)) - run.started_at)
}

/** The first line of every page about one run. */
export function headline(run: RunRow, paint: Paint, now: number): string {
  const halt = run.halt === null ? [] : [visible(run.halt.code)]
  return [
    `${paint('strong', run.id)}  ${paint(toneOfState[run.state], run.state.toUpperCase())}`,
    ...halt,
    lasted(run, now),
    paint('strong', runCost(run)),
    count(run.calls, 'hop'),
    ...(run.refused > 0 ? [`${formatCount(run.refused)} refused`] : []),
    ...(run.open > 0 ? [`${formatCount(run.open)} open`] : []),
    `max depth ${formatCount(run.depth_max)}`,
  ].join('   ')
}

/** `hop 41, depth 4 (02:00:58Z)`. */
export function markWords({ number, depth, at }: HopMark): string {
  return `hop ${formatCount(number)}, depth ${formatCount(depth)} (${clockOf(at)})`
}

/** `02:00:58Z`: the day stands at the beginning of the page. */
export function clockOf(at: number): string {
  return formatTime(at).slice(11)
}

export function edgeWords({ from, to }: { readonly from: string; readonly to: string }): string {
  return visible(`${from} → ${to}`)
}

export function placeWords(place: PolicyPlace | null): string {
  return place === null ? '' : visible(`${place.file}:${place.line}`)
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

export function count(number: number, thing: string): string {
  return `${formatCount(number)} ${thing}${number === 1 ? '' : 's'}`
}

export function depths({ depth_min, depth_max }: { readonly depth_min: number; readonly depth_max: number }): string {
  return depth_min === depth_max ? formatCount(depth_min) : `${formatCount(depth_min)}-${formatCount(depth_max)}`
}

/** Lines with a name before them; what goes on below a line has none. */
export type Fact = readonly [name: string, text: string]

export function factLines(facts: readonly (Fact | null)[], paint: Paint): string {
  return facts
    .filter((fact) => fact !== null)
    .map(([name, text]) => `${paint('quiet', name.padEnd(9))} ${text}\n`)
    .join('')
}
