/** `weir docs write`: the reference pages that are generated from tables, for whoever changes a table. */
import type { CliDeps } from '../deps.ts'
import { exits } from '../exit-codes.ts'
import { openTerminal } from '../terminal.ts'

export async function writeDocs(deps: CliDeps): Promise<number> {
  const written = await deps.docs()
  openTerminal(deps).print(written.map((path) => `${path}\n`).join(''))
  return exits.ok
}
