/** `weir keys`: which keys sign, which are about to, and the way to turn them early. */
import type { KeyList, KeyView } from '../admin-api.ts'
import { adminClient, findAdmin } from '../admin-client.ts'
import type { CliDeps } from '../deps.ts'
import { type CliProblem, exits, isProblem, problem } from '../exit-codes.ts'
import { type Paint, visible } from '../paint.ts'
import { table } from '../table.ts'
import { confirmed, openTerminal } from '../terminal.ts'
import { formatTime } from '../units.ts'

export interface KeysOptions {
  readonly config: string
  readonly json?: boolean
}

export interface RotateOptions extends KeysOptions {
  readonly use: string
  readonly now?: boolean
  readonly revoke?: boolean
  readonly yes?: boolean
}

const uses = ['token', 'record', 'card']

export async function listKeys(deps: CliDeps, options: KeysOptions): Promise<number> {
  const place = await findAdmin(deps, options.config)
  return show(deps, options, isProblem(place) ? place : await adminClient(place).listKeys())
}

/** A revoked key cannot be brought back: what it signed is refused from then on, so that is asked about. */
export async function rotateKey(deps: CliDeps, options: RotateOptions): Promise<number> {
  const { use, now = false, revoke = false } = options
  if (!uses.includes(use)) return show(deps, options, problem('usage', `--use takes one of ${uses.join(', ')}.`))
  const question = `Revoke the ${use} key? Everything it signed is refused from now on.`
  const go = revoke ? await confirmed(deps, question, !!options.yes) : true
  if (go !== true) return show(deps, options, go)
  const place = await findAdmin(deps, options.config)
  return show(deps, options, isProblem(place) ? place : await adminClient(place).rotateKey({ use, now, revoke }))
}

function show(deps: CliDeps, options: KeysOptions, answer: KeyList | CliProblem): number {
  const terminal = openTerminal(deps)
  if (isProblem(answer)) return terminal.fail(answer)
  if (options.json) terminal.printJson(answer)
  else terminal.print(keysTable(answer.keys, terminal.paint))
  return exits.ok
}

function keysTable(keys: readonly KeyView[], paint: Paint): string {
  const columns = ['USE', 'STATE', 'ALG', 'SIGNS FROM', 'UNTIL', 'ACCEPTED UNTIL', 'KEY'].map((title) => ({ title }))
  return table(
    columns,
    keys.map((key) => [
      visible(key.use),
      stateOf(key, paint),
      visible(key.alg),
      formatTime(key.active_from),
      timeOr(key.retired_at),
      timeOr(key.not_after),
      visible(key.kid),
    ]),
  )
}

function stateOf({ state, source, revoked_at }: KeyView, paint: Paint): string {
  if (revoked_at !== null) return paint('bad', 'revoked')
  const text = source === 'credential' ? `${state} (credential)` : state
  return state === 'active' ? paint('good', text) : paint('quiet', text)
}

function timeOr(at: number | null): string {
  return at === null ? '-' : formatTime(at)
}
