/** `weir policy test`, `lint` and `diff`: whether a folder of policies does what it should, for people and for CI. */
import type { TestReport } from '../../policy/cases.ts'
import type { EdgeChange, PolicyDiff } from '../../policy/graph-diff.ts'
import type { CliDeps } from '../deps.ts'
import { exits, isProblem } from '../exit-codes.ts'
import { type Paint, type Tone, visible } from '../paint.ts'
import { openTerminal } from '../terminal.ts'
import type { LintReport } from './deps.ts'
import { arrow, counted, placeText } from './view.ts'

export interface PolicyOptions {
  readonly config: string
  readonly json?: boolean
}

/** Ends with `no` where a case fails. */
export async function testPolicies(deps: CliDeps, dir: string | undefined, options: PolicyOptions): Promise<number> {
  const terminal = openTerminal(deps)
  const report = await deps.policy.test({ configPath: options.config, dir: dir ?? null })
  if (isProblem(report)) return terminal.fail(report)
  if (options.json) terminal.printJson(report)
  else terminal.print(testPage(report, terminal.paint))
  return report.failed > 0 ? exits.no : exits.ok
}

function testPage({ cases, passed, failed, uncovered, policies }: TestReport, paint: Paint): string {
  const broken = cases.filter((each) => !each.passed)
  const lines = broken.map(({ file, line, name, why }) => {
    return `${paint('bad', 'fails')}  ${file}:${line}  ${visible(name)}: ${visible(why ?? '')}\n`
  })
  const silent = uncovered.map(
    ({ policy, place }) => `${paint('warn', 'never')}  ${placeText(place)}  ${policy} holds in no case\n`,
  )
  const sum = `${counted(passed, 'case')} passed, ${failed} failed; ${policies - uncovered.length} of ${counted(policies, 'policy', 'policies')} held in one\n`
  return [...lines, ...silent, sum].join('')
}

/** Ends with `no` where something most likely is a mistake. */
export async function lintPolicyFolder(
  deps: CliDeps,
  dir: string | undefined,
  options: PolicyOptions,
): Promise<number> {
  const terminal = openTerminal(deps)
  const report = await deps.policy.lint({ configPath: options.config, dir: dir ?? null })
  if (isProblem(report)) return terminal.fail(report)
  if (options.json) terminal.printJson(report)
  else terminal.print(lintPage(report, terminal.paint))
  return report.findings.some(({ level }) => level === 'warning') ? exits.no : exits.ok
}

function lintPage({ findings, policies, dir }: LintReport, paint: Paint): string {
  const lines = findings.map(({ level, rule, place, message }) => {
    const at = place === null ? dir : `${placeText(place, dir)}:${place.column}`
    return `${at}  ${paint(level === 'warning' ? 'warn' : 'quiet', level)}  ${visible(message)}  [${rule}]\n`
  })
  return [...lines, `${policies} policies, ${counted(findings.length, 'finding')}\n`].join('')
}

const signs: Readonly<Record<EdgeChange, readonly [sign: string, tone: Tone, words: string]>> = {
  added: ['+', 'warn', 'may be open now'],
  removed: ['-', 'good', 'is closed now'],
  wider: ['>', 'warn', 'is open under more conditions'],
  narrower: ['<', 'good', 'is open under fewer conditions'],
  changed: ['~', 'warn', 'is open under other conditions'],
}

/** Ends with `no` where something widens. */
export async function diffPolicies(
  deps: CliDeps,
  [before, after]: readonly [string, string],
  options: PolicyOptions,
): Promise<number> {
  const terminal = openTerminal(deps)
  const diff = await deps.policy.diff({ configPath: options.config, before, after })
  if (isProblem(diff)) return terminal.fail(diff)
  if (options.json) terminal.printJson(diff)
  else terminal.print(diffPage(diff, terminal.paint))
  return diff.widens ? exits.no : exits.ok
}

function diffPage({ edges, widens }: PolicyDiff, paint: Paint): string {
  const lines = edges.map(({ from, to, action, change, before, after }) => {
    const [sign, tone, words] = signs[change]
    const by = change === 'removed' ? before : after
    return `${paint(tone, `${sign} ${arrow(from, to)}`)}  ${action}  ${words}  ${by.join(', ')}\n`
  })
  const sum =
    edges.length === 0
      ? 'No edge changes.'
      : `${counted(edges.length, 'edge')} changed${widens ? ', and something widens' : ', nothing widens'}.`
  return [...lines, `${sum}\n`].join('')
}
