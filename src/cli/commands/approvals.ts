/** `weir approvals`: the calls that wait for a person, with what they ask for, and the two answers. */
import { type AskOptions, type FilteredOptions, show, withAdmin } from '../admin-command.ts'
import type { ApprovalDone, ApprovalRow } from '../admin-api.ts'
import type { CliDeps } from '../deps.ts'
import { isProblem, problem } from '../exit-codes.ts'
import { filterText } from '../filter-text.ts'
import { type Paint, type Tone, visible } from '../paint.ts'
import { type Column, table } from '../table.ts'
import { confirmed, openTerminal } from '../terminal.ts'
import { formatDuration } from '../units.ts'

export interface DecideOptions extends AskOptions {
  readonly reason: string
  readonly yes?: boolean
}

const reasonLength_max = 500
const tones: Readonly<Record<ApprovalRow['state'], Tone>> = { pending: 'warn', granted: 'good', refused: 'bad' }

const columns: readonly Column[] = [
  { title: 'APPROVAL' },
  { title: 'STATE' },
  { title: 'AGE', align: 'right' },
  { title: 'CALLER' },
  { title: 'TARGET' },
  { title: 'METHOD' },
  { title: 'TAINT' },
  { title: 'RULE' },
  { title: 'RUN' },
]

export async function listApprovals(deps: CliDeps, options: FilteredOptions): Promise<number> {
  const filter = filterText(deps, [options.filter])
  if (typeof filter !== 'string') return openTerminal(deps).fail(filter)
  const list = await withAdmin(deps, options, (admin) => admin.listApprovals(filter))
  return show(deps, options, list, ({ approvals }, paint) => approvalsPage(approvals, paint, deps.clock.now()))
}

/** Shows what would be let through before it asks: nobody should approve what they have not seen. */
export async function decideApproval(
  deps: CliDeps,
  verb: 'grant' | 'refuse',
  id: string,
  options: DecideOptions,
): Promise<number> {
  const terminal = openTerminal(deps)
  const reason = options.reason.trim()
  if (reason === '' || reason.length > reasonLength_max)
    return terminal.fail(problem('usage', `--reason takes 1 to ${reasonLength_max} characters.`))
  const list = await withAdmin(deps, options, (admin) => admin.listApprovals())
  if (isProblem(list)) return terminal.fail(list)
  const row = list.approvals.find((each) => each.id === id)
  if (!row) return terminal.fail(problem('not_found', `No approval ${id} waits here; see: weir approvals ls`))
  if (!options.yes) terminal.say(factsOf(row))
  const go = await confirmed(deps, verb === 'grant' ? `Let this call through, once?` : `Refuse it?`, !!options.yes)
  if (go !== true) return terminal.fail(go)
  const done = await withAdmin(deps, options, (admin) => admin.decideApproval(id, verb, reason))
  return show(deps, options, done, doneLine)
}

function approvalsPage(rows: readonly ApprovalRow[], paint: Paint, now: number): string {
  if (rows.length === 0) return 'Nothing waits for an approval.\n'
  const lines = rows.map((row) => [
    row.id,
    paint(tones[row.state], row.state),
    formatDuration(now - row.at),
    callerOf(row),
    visible(row.target),
    visible(row.method),
    visible(row.taint),
    visible(row.rule ?? ''),
    row.run,
  ])
  return table(columns, lines)
}

function factsOf(row: ApprovalRow): string {
  const cut = row.params_chars - row.params.length
  const rest = cut > 0 ? `\n          and ${cut} more characters that are not shown` : ''
  const facts: readonly (readonly [string, string])[] = [
    ['caller', callerOf(row)],
    ['target', `${visible(row.target)} by ${visible(row.method)}`],
    ['run', `${row.run}, taint ${visible(row.taint)}`],
    ['asks', `${visible(row.params)}${rest}`],
  ]
  return facts.map(([name, text]) => `${name.padEnd(9)} ${text}`).join('\n')
}

function callerOf({ agent, person }: ApprovalRow): string {
  return visible(person === null ? agent : `${agent} for ${person}`)
}

function doneLine({ id, state, by }: ApprovalDone): string {
  return `${id} was ${state} by ${visible(by ?? 'nobody')}.\n`
}
