/**
 * What `weir replay --upstream mock` is made of: a gateway of its own for as long as it takes, with a state directory of its
 * own, an empty environment and one mock behind it. Nothing but loopback is reached, and the real gateway is only read.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from './base/clock.ts'
import { cryptoDice } from './base/dice.ts'
import { moduleUrl } from './base/module-url.ts'
import { aborted } from './base/waits.ts'
import { adminClient } from './cli/admin-client.ts'
import { Children } from './cli/demo/children.ts'
import { type CliProblem, isProblem, problem } from './cli/exit-codes.ts'
import type { PolicyTools } from './cli/policy/deps.ts'
import { type Arrival, openMock } from './cli/rerun/mock.ts'
import { Player, type PlayerParts } from './cli/rerun/player.ts'
import type { Settings } from './config/settings.ts'
import type { RunId } from './domain/ids.ts'
import type { CallRecord, LedgerEntry } from './domain/record.ts'
import { readLedger } from './ledger/read.ts'
import { keptOfCall } from './ledger/vault/kept.ts'
import { type Names, openVaultReader } from './ledger/vault/names.ts'
import { type PayloadPart, PayloadReader } from './ledger/vault/payloads.ts'
import { placeOfVault } from './gateway-vault.ts'
import { compareRun, type Played } from './pipeline/whatif/rerun/compare.ts'
import { standingFacts } from './pipeline/whatif/facts.ts'
import { toolIn } from './pipeline/whatif/rerun/mcp-words.ts'
import { answerOf, planeIn, requestOf } from './pipeline/whatif/rerun/speak.ts'
import { priceIn, standInFile, toldCost } from './pipeline/whatif/rerun/stand-in.ts'
import { type Timeline, timelineOf } from './pipeline/whatif/rerun/timeline.ts'
import { openFolder, readConfig, runNamed } from './tools-policy.ts'
import { standInTokens } from './tools-rerun-tokens.ts'

/** Entries of one run that are held: two for each call, and those that say what became of the run. */
const entries_max = 50_000

type Watch = Parameters<PolicyTools['rerun']>[1]

export const rerun: PolicyTools['rerun'] = async (asked, watch) => {
  const loaded = await readConfig(asked.configPath)
  if (isProblem(loaded)) return loaded
  const other = asked.limitsOf === null ? loaded : await readConfig(asked.limitsOf)
  if (isProblem(other)) return other
  const run = runNamed(asked.run)
  if (typeof run !== 'string') return run
  const policyDir = resolve(asked.dir ?? loaded.settings.policy.dir)
  const policy = await openFolder(policyDir, standingFacts(loaded.settings))
  if (isProblem(policy)) return policy
  const names = openVaultReader(placeOfVault(loaded.settings))
  if (typeof names === 'string') return problem('failed', names)
  try {
    const entries = await entriesOf(join(loaded.settings.state.dir, 'ledger'), run, names)
    if (entries.length === 0) return problem('not_found', `The ledger keeps nothing of ${run}.`)
    const timeline = timelineOf(entries, new Set(loaded.settings.agents.keys()))
    const limits = other.settings.limits
    const play = { settings: loaded.settings, limits, policyDir, timeline, names }
    const played = await playOn(play, asked.timeout_ms, watch)
    return isProblem(played) ? played : compareRun(run, timeline, played, played.records)
  } finally {
    names?.close()
  }
}

async function entriesOf(ledger: string, run: RunId, names: Names | null): Promise<readonly LedgerEntry[]> {
  const entries: LedgerEntry[] = []
  for await (const item of readLedger(ledger, 0, names)) {
    if (item.kind !== 'entry' || !('run' in item.entry) || item.entry.run !== run) continue
    if (entries.length < entries_max) entries.push(item.entry)
  }
  return entries
}

interface Play {
  readonly settings: Settings
  readonly limits: Settings['limits']
  readonly policyDir: string
  readonly timeline: Timeline
  readonly names: Names | null
}

type PlayedOn = Played & { readonly records: ReadonlyMap<string, CallRecord> }

async function playOn(play: Play, timeout_ms: number, watch: Watch): Promise<PlayedOn | CliProblem> {
  if (play.timeline.calls.size === 0) return { fates: new Map(), ended: 'complete', ms: 0, records: new Map() }
  const stopped = aborted(watch.signal).then(() => problem('interrupted', 'Stopped; nothing is left running.'))
  await using struck = new AsyncDisposableStack()
  return await Promise.race([stopped, playOnStage(play, timeout_ms, { watch, struck })])
}

interface Stage {
  readonly watch: Watch
  readonly struck: AsyncDisposableStack
}

async function playOnStage(play: Play, timeout_ms: number, { watch, struck }: Stage): Promise<PlayedOn | CliProblem> {
  const dir = await mkdtemp(join(tmpdir(), 'weir-replay-'))
  struck.defer(() => rm(dir, { recursive: true, force: true, maxRetries: 3 }))
  const children = struck.use(new Children())
  const holder: { player: Player | null } = { player: null }
  const onArrival = (arrival: Arrival): void => (holder.player ? holder.player.arrive(arrival) : arrival.cut())
  const mock = struck.use(await openMock({ onArrival, toolsOf: toolsIn(play.timeline), secret: cryptoDice().hex(16) }))
  const stateDir = join(dir, 'state')
  const file = join(dir, 'weir.yaml')
  const written = standInFile(play.settings, { ...play, upstream: mock.url, stateDir })
  await writeFile(file, written, { mode: 0o600 })
  // Of the environment nothing is handed on: it may hold keys of the real gateway.
  const script = fileURLToPath(moduleUrl('./tools-rerun-gateway.ts', import.meta.url))
  const gateway = await children.start(script, [file], {})
  if (isProblem(gateway)) return gateway
  const { data, admin } = gateway.ready
  const tokens = await standInTokens(file)
  if (isProblem(tokens)) return tokens
  const parts = { gateway: String(data), timeout_ms, ...watch }
  const halt = haltOn(String(admin), (await readFile(join(stateDir, 'admin.token'), 'utf8')).trim())
  const reader = play.names && new PayloadReader(placeOfVault(play.settings).dir, play.names)
  struck.defer(() => reader?.close())
  holder.player = new Player(play.timeline, {
    ...saidIn(play, reader),
    ...parts,
    halt,
    tokenFor: tokens,
    ...ownWorld(),
  })
  const played = await holder.player.play()
  await gateway.stop()
  return { ...played, records: await recordsIn(stateDir) }
}

function ownWorld(): Pick<PlayerParts, 'clock' | 'traceparent'> {
  const dice = cryptoDice()
  return { clock: systemClock, traceparent: `00-${dice.hex(16)}-${dice.hex(8)}-01` }
}

/** What was captured in full, where it is here and is what the record says. */
function saidIn({ settings }: Play, reader: PayloadReader | null): Pick<PlayerParts, 'requestOf' | 'answerOf'> {
  const captured = (record: CallRecord, part: PayloadPart): Buffer | null => {
    const commitment = part === 'args' ? record.args_c : record.res_c
    if (!reader || commitment?.level !== 'full' || commitment.truncated) return null
    return keptOfCall(record, commitment, part, reader).bytes
  }
  const known = new Set<string>()
  const fresh = (task: string): string => {
    const id = known.has(task) ? `${task}-${known.size}` : task
    known.add(id)
    return id
  }
  return {
    requestOf: (record) => requestOf(record, captured(record, 'args')),
    answerOf(record, asked) {
      const price = priceIn(settings, record.target)
      const cost = price && toldCost(price, record)
      return answerOf(record, asked, { captured: captured(record, 'res'), cost, fresh })
    },
  }
}

/** What each server is said to have is what was called of it. */
function toolsIn({ calls }: Timeline): (server: string) => readonly string[] {
  const tools = new Map<string, Set<string>>()
  for (const { target } of calls.values()) {
    if (planeIn(target) !== 'tools') continue
    const { server, name } = toolIn(target)
    tools.set(server, (tools.get(server) ?? new Set()).add(name))
  }
  return (server) => [...(tools.get(server) ?? [])]
}

function haltOn(url: string, token: string): PlayerParts['halt'] {
  const client = adminClient({ url, token })
  return async (reason) => {
    const list = await client.listRuns()
    const active = isProblem(list) ? [] : list.runs.filter(({ state }) => state === 'active')
    for (const { id } of active) await client.haltRun(id, reason === '' ? 'halted by an operator then' : reason)
  }
}

async function recordsIn(stateDir: string): Promise<ReadonlyMap<string, CallRecord>> {
  const records = new Map<string, CallRecord>()
  for await (const item of readLedger(join(stateDir, 'ledger')))
    if (item.kind === 'entry' && item.entry.kind === 'call') records.set(item.entry.rid, item.entry)
  return records
}
