/** `weir token`: a credential for an agent under development, and a look into one without trusting it. */
import type { CliDeps } from '../deps.ts'
import { exits, isProblem, problem } from '../exit-codes.ts'
import { firstLine, openTerminal } from '../terminal.ts'
import { tokenPage } from '../token-view.ts'
import { formatTime } from '../units.ts'

export interface MintOptions {
  readonly config: string
  readonly agent: string
  readonly for?: string
  readonly ttl?: string
  readonly to?: string
  readonly json?: boolean
}

export interface InspectOptions {
  readonly config: string
  readonly jwks?: string
  readonly json?: boolean
}

/** The token alone goes to stdout, so that `TOKEN=$(weir token mint ...)` works; what it is goes to stderr. */
export async function mintToken(deps: CliDeps, options: MintOptions): Promise<number> {
  const terminal = openTerminal(deps)
  const ttl_s = options.ttl === undefined ? null : Number(options.ttl)
  if (ttl_s !== null && !(Number.isInteger(ttl_s) && ttl_s > 0))
    return terminal.fail(problem('usage', '--ttl takes a whole number of seconds.'))
  const { agent, for: person = null, to = null } = options
  const minted = await deps.token.mint({ configPath: options.config, agent, person, ttl_s, to })
  if (isProblem(minted)) return terminal.fail(minted)
  if (options.json) {
    terminal.printJson({ schema: 'weir.token/v1', ...minted })
    return exits.ok
  }
  terminal.print(`${minted.token}\n`)
  const who = minted.person === null ? minted.agent : `${minted.agent} for ${minted.person}`
  terminal.say(`Token of ${who}, until ${formatTime(minted.expires_at)}. It is shown once; Weir keeps no copy.`)
  return exits.ok
}

/** A token as an argument ends up in the shell's history, so it is read from stdin unless it was given. */
export async function inspectToken(deps: CliDeps, given: string, options: InspectOptions): Promise<number> {
  const terminal = openTerminal(deps)
  const token = (given === '-' ? await firstLine(deps) : given).trim()
  if (token === '') return terminal.fail(problem('usage', 'No token on stdin: pass one there, or as the argument.'))
  const seen = await deps.token.inspect({ configPath: options.config, token, jwks: options.jwks ?? null })
  if (isProblem(seen)) return terminal.fail(seen)
  if (options.json) terminal.printJson({ schema: 'weir.token-inspection/v1', ...seen })
  else terminal.print(tokenPage(seen, terminal.paint, deps.clock.now()))
  return seen.valid ? exits.ok : exits.no
}
