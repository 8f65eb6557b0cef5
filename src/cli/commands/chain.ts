/** `weir runs chain`: the evidence of a run, to hand to somebody who trusts neither Weir nor us. */
import type { CliDeps } from '../deps.ts'
import { exits, isProblem } from '../exit-codes.ts'
import { openTerminal } from '../terminal.ts'

export interface ChainOptions {
  readonly config: string
  readonly out?: string
  readonly json?: boolean
}

/** Without `--out` the bundle goes to stdout, so that it can be piped into a file or a program. */
export async function chainOfRun(deps: CliDeps, run: string, options: ChainOptions): Promise<number> {
  const terminal = openTerminal(deps)
  const chain = await deps.evidence.run({ configPath: options.config, run })
  if (isProblem(chain)) return terminal.fail(chain)
  if (!chain.complete || chain.problems.length > 0)
    terminal.say(['The bundle is not complete.', ...chain.problems].join('\n'))
  if (options.out === undefined) {
    terminal.printJson(chain)
    return exits.ok
  }
  const written = await deps.evidence.write({ chain, out: options.out })
  if (isProblem(written)) return terminal.fail(written)
  const { calls, tokens } = chain
  if (options.json) terminal.printJson({ schema: 'weir.files/v1', ...written })
  else terminal.print(written.files.map((file) => `${file}\n`).join(''))
  terminal.say(`${calls.length} records and ${tokens.length} signed tokens. Check them with: ${written.check}`)
  return exits.ok
}
