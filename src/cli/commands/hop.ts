/** `weir hop`: for whom, through whom and by what right one call was made or refused. */
import type { CliDeps } from '../deps.ts'
import { exits, isProblem } from '../exit-codes.ts'
import { hopPage } from '../hop-view.ts'
import { openTerminal } from '../terminal.ts'

export interface HopOptions {
  readonly config: string
  readonly json?: boolean
}

/** Ends with `no` where a signature of the chain does not hold, so that a script notices. */
export async function showHop(deps: CliDeps, hop: string, options: HopOptions): Promise<number> {
  const terminal = openTerminal(deps)
  const account = await deps.evidence.hop({ configPath: options.config, hop })
  if (isProblem(account)) return terminal.fail(account)
  if (options.json) terminal.printJson(account)
  else terminal.print(hopPage(account, terminal.paint))
  return account.signatures === 'broken' ? exits.no : exits.ok
}
