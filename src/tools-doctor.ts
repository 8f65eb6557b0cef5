/**
 * What `weir agent doctor` needs of the house. It works from the configuration in its own process and needs no gateway.
 * What it asks is the operator's own and no agent's call: it opens no run, costs no budget and leaves no record; nothing
 * else may make the proof it asks with.
 */
import { systemClock } from './base/clock.ts'
import { cryptoDice, type Dice } from './base/dice.ts'
import { Wheel } from './base/wheel.ts'
import type { CliDeps } from './cli/deps.ts'
import { type CliProblem, isProblem, problem } from './cli/exit-codes.ts'
import { isLoaded, loadConfig } from './config/load.ts'
import { firstProblem } from './config/problems.ts'
import type { AgentSettings, Settings } from './config/settings.ts'
import { type Finding, verdictOf } from './domain/checkup.ts'
import { isAgentId } from './domain/ids.ts'
import { mintHopId } from './domain/mint-ids.ts'
import { isDenial, issueProbe, type Probe } from './domain/verdict.ts'
import { fetchTextFrom } from './identity/trust/fetch-text.ts'
import { openOutbound } from './identity/outbound/outbound.ts'
import { judgeCard, namedBy } from './pipeline/cards/card-findings.ts'
import { askFor, fetchCard, type FetchedCard, type NoCard } from './pipeline/cards/fetch-card.ts'
import { interfacesOf } from './pipeline/drivers.ts'
import type { HeaderList } from './protocol/http.ts'
import { judgeConnection, tryConnection } from './relay/doctor/connection.ts'
import { type DialectParts, fastA2aInterface, lookAtDialects, lookAtInstance } from './relay/doctor/dialects.ts'
import { knock } from './relay/doctor/framework-door.ts'
import { DriverProber } from './relay/doctor/prober.ts'
import { type Pace, sendRounds } from './relay/doctor/rounds.ts'
import { agentCoreHost } from './relay/drivers/a2a-in-agentcore.ts'
import { type FrameworkSettings, openDriver } from './relay/drivers/open.ts'
import type { Bench } from './relay/exchange.ts'
import { vertexCannotCancel } from './relay/drivers/vertex.ts'
import { Outside } from './relay/wire/outside.ts'
import { Transport } from './relay/wire/transport.ts'
import { readUpstreamTls, type UpstreamTls } from './relay/wire/upstream-tls.ts'
import { type Upstream, upstreamAt } from './relay/wire/upstream.ts'

type Examine = CliDeps['registry']['examine']
type Asked = Parameters<Examine>[0]

/** Questions that make nobody work are answered sooner than this, or not at all. */
const look_ms_max = 5000

export const examine: Examine = async (asked, step) => {
  const loaded = await loadConfig(asked.configPath)
  if (!isLoaded(loaded)) return problem('no', firstProblem(loaded, asked.configPath))
  const { settings } = loaded
  const id = asked.agent.includes(':') ? asked.agent : `agent:${asked.agent}`
  const agent = isAgentId(id) ? settings.agents.get(id) : undefined
  if (!agent) return problem('not_found', `${asked.agent} is not an agent in ${asked.configPath}.`)
  if (agent.url === null) return problem('no', `${id} has no url: it calls and cannot be called.`)
  const tls = await readUpstreamTls(agent.credential)
  if (typeof tls === 'string') return problem('no', tls)
  const credential = await credentialOf(agent)
  if (isProblem(credential)) return credential
  await using doctor = openDoctor({ agent, settings, tls, asked, headers: [...staticOf(agent), ...credential] }, step)
  const findings = withoutSecrets(await doctor.examine(), secretsOf(agent, credential))
  return { agent: id, kind: agent.driver.kind, verdict: verdictOf(findings), findings }
}

function staticOf({ headers }: AgentSettings): HeaderList {
  return headers.map(([name, secret]) => [name, secret.reveal()] as const)
}

/** Whatever an agent could repeat of what it was sent. */
function secretsOf({ driver, headers }: AgentSettings, credential: HeaderList): readonly string[] {
  const aws = 'aws' in driver ? driver.aws : null
  const keys = [aws?.session_token, 'api_key' in driver ? driver.api_key : null, ...headers.map(([, value]) => value)]
  return [...keys.flatMap((key) => key?.reveal() ?? []), ...credential.map(([, value]) => value)]
}

/** So much of a word is enough to know it by, also where the rest was cut off. */
const tellingChars = 8

/** An agent that repeats its credential in an error does not get it printed. */
function withoutSecrets(findings: readonly Finding[], secrets: readonly string[]): readonly Finding[] {
  const words = secrets.flatMap((secret) => secret.split(/\s+/)).filter((word) => word.length >= tellingChars)
  const heads = words.map((word) => word.slice(0, tellingChars).replaceAll(/[^A-Za-z0-9]/g, '\\$&'))
  const clean = (text: string): string =>
    heads.reduce((said, head) => said.replaceAll(new RegExp(`${head}\\S*`, 'g'), '[secret]'), text)
  return findings.map((finding) => ({ ...finding, seen: clean(finding.seen) }))
}

/** A token for nobody but Weir itself is obtained as in a call; one for a person and a chain cannot be without them. */
async function credentialOf({ id, credential }: AgentSettings): Promise<HeaderList | CliProblem> {
  if (credential.mode !== 'client_credentials' || credential.client_secret === null) return []
  const dice = cryptoDice()
  const never = (): never => {
    throw new Error('client credentials with a secret sign nothing and name nobody')
  }
  const parts = { sign: never, pairwise: never, clock: systemClock, dice }
  const outbound = openOutbound({ agents: new Map([[id, { credential }]]), partners: [], pools: 1 }, parts)
  const token = await outbound.credentialFor(id, '')
  return isDenial(token) ? problem('no', `No token from ${credential.token_endpoint}: ${token.detail}`) : token.headers
}

interface Case {
  readonly agent: AgentSettings
  readonly settings: Settings
  readonly tls: UpstreamTls | null
  readonly asked: Asked
  readonly headers: HeaderList
}

interface Doctor extends AsyncDisposable {
  examine(): Promise<readonly Finding[]>
}

function openDoctor(patient: Case, step: (what: string) => void): Doctor {
  const { maximums, timeouts } = patient.settings
  const work_ms = patient.asked.timeout_ms ?? timeouts.first_byte_ms
  const look_ms = Math.min(work_ms, look_ms_max)
  const wheel = new Wheel(systemClock)
  // The wheel keeps no process alive, and while it is waited on nothing else may.
  const awake = setInterval(() => {}, look_ms_max)
  // Whoever asks says how long it may take; the transport only helps it end.
  const bounds = { ...timeouts, first_byte_ms: work_ms, idle_ms: work_ms }
  const transport = new Transport({ ...bounds, connections: 4, header_bytes: maximums.header_bytes }, wheel)
  const pause = (delay_ms: number): Promise<void> => new Promise((resolve) => wheel.after(delay_ms, () => resolve()))
  const pace: Pace = { look_ms, work_ms, heartbeat_ms: timeouts.heartbeat_ms, step, pause }
  const settings = { ...bounds, ...maximums, recover_tries: 0 }
  const room: Room = { pace, dice: cryptoDice(), bench: { transport, wheel, clock: systemClock, settings } }
  return {
    examine: () => examineAll(patient, room),
    async [Symbol.asyncDispose]() {
      clearInterval(awake)
      wheel.stop()
      await transport.close()
    },
  }
}

interface Room {
  readonly pace: Pace
  readonly dice: Dice
  readonly bench: Bench
}

/** Every instance is reached; what costs something is asked of the first that can be. */
async function examineAll(patient: Case, room: Room): Promise<readonly Finding[]> {
  const { agent, tls } = patient
  const found: Finding[] = []
  let first = true
  for (const { url } of agent.instances) {
    room.pace.step(`connection to ${new URL(url).origin}`)
    const parts = { tls, timeout_ms: room.pace.look_ms, monotonic: () => systemClock.monotonic() }
    const connection = judgeConnection(url, await tryConnection(url, parts), systemClock.now())
    found.push(connection)
    if (connection.result === 'problem') continue
    found.push(...(first ? await examineOne(patient, url, room) : await glance(patient, url, room)))
    first = false
  }
  return found
}

async function examineOne(patient: Case, url: string, room: Room): Promise<readonly Finding[]> {
  const { driver } = patient.agent
  if (driver.kind === 'a2a') return await examineA2a(patient, url, room)
  const upstream = upstreamAt(url, patient.headers, [fastA2aInterface], patient.tls)
  const before =
    driver.kind === 'fasta2a'
      ? [
          ...(await examineCard(patient, url, room)).findings,
          ...(await lookAtInstance(partsFor(patient, upstream, room), null)),
        ]
      : await door(driver, upstream, room)
  if (patient.asked.message === null || before.some(({ result }) => result === 'problem')) return before
  const opened = openDriver(driver, upstream, { ...room.bench, dice: room.dice, salt: room.dice.hex(16) })
  const probe = (operation: 'send' | 'stream'): Probe => probeOf(patient, operation, room)
  const cannotCancel = driver.kind === 'vertex' ? vertexCannotCancel : null
  const prober = new DriverProber(opened, { ...room.bench, dice: room.dice, probe, cannotCancel })
  return [...before, ...(await sendRounds(prober, patient.asked.message, room.pace))]
}

async function door(driver: FrameworkSettings, upstream: Upstream, { bench, pace }: Room): Promise<readonly Finding[]> {
  pace.step(driver.kind)
  return await knock(driver, { upstream, ...bench, timeout_ms: pace.look_ms })
}

async function examineA2a(patient: Case, url: string, room: Room): Promise<readonly Finding[]> {
  const card = await examineCard(patient, url, room)
  const { origin } = new URL(url)
  const named = card.fetched.kind === 'fetched' ? namedBy(card.fetched.card.interfaces) : []
  const here = named.filter((each) => each.url !== null && new URL(each.url).origin === origin)
  const upstream = upstreamAt(url, patient.headers, interfacesOf(patient.agent), patient.tls)
  return [...card.findings, ...(await lookAtDialects({ ...partsFor(patient, upstream, room), named: here }))]
}

/** The other instances are asked what costs nothing. */
async function glance(patient: Case, url: string, room: Room): Promise<readonly Finding[]> {
  const { driver } = patient.agent
  const ways = driver.kind === 'a2a' ? interfacesOf(patient.agent) : [fastA2aInterface]
  const upstream = upstreamAt(url, patient.headers, ways, patient.tls)
  if (driver.kind !== 'a2a' && driver.kind !== 'fasta2a') return await door(driver, upstream, room)
  return await lookAtInstance(partsFor(patient, upstream, room), new URL(url).host)
}

function partsFor(patient: Case, upstream: Upstream, { bench, dice, pace }: Room): DialectParts {
  const { streams, driver } = patient.agent
  const host = driver.kind === 'a2a' && driver.aws ? agentCoreHost(driver.aws, bench.clock) : null
  const probe = probeOf(patient, 'send', { bench, dice, pace })
  // All of it is one conversation, so that the platform keeps its tasks in one place.
  const params = { message: { contextId: `doctor-${dice.hex(16)}` } }
  const known = { instance: null, task: null, context: null }
  const ask = { operation: 'send', warrant: probe, call: probe.call, params: () => params, known } as const
  return {
    upstream,
    wire: { ...bench, bytes_max: bench.settings.answer_bytes, dress: host && ((request) => host.dress(request, ask)) },
    dice,
    pace,
    named: [],
    features: { stream: streams, get: true, subscribe: streams, cancel: true, blocking: true },
    message: patient.asked.message,
  }
}

function probeOf({ agent }: Case, operation: 'send' | 'stream', { dice }: Room): Probe {
  const id = mintHopId(dice)
  const call = {
    id,
    dialect: 'a2a-1.0-jsonrpc',
    operation,
    method: operation === 'send' ? 'SendMessage' : 'SendStreamingMessage',
    target: { kind: 'agent', id: agent.id },
    rpcId: '1',
    taskId: null,
    contextId: null,
    referenceTaskIds: [],
    push: null,
    body: new Uint8Array(),
    query: '',
    receivedAt: systemClock.now(),
  } as const
  return issueProbe({ id, call })
}

interface SeenCard {
  readonly fetched: FetchedCard | NoCard
  readonly findings: readonly Finding[]
}

/** Where the configuration says, else in the places where cards are. */
async function examineCard({ agent, headers, settings }: Case, url: string, { pace }: Room): Promise<SeenCard> {
  pace.step('card')
  const configured = askFor(agent)
  const { origin } = new URL(url)
  const anywhere = { headers, signatures: 'if_present', keys: null, origin } as const
  const asks = configured ? [configured] : placesBelow(url).map((place) => ({ url: place, ...anywhere }))
  // The address is the operator's own, or was judged when it was written down.
  const allow_private = configured ? settings.gateway.outside.allow : ['0.0.0.0/0', '::/0']
  const outside = new Outside({ allow_private, connect_ms: settings.timeouts.connect_ms })
  let last: FetchedCard | NoCard = { kind: 'no_card', sentence: 'there is no card' }
  for (const ask of asks) {
    last = await fetchCard({ outside, fetchText: fetchTextFrom('.') }, ask)
    if (last.kind === 'fetched') return { fetched: last, findings: judgeCard(agent, ask.url, last) }
    // A server that is silent in one place is silent in all of them.
    if (last.sentence.includes('_timeout')) break
  }
  return { fetched: last, findings: judgeCard(agent, asks[0]?.url ?? url, last) }
}

/** SDKs look below the address of the agent or at its root; before 0.3 it had another name. */
function placesBelow(url: string): readonly string[] {
  const { origin, pathname } = new URL(url)
  const below = `${origin}${pathname.replace(/\/+$/, '')}`
  const names = ['agent-card.json', 'agent.json']
  return [...new Set([below, origin].flatMap((base) => names.map((name) => `${base}/.well-known/${name}`)))]
}
