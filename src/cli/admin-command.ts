/** What every command that asks a running gateway does alike: find it, ask it, show the answer. */
import { type AdminClient, adminClient, findAdmin } from './admin-client.ts'
import type { CliDeps } from './deps.ts'
import { type CliProblem, exits, isProblem } from './exit-codes.ts'
import type { Paint } from './paint.ts'
import { openTerminal } from './terminal.ts'

export interface AskOptions {
  readonly config: string
  readonly json?: boolean
}

/** Of commands that list. */
export interface FilteredOptions extends AskOptions {
  readonly filter?: string
}

/** One question to the gateway of this configuration, or why it cannot be asked. */
export async function withAdmin<T>(
  deps: CliDeps,
  options: AskOptions,
  question: (admin: AdminClient) => Promise<T | CliProblem>,
): Promise<T | CliProblem> {
  const place = await findAdmin(deps, options.config)
  return isProblem(place) ? place : question(adminClient(place))
}

/** Prints an answer as a page, or as it is for machines; the exit code. */
export function show<T extends { readonly schema: string }>(
  deps: CliDeps,
  options: AskOptions,
  answer: T | CliProblem,
  page: (answer: T, paint: Paint) => string,
): number {
  const terminal = openTerminal(deps)
  if (isProblem(answer)) return terminal.fail(answer)
  if (options.json) terminal.printJson(answer)
  else terminal.print(page(answer, terminal.paint))
  return exits.ok
}
