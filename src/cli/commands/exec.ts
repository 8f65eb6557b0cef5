/** `weir exec`: runs any command as an agent, for a person, in one run, and says at its end what that came to. */
import { spawn } from 'node:child_process'
import { formatMicros } from '../../domain/spend.ts'
import { adminClient, findAdmin } from '../admin-client.ts'
import type { RunDetail } from '../admin-api.ts'
import type { CliDeps } from '../deps.ts'
import { openForwarder, type Passport } from '../exec/forwarder.ts'
import { type CliProblem, isProblem, problem } from '../exit-codes.ts'
import { visible } from '../paint.ts'
import { openTerminal, type Terminal } from '../terminal.ts'
import { formatCount, formatDuration } from '../units.ts'

export interface ExecOptions {
  readonly config: string
  readonly agent: string
  readonly for?: string
  readonly reason: string
  readonly gateway?: string
  readonly json?: boolean
}

/** A token is renewed when less than this is left of it. */
const renewBefore_ms = 30_000

/** Ends with the exit code of the command; 128 and the number of its signal where it was killed. */
export async function execute(deps: CliDeps, command: readonly string[], options: ExecOptions): Promise<number> {
  const terminal = openTerminal(deps)
  const [program, ...args] = command
  if (program === undefined) return terminal.fail(problem('usage', 'Name a command behind --.'))
  const gateway = await gatewayOf(deps, options)
  if (isProblem(gateway)) return terminal.fail(gateway)
  const place = await findAdmin(deps, options.config)
  if (isProblem(place)) return terminal.fail(place)
  const admin = adminClient(place)
  const { agent, for: person, reason } = options
  const first = await mintFor(deps, options)
  if (isProblem(first)) return terminal.fail(first)
  const run = await admin.openRun({ agent, reason, ...(person !== undefined && { person }) })
  if (isProblem(run)) return terminal.fail(run)
  const secret = `weir_exec_${deps.dice.hex(24)}`
  const traceparent = `00-${deps.dice.hex(16)}-${deps.dice.hex(8)}-01`
  const passport: Passport = { credential: credentials(deps, options, first), run: run.id, traceparent }
  const forwarder = await openForwarder(gateway, secret, passport)
  terminal.say(`${run.id}: ${visible(run.root)}${run.person === null ? '' : ` for ${visible(run.person)}`}`)
  try {
    return await runCommand(
      program,
      args,
      environment(deps.env, { url: forwarder.url, secret, run: run.id, traceparent }),
    )
  } catch (error) {
    return terminal.fail(problem('not_found', `${program} cannot be started: ${String(error)}`))
  } finally {
    await forwarder.close()
    const ended = await admin.endRun(run.id, 'the command has ended')
    const seen = isProblem(ended) ? await admin.showRun(run.id) : ended
    if (isProblem(seen)) terminal.fail(seen)
    else tell(terminal, seen, options.json === true)
  }
}

async function gatewayOf(deps: CliDeps, { config, gateway }: ExecOptions): Promise<URL | CliProblem> {
  const world = gateway === undefined ? await deps.connect.world(config) : { url: gateway }
  if ('exit' in world) return world
  const url = URL.parse(world.url)
  const isPlain = url !== null && ['http:', 'https:'].includes(url.protocol) && url.username === ''
  return isPlain ? url : problem('usage', `${world.url} is no http or https URL.`)
}

type Minted = Exclude<Awaited<ReturnType<CliDeps['token']['mint']>>, CliProblem>

async function mintFor(deps: CliDeps, { config: configPath, agent, for: person }: ExecOptions) {
  return await deps.token.mint({ configPath, agent, person: person ?? null, ttl_s: null, to: null })
}

/** One token at a time, made anew before it ends; whoever asks meanwhile waits for the same one. */
function credentials(deps: CliDeps, options: ExecOptions, first: Minted): Passport['credential'] {
  let held = first
  let minting: Promise<Minted | CliProblem> | null = null
  return async () => {
    if (held.expires_at - deps.clock.now() > renewBefore_ms) return held.token
    minting ??= mintFor(deps, options).finally(() => (minting = null))
    const minted = await minting
    if (isProblem(minted)) return { sentence: minted.text }
    held = minted
    return held.token
  }
}

interface Local {
  readonly url: string
  readonly secret: string
  readonly run: string
  readonly traceparent: string
}

/** What the usual SDKs look for, all of it good on this machine only. */
function environment(env: CliDeps['env'], { url, secret, run, traceparent }: Local): NodeJS.ProcessEnv {
  return {
    ...env,
    WEIR_URL: url,
    WEIR_TOKEN: secret,
    WEIR_RUN_ID: run,
    WEIR_MCP_URL: `${url}/mcp`,
    TRACEPARENT: traceparent,
    OPENAI_BASE_URL: `${url}/v1`,
    OPENAI_API_KEY: secret,
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_AUTH_TOKEN: secret,
    ANTHROPIC_API_KEY: undefined,
    WEIR_ADMIN_TOKEN: undefined,
  }
}

const signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']
/** What a shell adds to the number of the signal a command died of. */
const killed = 128
const signalNumbers: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGKILL: 9, SIGTERM: 15 }

/** The command has the terminal; what is sent to us goes on to it. Rejects where it cannot be started. */
async function runCommand(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(program, args, { stdio: 'inherit', env })
  const passOn = (signal: NodeJS.Signals): void => void child.kill(signal)
  for (const signal of signals) process.on(signal, passOn)
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code, signal) => resolve(code ?? killed + (signalNumbers[signal ?? ''] ?? 0)))
    })
  } finally {
    for (const signal of signals) process.off(signal, passOn)
  }
}

function tell(terminal: Terminal, run: RunDetail, asJson: boolean): void {
  if (asJson) return terminal.say(JSON.stringify(run))
  const { id, calls, refused, spent, depth_max, halt, state, started_at, ends_at } = run
  const over = halt === null ? state : `halted: ${visible(halt.code)}, ${visible(halt.reason)}`
  const counted = `${formatCount(calls)} calls, ${formatCount(refused)} refused, depth ${depth_max}`
  const cost = `${formatMicros(spent.cost_micros)}, ${formatCount(spent.tokens)} tokens`
  terminal.say(`${id}: ${over}; ${counted}; ${cost}. `)
  terminal.say(`weir runs show ${id}`)
}
