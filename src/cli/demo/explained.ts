/**
 * The end of the demo: each run explained from its ledger, and held against what the demo counted itself while the run was
 * alive. The two ways share nothing but the calls, so where they agree both are right.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Explanation } from '../../domain/story/explanation.ts'
import { formatMicros } from '../../domain/spend.ts'
import { type CliProblem, isProblem, problem } from '../exit-codes.ts'
import type { Paint } from '../paint.ts'
import type { StoryTools } from '../story/deps.ts'
import { explainPage } from '../story/explain-page.ts'
import { count, edgeWords } from '../story/words.ts'
import type { Played } from './play.ts'
import { type ActReport, reportOf } from './report.ts'

/** The disk is milliseconds behind the calls; a busy machine may take its time. */
const patience = { looks_max: 40 }
const look_ms = 100

export async function explainAct(
  played: Played,
  stories: Pick<StoryTools, 'explanation'>,
  { looks_max }: { readonly looks_max: number } = patience,
): Promise<Explanation | CliProblem> {
  const { configPath, run, act } = played
  for (let look = 1; ; look += 1) {
    const told = await stories.explanation({ configPath, run: run.id })
    if (isProblem(told) && look >= looks_max) return told
    if (!isProblem(told)) {
      const difference = differenceOf(told, reportOf(played))
      if (difference === null) return told
      if (look >= looks_max)
        return problem('failed', `The explanation of act ${act.act} does not add up: ${difference}.`)
    }
    await sleep(look_ms)
  }
}

type Figures = Pick<ActReport, 'laps' | 'hops' | 'depth_max' | 'spend_micros' | 'halted' | 'edge'>

/** What the explanation says of the things that the demo counts. */
function figuresOf({ run, depth_max, loops, refused }: Explanation): Figures {
  const loop = loops.toSorted((a, b) => b.laps - a.laps)[0]
  const edge = loop ?? refused.find(({ closes }) => closes)
  return {
    laps: loop?.laps ?? 0,
    hops: run.calls,
    depth_max,
    spend_micros: run.cost_micros + run.held_micros,
    halted: run.state === 'halted',
    edge: edge ? { from: edge.from, to: edge.to } : null,
  }
}

/** The first figure that is not the same, in words; null where all are. */
function differenceOf(told: Explanation, counted: ActReport): string | null {
  const edges = told.edges.reduce((sum, { cost_micros }) => sum + cost_micros, 0)
  if (edges !== counted.spend_micros) return `its edges sum up to ${edges}, not to ${counted.spend_micros}`
  const different = Object.entries(figuresOf(told)).find(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(counted[name as keyof Figures]),
  )
  if (!different) return null
  const [name, value] = different
  return `${name} is ${JSON.stringify(value)}, the demo counted ${JSON.stringify(counted[name as keyof Figures])}`
}

/** The page of the run that nobody watched, and that its figures are right. */
export function explainedWords(told: Explanation, paint: Paint, now: number): string {
  const { laps, hops, depth_max, spend_micros, edge } = figuresOf(told)
  const where = edge === null ? '' : ` on ${edgeWords(edge)}`
  const figures = `${count(hops, 'hop')}, depth ${depth_max}, ${count(laps, 'lap')}${where}, ${formatMicros(spend_micros)}`
  return [
    `${paint('strong', 'Next morning')}  One command tells what happened in act 1: weir runs explain\n`,
    explainPage(told, paint, now),
    `${paint('good', '✔')} The ledger tells what the demo counted: ${figures}; the edges add up to the same.`,
    '',
  ].join('\n')
}
