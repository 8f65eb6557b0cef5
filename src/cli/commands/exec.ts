/** `weir exec`: runs any command as an agent, for a person, in one run, and says at its end what that came to. */
import { setTimeout as pause } from 'node:timers/promises'
import { formatMicros } from '../../domain/spend.ts'
import { type AdminClient, adminClient, findAdmin } from '../admin-client.ts'
import type { RunDetail } from '../admin-api.ts'
import type { AdminPlace, CliDeps } from '../deps.ts'
import { runCommand } from '../exec/child.ts'
import { credentials } from '../exec/credentials.ts'
import { environment } from '../exec/environment.ts'
import { openForwarder, type Passport } from '../exec/forwarder.ts'
import { type CliProblem, isProblem, problem } from '../exit-codes.ts'
import { visible } from '../paint.ts'
import { openTerminal, type Terminal } from '../terminal.ts'
import { formatCount, formatTime } from '../units.ts'

export interface ExecOptions {
  readonly config: string
  readonly agent: string
  readonly for?: string
  readonly reason: string
  readonly gateway?: string
  readonly json?: boolean
}

/** Calls that were cut off with the command may take this long to be booked. */
const endTries = 50
const endPause_ms = 100

/** Ends with the exit code of the command; 128 and the number of its signal where it was killed. */
export async function execute(deps: CliDeps, command: readonly string[], options: ExecOptions): Promise<number> {
  const terminal = openTerminal(deps)
  const places = await placesOf(deps, options)
  if (isProblem(places)) return terminal.fail(places)
  const admin = adminClient(places.admin)
  const { config: configPath, agent, for: person, reason } = options
  const mint = () => deps.token.mint({ configPath, agent, person: person ?? null, ttl_s: null, to: null })
  const first = await mint()
  if (isProblem(first)) return terminal.fail(first)
  const run = await admin.openRun({ agent, reason, ...(person !== undefined && { person }) })
  if (isProblem(run)) return terminal.fail(run)
  terminal.say(`${run.id}: ${visible(run.root)}${run.person === null ? '' : ` for ${visible(run.person)}`}`)
  const passport = {
    credential: credentials(deps.clock, first, mint),
    run: run.id,
    traceparent: `00-${deps.dice.hex(16)}-${deps.dice.hex(8)}-01`,
    publicUrl: places.publicUrl,
  }
  let how = 'could not be started'
  try {
    const code = await runBehind(deps, command, places.gateway, passport)
    if (typeof code !== 'number') return terminal.fail(code)
    how = `ended with ${code}`
    return code
  } finally {
    const seen = await endRun(admin, run.id, `the command ${how}`)
    if (isProblem(seen)) terminal.fail(seen)
    else tell(terminal, seen, options.json === true)
  }
}

interface Places {
  readonly admin: AdminPlace
  readonly gateway: URL
  readonly publicUrl: string
}

async function placesOf(deps: CliDeps, { config, gateway }: ExecOptions): Promise<Places | CliProblem> {
  const world = await deps.connect.world(config)
  if ('exit' in world) return world
  const asked = gateway ?? world.url
  const url = URL.parse(asked)
  const isPlain = url !== null && /^https?:$/.test(url.protocol) && url.username + url.password + url.search === ''
  if (!isPlain) return problem('usage', `${asked} is no http or https URL of a gateway.`)
  const admin = await findAdmin(deps, config)
  return isProblem(admin) ? admin : { admin, gateway: url, publicUrl: world.url }
}

/** The exit code of the command; it has a forwarder for as long as it runs, and whatever it left open ends with it. */
async function runBehind(
  { dice, env }: CliDeps,
  [program = '', ...args]: readonly string[],
  gateway: URL,
  passport: Passport,
): Promise<number | CliProblem> {
  const secret = `weir_exec_${dice.hex(24)}`
  const { run, traceparent } = passport
  const forwarder = await openForwarder(gateway, secret, passport)
  try {
    const code = await runCommand(program, args, environment(env, { url: forwarder.url, secret, run, traceparent }))
    return typeof code === 'number' ? code : notStarted(program, code)
  } finally {
    await forwarder.close()
  }
}

function notStarted(program: string, { code, message }: NodeJS.ErrnoException): CliProblem {
  if (code === 'ENOENT') return problem('exec_not_found', `${program} is no command that is found here.`)
  return problem('exec_not_startable', `${program} cannot be started: ${message}`)
}

/** The run as it is at last: ended, or halted before, or still active where calls in it do not come to their end. */
async function endRun(admin: AdminClient, id: string, reason: string): Promise<RunDetail | CliProblem> {
  for (let left = endTries; ; left -= 1) {
    const ended = await admin.endRun(id, reason)
    if (!isProblem(ended) || ended.exit !== 'no') return ended
    const seen = await admin.showRun(id)
    if (isProblem(seen) || seen.state !== 'active' || left === 0) return seen
    await pause(endPause_ms)
  }
}

function tell(terminal: Terminal, run: RunDetail, asJson: boolean): void {
  if (asJson) return terminal.say(JSON.stringify(run))
  const { id, calls, refused, spent, depth_max, halt, state, ends_at } = run
  const over = halt === null ? state : `halted: ${visible(halt.code)}, ${visible(halt.reason)}`
  const counted = `${formatCount(calls)} calls, ${formatCount(refused)} refused, depth ${depth_max}`
  const cost = `${formatMicros(spent.cost_micros)}, ${formatCount(spent.tokens)} tokens`
  terminal.say(`${id}: ${over}; ${counted}; ${cost}`)
  if (state === 'active')
    terminal.say(`Calls in it are still under way. It ends ${formatTime(ends_at)}, or by: weir runs halt ${id}`)
  terminal.say(`weir runs show ${id}`)
}
