/** `weir replay <run> --upstream mock`: the calls of a run sent again to a gateway of its own, and what it decides otherwise. */
import { isFlip, type NotSent, type RerunHop, type RunRerun, type Seen } from '../../pipeline/whatif/rerun/compare.ts'
import { leftWords } from '../../pipeline/whatif/rerun/timeline.ts'
import { formatMicros } from '../../domain/spend.ts'
import type { CliDeps } from '../deps.ts'
import { exits, isProblem, problem } from '../exit-codes.ts'
import { watchForEnd } from '../interrupted.ts'
import { type Paint, visible } from '../paint.ts'
import { openTerminal } from '../terminal.ts'
import { formatCount, formatDuration } from '../units.ts'
import type { PolicyOptions } from './judge.ts'
import { arrow, counted } from './view.ts'

export interface RerunOptions extends PolicyOptions {
  readonly policy?: string
  readonly limits?: string
  readonly upstream?: string
  readonly timeout: string
}

const timeout_max_s = 3600

/** Ends with `no` where a refused call would be let through, and with `timeout` where not all could be sent in time. */
export async function rerun(deps: CliDeps, run: string, options: RerunOptions): Promise<number> {
  const terminal = openTerminal(deps)
  if (options.upstream !== 'mock')
    return terminal.fail(problem('usage', '--upstream takes mock: nothing else is sent to.'))
  const timeout_s = Number(options.timeout)
  if (!Number.isInteger(timeout_s) || timeout_s < 1 || timeout_s > timeout_max_s)
    return terminal.fail(problem('usage', `--timeout takes seconds, from 1 to ${timeout_max_s}.`))
  const { policy: dir = null, limits: limitsOf = null } = options
  const asked = { configPath: options.config, run, dir, limitsOf, timeout_ms: timeout_s * 1000 }
  const watch = watchForEnd(deps, false)
  const progress = (done: number, of: number): void => {
    if (deps.isTTY) deps.stderr.write(`\r${formatCount(done)} of ${formatCount(of)}`)
  }
  const report = await deps.policy.rerun(asked, { signal: watch.signal, progress })
  watch.close()
  if (deps.isTTY) deps.stderr.write('\r\x1b[K')
  if (isProblem(report)) return terminal.fail(report)
  if (options.json) terminal.printJson(report)
  else terminal.print(rerunPage(report, terminal.paint))
  if (report.deny_to_allow > 0) return exits.no
  return report.ended === 'timeout' ? exits.timeout : exits.ok
}

const rows_max = 50

function rerunPage(report: RunRerun, paint: Paint): string {
  const { run, calls, sent, same, allow_to_deny, deny_to_allow, differ, not_reached, was, would, ms } = report
  const { changed, made_up, erased, unlike, ended } = report
  const parts = [
    `${formatCount(same)} same`,
    `${formatCount(allow_to_deny)} allow→deny`,
    `${formatCount(deny_to_allow)} deny→allow${deny_to_allow > 0 ? paint('warn', ' ⚠') : ''}`,
    ...(differ > 0 ? [`${formatCount(differ)} decided alike and otherwise in something else`] : []),
    ...(not_reached > 0 ? [`${formatCount(not_reached)} not reached`] : []),
  ]
  const lines = [
    `${paint('strong', run)}  ${counted(calls, 'call')}, ${formatCount(sent)} sent again to a mock in ${formatDuration(ms)}`,
    parts.join(' · '),
    `cost      ${spendText(was)}; would be ${spendText(would)}`,
    ...report.not_sent.map((each) => `${paint('warn', 'not sent')}  ${notSentText(each)}`),
    ...(made_up.requests + made_up.answers > 0
      ? [
          `made up   ${counted(made_up.requests, 'request')} and ${counted(made_up.answers, 'answer')}, for what was said then was not captured`,
        ]
      : []),
    ...(erased > 0
      ? [`erased    ${counted(erased, 'person', 'persons')}; somebody without a name stood for them`]
      : []),
    ...(unlike > 0
      ? [
          `unlike    ${counted(unlike, 'call')} whose credential had scopes, budgets or a key; a plain token stood for it`,
        ]
      : []),
    ...(ended === 'timeout' ? [paint('warn', 'The time was up before all was sent: --timeout')] : []),
    ...changed.slice(0, rows_max).map((row) => rowText(row, paint)),
    ...(changed.length > rows_max ? [`and ${changed.length - rows_max} more: --json`] : []),
  ]
  return `${lines.join('\n')}\n`
}

function spendText({ cost_micros, tokens }: { readonly cost_micros: number; readonly tokens: number }): string {
  return `${formatMicros(cost_micros)} and ${formatCount(tokens)} tokens`
}

const unsentWords: Readonly<Record<NotSent['why'], string>> = {
  ...leftWords,
  no_time: 'the time was up',
  no_words: 'its caller has no token here, or it came in words that cannot be said again',
  no_answer: 'the gateway said nothing of it in time',
}

function notSentText({ why, count, hop }: NotSent): string {
  return `${counted(count, 'call')}: ${unsentWords[why]} (${hop})`
}

function rowText(row: RerunHop, paint: Paint): string {
  const { hop, agent, target, was, now, differs } = row
  const edge = `${hop} at depth ${was.depth}  ${arrow(agent, target)}`
  if (isFlip(row)) {
    const words = `${was.decision}→${now.decision}`
    return `${paint(now.decision === 'allow' ? 'warn' : 'good', words)}  ${edge}  by ${now.rules.map(visible).join(', ')}${codeText(now)}`
  }
  const changes = differs.map((name) => `${name} ${visible(String(was[name]))} → ${visible(String(now[name]))}`)
  return `${paint('quiet', 'differs')}     ${edge}  ${changes.join(', ')}`
}

function codeText({ code }: Seen): string {
  return code === null ? '' : ` (${visible(code)})`
}
