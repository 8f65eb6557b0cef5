/** `weir runs`: what is under way, what it costs, and the way to stop it. */
import { type AdminClient, adminClient, findAdmin } from '../admin-client.ts'
import type { CliDeps } from '../deps.ts'
import { type CliProblem, exits, isProblem, problem } from '../exit-codes.ts'
import { runPage, runsTable } from '../run-view.ts'
import { runTree } from '../run-tree.ts'
import { confirmed, openTerminal } from '../terminal.ts'

export interface RunsOptions {
  readonly config: string
  readonly json?: boolean
}

export interface HaltOptions extends RunsOptions {
  readonly reason: string
  readonly yes?: boolean
}

const reasonLength_max = 500

export async function listRuns(deps: CliDeps, options: RunsOptions): Promise<number> {
  const list = await withAdmin(deps, options, (admin) => admin.listRuns())
  return show(deps, options, list, (list, paint) => runsTable(list.runs, paint, deps.clock.now()))
}

export async function showRun(deps: CliDeps, id: string, options: RunsOptions): Promise<number> {
  const run = await withAdmin(deps, options, (admin) => admin.showRun(id))
  return show(deps, options, run, (run, paint) => runPage(run, paint, deps.clock.now()))
}

export async function treeRun(deps: CliDeps, id: string, options: RunsOptions): Promise<number> {
  const run = await withAdmin(deps, options, (admin) => admin.showRun(id))
  return show(deps, options, run, (run, paint) => runTree(run.hops, paint))
}

/** Stops a run for good. The reason is for the ledger and for whoever reads it next week. */
export async function haltRun(deps: CliDeps, id: string, options: HaltOptions): Promise<number> {
  const reason = options.reason.trim()
  if (reason === '' || reason.length > reasonLength_max)
    return openTerminal(deps).fail(problem('usage', `--reason takes 1 to ${reasonLength_max} characters.`))
  const go = await confirmed(deps, `Halt ${id}? Its open calls are aborted and it admits nothing more.`, !!options.yes)
  if (go !== true) return openTerminal(deps).fail(go)
  const run = await withAdmin(deps, options, (admin) => admin.haltRun(id, reason))
  return show(deps, options, run, (run, paint) => runPage(run, paint, deps.clock.now()))
}

async function withAdmin<T>(
  deps: CliDeps,
  options: RunsOptions,
  question: (admin: AdminClient) => Promise<T | CliProblem>,
): Promise<T | CliProblem> {
  const place = await findAdmin(deps, options.config)
  return isProblem(place) ? place : question(adminClient(place))
}

function show<T extends { readonly schema: string }>(
  deps: CliDeps,
  options: RunsOptions,
  answer: T | CliProblem,
  page: (answer: T, paint: ReturnType<typeof openTerminal>['paint']) => string,
): number {
  const terminal = openTerminal(deps)
  if (isProblem(answer)) return terminal.fail(answer)
  if (options.json) terminal.printJson(answer)
  else terminal.print(page(answer, terminal.paint))
  return exits.ok
}
