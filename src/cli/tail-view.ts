/** One call on one line, as `weir tail` shows it. */
import type { HopRow } from '../domain/story.ts'
import { formatMicros } from '../domain/spend.ts'
import { type Paint, type Tone, visible } from './paint.ts'
import { formatCount } from './units.ts'

/** What became of a call, in a word of at most five letters. */
const verdicts: Readonly<Record<HopRow['status'], readonly [Tone, string]>> = {
  answered: ['good', 'OK'],
  refused: ['bad', 'DENY'],
  halted: ['bad', 'HALT'],
  failed: ['warn', 'FAIL'],
  aborted: ['quiet', 'GONE'],
  open: ['quiet', 'OPEN'],
}

/** Widths that most names keep to; what is longer moves its line and no other. */
const widths = { depth: 4, agent: 20, target: 28, method: 20, verdict: 5 } as const

/** `short`: of the run only its end, which is what is different between runs of one minute. */
export function hopLine(hop: HopRow, paint: Paint, short: boolean): string {
  const [tone, word] = verdicts[hop.status]
  const protocol = hop.dialect?.split('-', 1)[0] ?? '-'
  const why = hop.status === 'answered' ? null : (hop.rule ?? hop.code ?? hop.fault)
  const cost = hop.unpriced > 0 ? '?' : hop.cost_micros === 0 ? '–' : formatMicros(hop.cost_micros)
  const parts = [
    paint('quiet', new Date(hop.at).toISOString().slice(11)),
    runName(hop.run, short),
    `d${hop.depth}`.padEnd(widths.depth),
    visible(hop.agent ?? 'nobody').padEnd(widths.agent),
    '→',
    visible(hop.target).padEnd(widths.target),
    `${protocol} ${visible(hop.method)}`.padEnd(widths.method),
    paint(tone, word) + ' '.repeat(widths.verdict - word.length),
    ...(why === null ? [] : [visible(why)]),
    `${formatCount(hop.tokens)} tok`,
    cost,
    `${hop.ms < 10 ? hop.ms.toFixed(1) : Math.round(hop.ms)}ms`,
  ]
  return `${parts.join(' ')}\n`
}

function runName(run: string | null, short: boolean): string {
  if (run === null) return short ? 'no run    ' : 'no run'
  return short ? `run_…${run.slice(-5)}` : run
}
