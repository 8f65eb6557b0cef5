/** `weir login`: a person's word from their identity provider, made into a token for one call on. */
import { spawn } from 'node:child_process'
import { open, rename, rm } from 'node:fs/promises'
import type { BoundToken, CliDeps } from '../deps.ts'
import { type CliProblem, exits, isProblem, problem } from '../exit-codes.ts'
import { openLoopback } from '../loopback.ts'
import { visible } from '../paint.ts'
import { openTerminal, type Terminal } from '../terminal.ts'
import { formatTime } from '../units.ts'

export interface LoginOptions {
  readonly issuer: string
  readonly clientId: string
  readonly gateway: string
  readonly scope: string
  readonly timeout: string
  readonly maxAge?: string
  readonly to?: string
  readonly agent?: string
  readonly key?: string
  readonly out?: string
  readonly open?: boolean
  readonly json?: boolean
}

/** The options, as what is to be done. */
interface Plan {
  readonly wait_ms: number
  readonly maxAge_s: number | null
  /** Null where the ID token is all that is wanted. */
  readonly exchange: { readonly to: string; readonly agent: string; readonly keyPath: string } | null
}

export async function login(deps: CliDeps, options: LoginOptions): Promise<number> {
  const terminal = openTerminal(deps)
  const plan = planOf(options)
  if (isProblem(plan)) return terminal.fail(plan)
  const person = await logIn(deps, terminal, options, plan)
  if (isProblem(person)) return terminal.fail(person)
  const { idToken, subject } = person
  if (plan.exchange === null) {
    answer(terminal, options, { id_token: idToken, subject }, idToken)
    terminal.say(`Logged in as ${visible(subject)}.`)
    return exits.ok
  }
  const token = await deps.login.exchange({ gateway: options.gateway, idToken, ...plan.exchange })
  if (isProblem(token)) return terminal.fail(token)
  const kept = options.out === undefined ? null : await keep(token, options.out)
  if (kept) return terminal.fail(kept)
  answer(terminal, options, token, token.access_token)
  terminal.say(
    `Logged in as ${visible(subject)}. The token is for ${visible(token.resource)} until ${formatTime(token.expires_at)}.`,
  )
  return exits.ok
}

function answer(terminal: Terminal, { json }: LoginOptions, all: object, token: string): void {
  if (json) terminal.printJson({ schema: 'weir.login/v1', ...all })
  else terminal.print(`${token}\n`)
}

function planOf({ timeout, maxAge, to, agent, key, out, json }: LoginOptions): Plan | CliProblem {
  const wait_s = secondsOf(timeout)
  if (wait_s === null || wait_s === 0) return problem('usage', '--timeout takes a whole number of seconds, 1 to 3600.')
  const maxAge_s = maxAge === undefined ? null : secondsOf(maxAge, 31_536_000)
  if (maxAge !== undefined && maxAge_s === null) return problem('usage', '--max-age takes a whole number of seconds.')
  const common = { wait_ms: wait_s * 1000, maxAge_s }
  if (to === undefined) return { ...common, exchange: null }
  if (agent === undefined || key === undefined)
    return problem(
      'usage',
      '--to needs --agent and --key: the gateway gives tokens to clients that prove who they are.',
    )
  if (out === undefined && !json)
    return problem('usage', 'The token is worth nothing without the key it is bound to; add --out <file> or --json.')
  return { ...common, exchange: { to, agent, keyPath: key } }
}

function secondsOf(text: string, max = 3600): number | null {
  const seconds = Number(text)
  return /^\d{1,9}$/.test(text) && seconds <= max ? seconds : null
}

type Person = { readonly idToken: string; readonly subject: string }

/** The listener is there before anybody is sent to it, and gone when the answer was heard. */
async function logIn(
  deps: CliDeps,
  terminal: Terminal,
  { issuer, clientId, scope, open: opens = false }: LoginOptions,
  { wait_ms, maxAge_s }: Plan,
): Promise<Person | CliProblem> {
  const loopback = await openLoopback().catch(() => null)
  if (loopback === null) return problem('failed', 'No port on 127.0.0.1 can be had for the answer.')
  try {
    const { redirectUri } = loopback
    const pending = await deps.login.begin({ issuer, clientId, redirectUri, scope, maxAge_s })
    if (isProblem(pending)) return pending
    terminal.say(`Log in here, within ${wait_ms / 1000} s:\n${pending.url}`)
    if (opens) openBrowser(pending.url)
    const answer = await loopback.answer(pending.isOurs, wait_ms)
    return answer ? await pending.finish(answer) : problem('timeout', 'Nobody logged in in time. Try again.')
  } finally {
    loopback.close()
  }
}

/** The URL is an argument and never a line for a shell. That there is no browser is no reason to stop: the URL is printed. */
function openBrowser(url: string): void {
  const command = process.platform === 'darwin' ? 'open' : 'xdg-open'
  const browser = spawn(command, [url], { stdio: 'ignore', detached: true })
  browser.once('error', () => undefined)
  browser.unref()
}

/** A file that only its owner may read from the moment it is there, whatever was there before. */
async function keep(token: BoundToken, path: string): Promise<CliProblem | null> {
  const draft = `${path}.tmp`
  try {
    await rm(draft, { force: true })
    await using file = await open(draft, 'wx', 0o600)
    await file.writeFile(`${JSON.stringify(token, null, 2)}\n`)
    await rename(draft, path)
    return null
  } catch (error) {
    return problem('failed', `${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`)
  }
}
