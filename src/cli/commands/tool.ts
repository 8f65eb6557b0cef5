/** `weir tools`: what tool servers offer, what changed about it, and which of it may be seen and called. */
import { toolPath } from '../admin-client.ts'
import type { ToolDetail, ToolList, ToolRow, ToolServerRow, ToolState } from '../admin-api-tools.ts'
import { type AskOptions, show, withAdmin } from '../admin-command.ts'
import type { CliDeps } from '../deps.ts'
import { type CliProblem, exits, isProblem, problem } from '../exit-codes.ts'
import { allVisible, type Paint, type Tone } from '../paint.ts'
import { type Column, table } from '../table.ts'
import { confirmed, openTerminal } from '../terminal.ts'
import { formatTime } from '../units.ts'

export interface ToolsOptions extends AskOptions {
  readonly server?: string
}

export interface ToolDecisionOptions extends AskOptions {
  readonly reason: string
  readonly yes?: boolean
}

const reason_length_max = 500
/** Of a digest: enough to tell two apart by eye. */
const digest_shown = 'sha256:'.length + 12
const tones: Readonly<Record<ToolState, Tone>> = {
  approved: 'good',
  pending: 'warn',
  changed: 'bad',
  quarantined: 'bad',
}
const columns: readonly Column[] = ['SERVER', 'TOOL', 'EXPOSED AS', 'STATE', 'DIGEST', 'WHY'].map((title) => ({
  title,
}))

export async function listTools(deps: CliDeps, options: ToolsOptions): Promise<number> {
  const list = await withAdmin(deps, options, (admin) => admin.listTools(options.server ?? null))
  return show(deps, options, list, listPage)
}

/** One tool against what is approved of it, or all that wait; exit code 3 where anything does. */
export async function diffTools(deps: CliDeps, tool: string | undefined, options: AskOptions): Promise<number> {
  const terminal = openTerminal(deps)
  const tools = await withAdmin(deps, options, async (admin) => {
    const names = tool === undefined ? waiting(await admin.listTools(null)) : namesOf(tool)
    if (isProblem(names)) return names
    const details: ToolDetail[] = []
    for (const [server, name] of names) {
      const detail = await admin.showTool(server, name)
      if (isProblem(detail)) return detail
      details.push(detail)
    }
    return details
  })
  if (isProblem(tools)) return terminal.fail(tools)
  const waits = tools.some(({ state }) => state !== 'approved')
  const answer = { schema: 'weir.tools_diff/v1', tools }
  if (options.json) terminal.printJson(answer)
  else terminal.print(tools.map((each) => detailPage(each, terminal.paint)).join('\n') || 'No tool waits.\n')
  return waits ? exits.no : exits.ok
}

/** Decides about the very definition that is shown: one that changes while somebody thinks is not approved with it. */
export async function decideTool(
  deps: CliDeps,
  verb: 'approve' | 'reject',
  tool: string,
  options: ToolDecisionOptions,
): Promise<number> {
  const terminal = openTerminal(deps)
  const [reason, names] = [reasonOf(options), namesOf(tool)]
  if (isProblem(reason)) return terminal.fail(reason)
  if (isProblem(names)) return terminal.fail(names)
  const [[server, name]] = names
  const detail = await withAdmin(deps, options, (admin) => admin.showTool(server, name))
  if (isProblem(detail)) return terminal.fail(detail)
  if (!options.yes) terminal.say(detailPage(detail, terminal.paint).trimEnd())
  const question = verb === 'approve' ? 'Let this definition be seen and called?' : 'Reject this definition?'
  const go = await confirmed(deps, question, !!options.yes)
  if (go !== true) return terminal.fail(go)
  const order = { reason: reason.text, digest: detail.digest }
  const done = await withAdmin(deps, options, (admin) => admin.decideTool(toolPath(server, name, verb), order))
  return show(deps, options, done, ({ server, name, state, why }) => {
    return `${server}/${allVisible(name)} is ${state}${why === null ? '' : `: ${allVisible(why)}`}.\n`
  })
}

export async function lockTools(deps: CliDeps, options: ToolDecisionOptions): Promise<number> {
  const terminal = openTerminal(deps)
  const reason = reasonOf(options)
  if (isProblem(reason)) return terminal.fail(reason)
  const list = await withAdmin(deps, options, (admin) => admin.listTools(null))
  if (isProblem(list)) return terminal.fail(list)
  const go = await confirmed(deps, `Write what is approved now into ${allVisible(list.lock_file)}?`, !!options.yes)
  if (go !== true) return terminal.fail(go)
  const done = await withAdmin(deps, options, (admin) => admin.lockTools(reason.text))
  return show(deps, options, done, ({ tools, lock_file }) => `${tools} tools are in ${allVisible(lock_file)}.\n`)
}

type Names = readonly [readonly [server: string, name: string], ...(readonly [string, string])[]]

/** A slug has no slash, and a tool may have. */
function namesOf(tool: string): Names | CliProblem {
  const slash = tool.indexOf('/')
  if (slash < 1 || slash === tool.length - 1)
    return problem('usage', `A tool is named <server>/<tool>, as weir tools ls shows it, not ${tool}`)
  return [[tool.slice(0, slash), tool.slice(slash + 1)]]
}

function waiting(list: ToolList | CliProblem): readonly (readonly [string, string])[] | CliProblem {
  if (isProblem(list)) return list
  return list.tools.filter(({ state }) => state !== 'approved').map(({ server, name }) => [server, name] as const)
}

function reasonOf(options: ToolDecisionOptions): { readonly text: string } | CliProblem {
  const text = options.reason.trim()
  if (text !== '' && text.length <= reason_length_max) return { text }
  return problem('usage', `--reason takes 1 to ${reason_length_max} characters.`)
}

function listPage({ tools, servers, approval, more }: ToolList, paint: Paint): string {
  const rows = tools.map((tool) => rowOf(tool, paint))
  const ill = servers
    .filter(({ state, detail }) => state !== 'fresh' || detail !== null)
    .map((each) => healthLine(each, paint))
  const rest = more > 0 ? [`and ${more} more; see one server with --server\n`] : []
  const note = approval === 'off' ? [paint('warn', 'tools.approval is off: nothing is pinned.\n')] : []
  const page = rows.length === 0 ? 'No server lists a tool.\n' : table(columns, rows)
  return [page, ...rest, ...(ill.length > 0 ? ['\n'] : []), ...ill, ...note].join('')
}

function rowOf({ server, name, exposed, state, digest, why }: ToolRow, paint: Paint): readonly string[] {
  const shown = paint(tones[state], state)
  return [server, allVisible(name), exposed, shown, digest.slice(0, digest_shown), allVisible(why ?? '')]
}

function healthLine({ server, state, since, detail }: ToolServerRow, paint: Paint): string {
  const words = state === 'stale' ? `as of ${formatTime(since)}` : ''
  const facts = [words, allVisible(detail ?? '')].filter((each) => each !== '').join('; ')
  return `${server} ${paint(state === 'fresh' ? 'quiet' : 'warn', state)}${facts === '' ? '' : `: ${facts}`}\n`
}

function detailPage(tool: ToolDetail, paint: Paint): string {
  const { server, name, exposed, state, why, digest, approved, classes, changes, findings, unchecked } = tool
  const rows = [
    ['tool', `${server}/${allVisible(name)}`],
    ['exposed as', exposed],
    ['state', `${paint(tones[state], state)}${why === null ? '' : `: ${allVisible(why)}`}`],
    ['digest', digest],
    ...(approved === null ? [] : [['approved', `${approved.digest} ${allVisible(wordOf(approved))}`]]),
    ...(classes.length === 0 ? [] : [['changes', classes.join(', ')]]),
    ...findings.map((finding) => ['found', paint('warn', allVisible(finding))]),
    ...(unchecked === null ? [] : [['unchecked', allVisible(unchecked)]]),
  ]
  const page = table(
    ['', ''].map((title) => ({ title })),
    rows,
  ).replace(/^\s*\n/, '')
  // What nobody has approved yet has nothing to be compared with, so all of it is shown.
  const body =
    changes.length > 0 || state === 'approved' ? changes.map((line) => diffLine(line, paint)) : definitionLines(tool)
  return `${page}${body.map((line) => `${line}\n`).join('')}`
}

function wordOf({ actor, reason, at }: NonNullable<ToolDetail['approved']>): string {
  const day = at.slice(0, 10)
  return actor === null ? `when it was first seen, ${day}` : `by ${actor}, ${day}: ${reason ?? ''}`
}

function diffLine(line: string, paint: Paint): string {
  const tone = line.startsWith('+') ? 'good' : line.startsWith('-') ? 'bad' : 'warn'
  return paint(tone, allVisible(line))
}

function definitionLines({ definition, definition_bytes }: ToolDetail): readonly string[] {
  const pretty = prettyOf(definition)
  const isCut = pretty === null && definition.length < definition_bytes
  return [...(pretty ?? definition).split('\n').map(allVisible), ...(isCut ? [`${definition_bytes} bytes in all`] : [])]
}

/** Null for what is cut or no JSON. */
function prettyOf(text: string): string | null {
  try {
    return JSON.stringify(JSON.parse(text.replaceAll(/\\u\{/g, '\\\\u{')), null, 2).replaceAll('\\\\u{', '\\u{')
  } catch {
    return null
  }
}
