/** `weir policy simulate`, `weir policy suggest` and `weir replay`: what was decided, decided again, and learned from. */
import type { LoopCut } from '../../pipeline/whatif/cut-loop.ts'
import type { ReplayedHop, RunReplay } from '../../pipeline/whatif/replay-run.ts'
import type { FlipRow } from '../../pipeline/whatif/simulate.ts'
import { type LostCounts, lostWords } from '../../domain/arguments-lost.ts'
import { formatMicros } from '../../domain/spend.ts'
import { readSince } from '../commands/cost.ts'
import type { CliDeps } from '../deps.ts'
import { exits, isProblem, problem } from '../exit-codes.ts'
import { type Paint, visible } from '../paint.ts'
import { openTerminal } from '../terminal.ts'
import { formatCount, formatDuration } from '../units.ts'
import type { Simulated } from './deps.ts'
import type { PolicyOptions } from './judge.ts'
import { arrow, counted } from './view.ts'

export interface SimulateOptions extends PolicyOptions {
  readonly since?: string
  readonly agent?: string
  readonly target?: string
  readonly run?: string
  readonly allowWidening?: boolean
}

const sinceForm = '--since takes 90m, 24h, 7d or a time like 2026-11-28T00:00Z.'

/** Ends with `no` where a refused call would be let through, unless that was said to be wanted. */
export async function simulatePolicies(deps: CliDeps, dir: string, options: SimulateOptions): Promise<number> {
  const terminal = openTerminal(deps)
  const since = options.since === undefined ? null : readSince(options.since, deps.clock.now())
  if (since === undefined) return terminal.fail(problem('usage', sinceForm))
  const { agent = null, target = null, run = null } = options
  const asked = { configPath: options.config, dir, since, agent, target, run }
  const report = await deps.policy.simulate(asked, (count) => {
    if (deps.isTTY) deps.stderr.write(`\r${formatCount(count)} decisions`)
  })
  if (deps.isTTY) deps.stderr.write('\r\x1b[K')
  if (isProblem(report)) return terminal.fail(report)
  if (report.problems.length > 0)
    terminal.say(['The ledger could not be read to its end.', ...report.problems].join('\n'))
  if (options.json) terminal.printJson(report)
  else terminal.print(simulationPage(report, terminal.paint))
  return report.deny_to_allow > 0 && options.allowWidening !== true ? exits.no : exits.ok
}

function simulationPage(report: Simulated, paint: Paint): string {
  const { replayed, same, allow_to_deny, deny_to_allow, indeterminate, unregistered, elsewhere, unclear, ms } = report
  const parts = [
    `${formatCount(same)} same`,
    `${formatCount(allow_to_deny)} allow→deny`,
    `${formatCount(deny_to_allow)} deny→allow${deny_to_allow > 0 ? paint('warn', ' ⚠') : ''}`,
    ...(indeterminate > 0 ? [`${formatCount(indeterminate)} indeterminate`] : []),
    ...(unregistered > 0 ? [`${formatCount(unregistered)} of what is not registered any more`] : []),
  ]
  const head = `${formatCount(replayed)} decisions replayed in ${formatDuration(ms)}: ${parts.join(' · ')}\n`
  const apart = [
    indeterminate > 0 ? `indeterminate where arguments ${lostText(report.indeterminate_why)}\n` : '',
    elsewhere > 0 ? `${counted(elsewhere, 'call')} not decided by policy (limits, tokens, runs) left out\n` : '',
    unclear > 0 ? `${counted(unclear, 'record')} without their question left out\n` : '',
  ]
  const others = report.others > 0 ? `${counted(report.others, 'flip')} of further edges\n` : ''
  return [head, ...report.flips.map((flip) => flipLine(flip, paint)), others, ...apart].join('')
}

/** Why nobody knows arguments, the most frequent reason first. */
function lostText(counts: LostCounts): string {
  const why = Object.entries(lostWords).flatMap(([name, words]) => {
    const count = counts[name as keyof LostCounts] ?? 0
    return count > 0 ? [{ words, count }] : []
  })
  const sorted = why.toSorted((a, b) => b.count - a.count)
  return sorted.map(({ words, count }) => `${words} (${formatCount(count)})`).join('; ')
}

function flipLine({ flip, agent, target, count, hop, before, after }: FlipRow, paint: Paint): string {
  const [tone, words] = flip === 'allow_to_deny' ? (['good', 'allow→deny'] as const) : (['warn', 'deny→allow'] as const)
  const by = `${before.map(visible).join(', ')} → ${after.join(', ')}`
  return `${paint(tone, words)}  ${formatCount(count).padStart(9)}  ${arrow(agent, target)}  ${by}  ${paint('quiet', `weir why ${hop}`)}\n`
}

export interface SuggestOptions extends PolicyOptions {
  readonly since?: string
  readonly run?: string
}

/** The policy text goes to stdout, so that it can be written to a file. */
export async function suggestPolicies(deps: CliDeps, options: SuggestOptions): Promise<number> {
  const terminal = openTerminal(deps)
  const since = options.since === undefined ? null : readSince(options.since, deps.clock.now())
  if (since === undefined) return terminal.fail(problem('usage', sinceForm))
  const suggestion = await deps.policy.suggest({ configPath: options.config, since, run: options.run ?? null })
  if (isProblem(suggestion)) return terminal.fail(suggestion)
  if (options.json) terminal.printJson(suggestion)
  else {
    terminal.print(suggestion.text)
    terminal.say(
      isCut(suggestion)
        ? cutSentence(suggestion)
        : `${counted(suggestion.edges.length, 'permit')}. Try it: weir policy simulate <folder>`,
    )
  }
  return exits.ok
}

function isCut(suggestion: { readonly schema: string }): suggestion is LoopCut {
  return suggestion.schema === 'weir.policy-cut/v1'
}

function cutSentence({ from, to, hop, saved }: LoopCut): string {
  return `${arrow(from, to)} would be cut at ${hop}, saving ${formatMicros(saved.cost_micros)}.`
}

export interface ReplayOptions extends PolicyOptions {
  readonly policy?: string
  readonly limits?: string
}

/** Ends with `no` where a refused call would be let through. */
export async function replay(deps: CliDeps, run: string, options: ReplayOptions): Promise<number> {
  const terminal = openTerminal(deps)
  const { policy: dir = null, limits: limitsOf = null } = options
  const report = await deps.policy.replay({ configPath: options.config, run, dir, limitsOf })
  if (isProblem(report)) return terminal.fail(report)
  if (options.json) terminal.printJson(report)
  else terminal.print(replayPage(report, terminal.paint))
  return report.changed.some(({ now }) => now === 'allow') ? exits.no : exits.ok
}

const changes_max = 50

function replayPage(report: RunReplay, paint: Paint): string {
  const { run, calls, same, changed, cut, not_reached, indeterminate, elsewhere, was, would } = report
  const lines = [
    `${paint('strong', run)}  ${counted(calls, 'call')}: ${formatCount(same)} same, ${changed.length} changed, ${formatCount(not_reached)} not reached`,
    cut === null ? 'cut       nowhere' : `cut       ${hopText(cut)}`,
    `cost      ${formatMicros(was.cost_micros)} and ${formatCount(was.tokens)} tokens; would be ${formatMicros(would.cost_micros)} and ${formatCount(would.tokens)}`,
    ...(indeterminate > 0
      ? [`${counted(indeterminate, 'call')} indeterminate where arguments ${lostText(report.indeterminate_why)}`]
      : []),
    ...(elsewhere > 0 ? [`${counted(elsewhere, 'call')} not decided by policy`] : []),
    ...changed
      .slice(0, changes_max)
      .map((hop) => `${paint(hop.now === 'allow' ? 'warn' : 'good', `${hop.was}→${hop.now}`)}  ${hopText(hop)}`),
    ...(changed.length > changes_max ? [`and ${changed.length - changes_max} more: --json`] : []),
  ]
  return `${lines.join('\n')}\n`
}

function hopText({ hop, depth, agent, target, rules }: ReplayedHop): string {
  return `${hop} at depth ${depth}  ${arrow(agent, target)}  by ${rules.join(', ')}`
}
