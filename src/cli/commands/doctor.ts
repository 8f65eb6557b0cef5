/** `weir agent doctor`: what an agent can do, what Weir makes up for, and what to change so that it works. */
import type { Finding, FindingResult } from '../../domain/checkup.ts'
import type { AskOptions } from '../admin-command.ts'
import type { Checkup, CliDeps } from '../deps.ts'
import { exits, isProblem, problem } from '../exit-codes.ts'
import { type Paint, type Tone, visible } from '../paint.ts'
import { table } from '../table.ts'
import { openTerminal } from '../terminal.ts'

export interface DoctorOptions extends AskOptions {
  readonly message: string
  /** False with `--no-send`. */
  readonly send: boolean
  readonly timeout?: string
}

const timeout_s_max = 3600

export async function doctorAgent(deps: CliDeps, agent: string, options: DoctorOptions): Promise<number> {
  const terminal = openTerminal(deps)
  const timeout_s = options.timeout === undefined ? null : Number(options.timeout)
  if (timeout_s !== null && !(timeout_s > 0 && timeout_s <= timeout_s_max))
    return terminal.fail(problem('usage', `--timeout takes seconds, at most ${timeout_s_max}.`))
  const asked = {
    configPath: options.config,
    agent,
    message: options.send ? options.message : null,
    timeout_ms: timeout_s === null ? null : Math.ceil(timeout_s * 1000),
  }
  const checkup = await deps.registry.examine(asked, (what) =>
    terminal.say(terminal.paint('quiet', `... ${visible(what)}`)),
  )
  if (isProblem(checkup)) return terminal.fail(checkup)
  if (options.json) terminal.printJson({ schema: 'weir.agent-doctor/v1', ...checkup })
  else terminal.print(checkupPage(checkup, terminal.paint))
  return checkup.verdict === 'broken' ? exits.no : exits.ok
}

const tones: Readonly<Record<FindingResult, Tone>> = { ok: 'good', emulated: 'warn', problem: 'bad', unknown: 'quiet' }
const verdictTones = { ready: 'good', 'works with emulation': 'warn', broken: 'bad' } as const

/** The advice stands below its row: beside it lines would be longer than a terminal is wide. */
function checkupPage({ agent, kind, verdict, findings }: Checkup, paint: Paint): string {
  const columns = ['CHECK', 'RESULT', 'SEEN'].map((title) => ({ title }))
  const rows = findings.map((finding) => [
    nameOf(finding),
    paint(tones[finding.result], finding.result),
    visible(finding.seen),
  ])
  const [head = '', ...lines] = table(columns, rows).trimEnd().split('\n')
  const body = lines.flatMap((line, at) => [line, ...adviceLines(findings[at], paint)])
  const last = `${visible(agent)} (${kind}): ${paint(verdictTones[verdict], verdict)}`
  return `${[head, ...body].join('\n')}\n\n${last}\n`
}

function nameOf({ check, at }: Finding): string {
  return visible(at === null ? check : `${check} (${at})`)
}

function adviceLines(finding: Finding | undefined, paint: Paint): readonly string[] {
  if (!finding || finding.advice === null) return []
  const keys = finding.keys.length === 0 ? '' : `  [${finding.keys.join(', ')}]`
  return [paint('quiet', `    ${visible(finding.advice)}${keys}`)]
}
