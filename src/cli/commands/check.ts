/** `weir check`: every mistake of a configuration at once, and exit code 3 if there is one. */
import type { CliDeps } from '../deps.ts'
import { exits } from '../exit-codes.ts'
import { openTerminal } from '../terminal.ts'

export async function check(deps: CliDeps, file: string, options: { readonly json?: boolean }): Promise<number> {
  const terminal = openTerminal(deps)
  const { ok, text, problems } = await deps.check(file, { color: terminal.color && !options.json })
  const verdict = { schema: 'weir.check/v1', ok, file, problems }
  if (options.json) terminal.printJson(verdict)
  else terminal.print(text.endsWith('\n') ? text : `${text}\n`)
  return ok ? exits.ok : exits.no
}
