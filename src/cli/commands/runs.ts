/** `weir runs halt`: the way to stop a run. */
import { type AskOptions, show, withAdmin } from '../admin-command.ts'
import type { CliDeps } from '../deps.ts'
import { problem } from '../exit-codes.ts'
import { runPage } from '../run-view.ts'
import { confirmed, openTerminal } from '../terminal.ts'

export interface HaltOptions extends AskOptions {
  readonly reason: string
  readonly yes?: boolean
}

const reasonLength_max = 500

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
