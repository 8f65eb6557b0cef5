/** What `weir why`, `weir replay`, `weir policy simulate` and `suggest` are made of: the ledger and the policies it names. */
import { join } from 'node:path'
import { systemClock } from './base/clock.ts'
import { type CliProblem, isProblem, problem } from './cli/exit-codes.ts'
import type { CallsAsked, PolicyTools } from './cli/policy/deps.ts'
import type { Loaded } from './config/load.ts'
import { placeOfVault } from './gateway-vault.ts'
import { isHopId, isPersonId } from './domain/ids.ts'
import type { CallRecord } from './domain/record.ts'
import { readLedger } from './ledger/read.ts'
import { findHop, traceRun } from './ledger/trace.ts'
import { type Names, openVaultReader } from './ledger/vault/names.ts'
import { PayloadReader } from './ledger/vault/payloads.ts'
import { limitSettings } from './pipeline/snapshot.ts'
import { listUses, openUse, useFor } from './pipeline/whatif/archive.ts'
import { cutOf } from './pipeline/whatif/cut-loop.ts'
import { standingFacts } from './pipeline/whatif/facts.ts'
import { keptArguments } from './pipeline/whatif/kept-arguments.ts'
import { agentNamed } from './pipeline/whatif/read-cases.ts'
import { type ArgumentsOf, noArgumentsKept, routesOf } from './pipeline/whatif/recorded.ts'
import { replayRun } from './pipeline/whatif/replay-run.ts'
import { Simulation } from './pipeline/whatif/simulate.ts'
import { SuggestionTally } from './pipeline/whatif/suggest.ts'
import { type OpenedPolicies, whyOf } from './pipeline/whatif/why.ts'
import { openFolder, openSource, readConfig, runNamed } from './tools-policy.ts'

export const why: PolicyTools['why'] = async ({ configPath, hop }) => {
  // The id of a hop without `hop_` is its span id.
  const id = /^[0-9a-f]{16}$/.test(hop) ? `hop_${hop}` : hop
  if (!isHopId(id)) return problem('usage', `${hop} is no id of a hop: those begin with hop_.`)
  const loaded = await readConfig(configPath)
  if (isProblem(loaded)) return loaded
  const names = namesOf(loaded)
  if (isProblem(names)) return names
  const found = await findHop(ledgerOf(loaded), id, names.open)
  if (!found) return problem('not_found', `The ledger keeps nothing of ${id}.`)
  if (found.kind === 'intent')
    return problem('not_found', `${id} is under way: it was let through, and its record is written when it ends.`)
  return await whyOf(found, await policiesOf(found, loaded), argumentsFor(loaded, names.open))
}

/** The policies a record was decided by: from the archive, else those of today if they are the same by their hash. */
async function policiesOf(record: CallRecord, loaded: Loaded): Promise<OpenedPolicies | string> {
  const { settings, hash } = loaded
  const found = useFor(await listUses(settings.state.dir), record)
  if (found) {
    const { use, exact } = found
    const opened = await openUse(settings.state.dir, use)
    if (typeof opened === 'string') return opened
    const policy = await openSource(opened.source, opened.facts)
    if (isProblem(policy)) return policy.text
    const origin = { from: 'archive', dir: use.dir, facts_as_of: use.at, exact } as const
    return { policy, routes: routesOf(opened.facts), origin }
  }
  const facts = standingFacts(settings)
  const policy = await openFolder(settings.policy.dir, facts)
  const gone = `the policies it was decided by (${record.pol_hash?.slice(0, 12) ?? 'unknown'}) are not kept any more`
  if (isProblem(policy) || policy.hash !== record.pol_hash) return gone
  const origin = {
    from: 'folder',
    dir: settings.policy.dir,
    facts_as_of: null,
    exact: hash === record.cfg_hash,
  } as const
  return { policy, routes: routesOf(facts), origin }
}

export const simulate: PolicyTools['simulate'] = async ({ configPath, dir, ...asked }, progress) => {
  const started = systemClock.monotonic()
  const loaded = await readConfig(configPath)
  if (isProblem(loaded)) return loaded
  const facts = standingFacts(loaded.settings)
  const policy = await openFolder(dir, facts)
  if (isProblem(policy)) return policy
  const names = namesOf(loaded)
  if (isProblem(names)) return names
  const argumentsOf = argumentsFor(loaded, names.open)
  const simulation = new Simulation(policy, { routes: routesOf(facts), argumentsOf })
  const problems: string[] = []
  for await (const record of callsOf({ ...loaded, names: names.open }, asked, problems)) {
    const adding = simulation.add(record)
    if (adding) await adding
    if (simulation.replayed % 10_000 === 0) progress(simulation.replayed)
  }
  return { ...simulation.report(), ms: Math.round(systemClock.monotonic() - started), problems }
}

export const suggest: PolicyTools['suggest'] = async ({ configPath, since, run }) => {
  const loaded = await readConfig(configPath)
  if (isProblem(loaded)) return loaded
  if (run !== null) {
    const calls = await callsOfRun(loaded, run)
    if (isProblem(calls)) return calls
    return (
      cutOf(calls.run, calls.calls) ??
      problem('not_found', `No call of ${run} went back to an agent that waited for it.`)
    )
  }
  const tally = new SuggestionTally(routesOf(standingFacts(loaded.settings)))
  const problems: string[] = []
  let seen = 0
  const names = namesOf(loaded)
  if (isProblem(names)) return names
  const asked = { since, agent: null, target: null, run: null }
  for await (const record of callsOf({ ...loaded, names: names.open }, asked, problems)) {
    tally.add(record)
    seen += 1
  }
  const from = since === null ? 'the beginning of the ledger' : new Date(since).toISOString()
  return tally.suggestion([
    `The least that the ${seen} calls since ${from} need: every edge that was seen, and no other.`,
    'Keep your guards (forbids) beside it; take out what should not have been there, and try it: weir policy simulate.',
    ...problems.map((each) => `The ledger could not be read to its end: ${each}`),
  ])
}

export const replay: PolicyTools['replay'] = async ({ configPath, run, dir, limitsOf }) => {
  const loaded = await readConfig(configPath)
  if (isProblem(loaded)) return loaded
  const calls = await callsOfRun(loaded, run)
  if (isProblem(calls)) return calls
  const other = limitsOf === null ? loaded : await readConfig(limitsOf)
  if (isProblem(other)) return other
  const facts = standingFacts(other.settings)
  const policy = await openFolder(dir ?? other.settings.policy.dir, facts)
  if (isProblem(policy)) return policy
  const limits = limitsOf === null ? null : limitSettings(other.settings)
  const argumentsOf = argumentsFor(loaded, calls.names)
  return await replayRun(calls.run, calls.calls, { policy, routes: routesOf(facts), limits, argumentsOf })
}

interface RunCalls {
  readonly kind: 'calls'
  readonly run: Parameters<typeof cutOf>[0]
  readonly calls: readonly CallRecord[]
  readonly names: Names | null
}

async function callsOfRun(loaded: Loaded, written: string): Promise<RunCalls | CliProblem> {
  const run = runNamed(written)
  if (typeof run !== 'string') return run
  const names = namesOf(loaded)
  if (isProblem(names)) return names
  const trace = await traceRun(ledgerOf(loaded), run, names.open)
  if (!trace) return problem('not_found', `The ledger keeps nothing of ${run}.`)
  return { kind: 'calls', run, calls: trace.calls, names: names.open }
}

async function* callsOf(
  loaded: Loaded & { readonly names: Names | null },
  asked: CallsAsked,
  problems: string[],
): AsyncGenerator<CallRecord> {
  const agent = asked.agent === null ? null : (agentNamed(asked.agent) ?? asked.agent)
  const since = asked.since ?? 0
  for await (const item of readLedger(ledgerOf(loaded), since)) {
    if (item.kind === 'unreadable') {
      problems.push(`${item.file}: not readable from offset ${item.offset}, ${item.why}`)
      continue
    }
    const { entry } = item
    if (entry.kind !== 'call' || entry.ts < since) continue
    if (agent !== null && entry.agent !== agent) continue
    if (asked.target !== null && entry.target !== asked.target) continue
    if (asked.run === null || entry.run === asked.run) yield byName(entry, loaded.names)
  }
}

/** Policies speak of persons by name, and records do not. */
function namesOf({ settings }: Loaded): { readonly kind: 'names'; readonly open: Names | null } | CliProblem {
  const open = openVaultReader(placeOfVault(settings))
  return typeof open === 'string' ? problem('failed', open) : { kind: 'names', open }
}

/** Arguments are in the vault, where they were captured; its keys open them. */
function argumentsFor(loaded: Loaded, names: Names | null): ArgumentsOf {
  return names === null ? noArgumentsKept : keptArguments(new PayloadReader(placeOfVault(loaded.settings).dir, names))
}

/** Of a million records nothing else is needed: to restore all of each takes ten times as long. */
function byName(record: CallRecord, names: Names | null): CallRecord {
  const name = record.human === null ? null : names?.nameOf(record.human)
  return name && isPersonId(name) ? { ...record, human: name } : record
}

function ledgerOf({ settings }: Loaded): string {
  return join(settings.state.dir, 'ledger')
}
