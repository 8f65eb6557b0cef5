/** `weir connect`: points a client at the gateway, shows what that changes, and says what its first call was taken for. */
import { isAbsolute, join } from 'node:path'
import { lineDiff } from '../../base/line-diff.ts'
import type { FirstCall } from '../connect/deps.ts'
import { type Piece, type Recipe, recipes, tokenVariable, type World } from '../connect/recipe.ts'
import type { CliDeps } from '../deps.ts'
import { type CliProblem, exits, isProblem, problem } from '../exit-codes.ts'
import { type Paint, visible } from '../paint.ts'
import { table } from '../table.ts'
import { confirmed, openTerminal, type Terminal } from '../terminal.ts'

export interface ConnectOptions {
  readonly config: string
  readonly json?: boolean
  readonly agent?: string
  readonly dir: string
  readonly print?: boolean
  readonly write?: boolean
  readonly wait?: string
}

/** A file as it would be. */
interface Change {
  readonly path: string
  readonly before: string
  /** Null where a person has to edit it. */
  readonly after: string | null
}

const usualWait_s = 120

export async function connectClient(deps: CliDeps, client: string, options: ConnectOptions): Promise<number> {
  const terminal = openTerminal(deps)
  const recipe = Object.hasOwn(recipes, client) ? recipes[client] : undefined
  if (!recipe) return terminal.fail(problem('not_found', `${client} is no client that is known here: weir connect`))
  const wait_s = waitOf(options, deps.isTTY)
  if (wait_s === null) return terminal.fail(problem('usage', '--wait takes a whole number of seconds.'))
  const world = await deps.connect.world(options.config)
  if (isProblem(world)) return terminal.fail(world)
  const pieces = recipe.pieces(world)
  const changes = await changesOf(deps, pieces, options.dir)
  if (isProblem(changes)) return terminal.fail(changes)
  if (!options.json) terminal.print(page(recipe, { pieces, changes, world }, terminal.paint))
  const wanted = changes.filter(({ before, after }) => after !== null && after !== before)
  const backups = options.print || wanted.length === 0 ? [] : await writeAll(deps, wanted, options)
  if (isProblem(backups)) return terminal.fail(backups)
  if (!options.json) for (const line of backups) terminal.say(line)
  const call = options.print || wait_s === 0 ? undefined : await waitForCall(deps, terminal, options, wait_s)
  if (options.json) {
    const files = changes.map(({ path, before, after }) => ({
      path,
      diff: after === null ? null : lineDiff(before, after),
    }))
    const seen = call === undefined || isProblem(call) ? {} : { call }
    const shown = { schema: 'weir.connect/v1', client, url: world.url, files, backups, ...seen }
    terminal.printJson(shown)
  } else if (call && !isProblem(call)) terminal.print(callText(call, terminal.paint))
  if (call === undefined) return exits.ok
  if (call === null) return terminal.fail(problem('timeout', `No call arrived in ${wait_s} s.`))
  if (isProblem(call)) return terminal.fail(call)
  return call.agent === null ? exits.unauthenticated : exits.ok
}

export function listClients(deps: CliDeps, options: { readonly json?: boolean }): Promise<number> {
  const terminal = openTerminal(deps)
  const all = Object.entries(recipes).map(([client, { title, context }]) => ({ client, title, context }))
  const shown = { schema: 'weir.clients/v1', clients: all }
  if (options.json) terminal.printJson(shown)
  else {
    const rows = all.map(({ client, title, context }) => [client, title, context])
    terminal.print(table([{ title: 'CLIENT' }, { title: 'WHAT' }, { title: 'ITS RUN IS FOUND BY' }], rows))
  }
  return Promise.resolve(exits.ok)
}

/** Nobody waits where nobody sits, unless they ask for it. */
function waitOf({ wait }: ConnectOptions, isTTY: boolean): number | null {
  if (wait === undefined) return isTTY ? usualWait_s : 0
  return /^\d{1,5}$/.test(wait) ? Number(wait) : null
}

async function changesOf(
  deps: CliDeps,
  pieces: readonly Piece[],
  dir: string,
): Promise<readonly Change[] | CliProblem> {
  const changes: Change[] = []
  for (const piece of pieces) {
    if (piece.kind !== 'file') continue
    const path = isAbsolute(piece.path) ? piece.path : join(dir, piece.path)
    const before = await deps.connect.read(path)
    if (typeof before !== 'string') return before
    changes.push({ path, before, after: piece.edit(before) })
  }
  return changes
}

async function writeAll(
  deps: CliDeps,
  changes: readonly Change[],
  { write = false }: ConnectOptions,
): Promise<readonly string[] | CliProblem> {
  const names = changes.map(({ path }) => path).join(', ')
  const go = await confirmed(deps, `Write ${names}?`, write, '--write')
  if (go !== true) return go
  const lines: string[] = []
  for (const { path, after } of changes) {
    const written = await deps.connect.write(path, after ?? '')
    if (isProblem(written)) return written
    lines.push(written.backup === null ? `Wrote ${path}.` : `Wrote ${path}; the file as it was is ${written.backup}.`)
  }
  return lines
}

interface Seen {
  readonly pieces: readonly Piece[]
  readonly changes: readonly Change[]
  readonly world: World
}

function page(recipe: Recipe, { pieces, changes }: Seen, paint: Paint): string {
  const parts = [
    `${recipe.title}. Its run is found by: ${recipe.context}.`,
    ...changes.map((change) => fileText(change, paint)),
    ...pieces.flatMap((piece) => (piece.kind === 'file' ? [] : [pieceText(piece)])),
    `Put the credential of the agent into ${tokenVariable}: a key of identity.api_keys, or weir token mint --agent <agent>.`,
  ]
  return `${parts.join('\n\n')}\n`
}

function fileText({ path, before, after }: Change, paint: Paint): string {
  if (after === null) return paint('warn', `${path} has comments, or something of that name in it: add this by hand.`)
  if (after === before) return `${path} is as it should be.`
  const lines = lineDiff(before, after)
    .split('\n')
    .map((line) => {
      if (line.startsWith('+')) return paint('good', visible(line))
      return line.startsWith('-') ? paint('bad', visible(line)) : paint('quiet', visible(line))
    })
  return `${path}\n${lines.join('\n')}`
}

function pieceText(piece: Exclude<Piece, { readonly kind: 'file' }>): string {
  return piece.kind === 'env' ? piece.lines.map(([name, value]) => `export ${name}=${value}`).join('\n') : piece.text
}

async function waitForCall(
  deps: CliDeps,
  terminal: Terminal,
  options: ConnectOptions,
  wait_s: number,
): Promise<FirstCall | null | CliProblem> {
  const { config: configPath } = options
  const agent = options.agent ?? null
  const since = deps.clock.now()
  terminal.say(`Waiting up to ${wait_s} s for its first call${agent === null ? '' : ` as ${agent}`}. Ctrl-C to leave.`)
  return await deps.connect.firstCall({ configPath, agent, since, timeout_ms: wait_s * 1000 })
}

function callText(call: FirstCall, paint: Paint): string {
  const { agent, person, target, credential, run, origin, code, detail, hop } = call
  if (agent === null)
    return `${paint('bad', 'A call arrived, and nobody is known to make it')}: ${detail ?? ''} (${hop})\n`
  const whom = person === null ? '' : ` for ${visible(person)}`
  const end = code === null ? paint('good', 'let through') : paint('warn', `refused: ${code}, ${detail ?? ''}`)
  const found = run === null ? 'in no run' : `run ${run}, found by ${origin ?? 'nothing'}`
  return `${visible(agent)}${whom} by ${credential ?? 'nothing'} → ${visible(target)}: ${end}\n${found}; weir hop ${hop}\n`
}
