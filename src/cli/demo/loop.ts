/** The overnight loop in three acts: unwatched, halted by a limit, never begun because of a policy. */
import { aborted } from '../../base/waits.ts'
import type { Clock } from '../../base/clock.ts'
import type { Dice } from '../../base/dice.ts'
import type { Explanation } from '../../domain/story/explanation.ts'
import type { TextSink } from '../deps.ts'
import { type CliProblem, isProblem, problem } from '../exit-codes.ts'
import type { StoryTools } from '../story/deps.ts'
import type { Terminal } from '../terminal.ts'
import { acts } from './acts.ts'
import { explainAct, explainedWords } from './explained.ts'
import { liveTable } from './live.ts'
import { type Played, playAct } from './play.ts'
import { type DemoReport, reportOf, tell } from './report.ts'
import { setStage, type Stage } from './stage.ts'

export interface DemoOptions {
  readonly clock: Clock
  readonly dice: Dice
  readonly stories: Pick<StoryTools, 'explanation'>
  readonly terminal: Terminal
  /** Where the live numbers are drawn; null where nobody watches. */
  readonly live: TextSink | null
  readonly json: boolean
  /** Leave the gateways running until the signal. */
  readonly keep: boolean
  /** Ends the demo early; everything that was started is stopped. */
  readonly signal: AbortSignal
}

/** Plays the demo and prints it; null if all went well. */
export async function runDemo(options: DemoOptions): Promise<CliProblem | null> {
  const stopped = aborted(options.signal).then(() => problem('interrupted', 'Stopped; nothing is left running.'))
  await using struck = new AsyncDisposableStack()
  const shown = await Promise.race([stopped, show(options, struck)])
  if (isProblem(shown)) return shown
  const { played, explained } = shown
  const report: DemoReport = { schema: 'weir.demo/v1', acts: played.map(reportOf), explained }
  if (options.json) options.terminal.printJson(report)
  if (options.keep) {
    options.terminal.say(whereToLook(played))
    await stopped
  } else if (!options.json) options.terminal.print(whatNext)
  return null
}

interface Shown {
  readonly played: readonly Played[]
  readonly explained: readonly Explanation[]
}

/** The acts, and what their ledgers tell of them afterwards. */
async function show(options: DemoOptions, struck: AsyncDisposableStack): Promise<Shown | CliProblem> {
  const played = await play(options, struck)
  if (isProblem(played)) return played
  const explained: Explanation[] = []
  for (const one of played) {
    const told = await explainAct(one, options.stories)
    if (isProblem(told)) return told
    explained.push(told)
  }
  const { terminal, clock } = options
  const [unwatched] = explained
  if (unwatched && !options.json) terminal.print(explainedWords(unwatched, terminal.paint, clock.now()))
  return { played, explained }
}

const whatNext = `
Next, with these runs:   npm run -s weir -- demo loop --keep
      a night at the pager, step by step:   docs/guides/find-the-loop.md
      your own agents behind Weir:          docs/guides/quickstart.md
`

async function play(options: DemoOptions, struck: AsyncDisposableStack): Promise<readonly Played[] | CliProblem> {
  const stage = await setStage(options.dice, struck)
  if (isProblem(stage)) return stage
  const played: Played[] = []
  for (const act of acts) {
    const one = await playOne(options, stage, act)
    if (isProblem(one)) return one
    played.push(one)
  }
  return played
}

async function playOne(options: DemoOptions, stage: Stage, act: (typeof acts)[number]): Promise<Played | CliProblem> {
  const { terminal, clock } = options
  const print = (text: string): void => (options.json ? undefined : terminal.print(text))
  print(`${terminal.paint('strong', `Act ${act.act}`)}  ${act.title}\n`)
  const draw = options.live ? liveTable(options.live) : () => undefined
  const played = await playAct(act, stage, clock, (run) => draw(run, clock.now()))
  if (isProblem(played)) return played
  print(`${tell(played, terminal.paint)}\n`)
  if (!options.keep) await played.gateway.stop()
  return played
}

function whereToLook(played: readonly Played[]): string {
  const lines = played.map(
    ({ act, configPath }) => `  npm run -s weir -- runs explain -c ${configPath}   # act ${act.act}\n`,
  )
  return `\nThe gateways run until Ctrl-C. Ask them (also: runs ls, runs show, runs tree, runs export):\n${lines.join('')}`
}
