/** The steps of a start that can fail, each as a value or the sentence that tells the operator what to do. */
import type { Board, BoardPlan } from './base/board.ts'
import type { Clock } from './base/clock.ts'
import { moduleUrl } from './base/module-url.ts'
import type { Loaded } from './config/load.ts'
import type { Settings } from './config/settings.ts'
import { epochsPlan } from './identity/epochs.ts'
import { fetchTextFrom } from './identity/fetch-text.ts'
import type { SigningKeys } from './identity/keys.ts'
import { openIdentity } from './identity/open.ts'
import { Revocations } from './identity/revocations.ts'
import { readRevocations } from './identity/revocations-file.ts'
import { openSignals } from './identity/signals.ts'
import { Ledger, openLedger } from './ledger/ledger.ts'
import { openAlerts } from './observe/alerts.ts'
import type { Log } from './observe/log.ts'
import { loadPolicies } from './policy/load.ts'
import { openPolicy, type PolicySnapshot } from './policy/snapshot.ts'
import { describeProblem, isCompiled, isSource, type PolicyProblem } from './policy/source.ts'
import type { Snapshot } from './pipeline/road.ts'
import { agentFacts, identitySettings, makeSnapshot } from './pipeline/snapshot.ts'
import type { Dice } from './base/dice.ts'
import { compileOn, oracleOn } from './threads/policy-tasks.ts'
import type { ProofPool } from './threads/pool.ts'
import { dirname, join } from 'node:path'

/** Why the gateway does not start; `exit` as sysexits has it. */
export interface StartProblem {
  readonly kind: 'start_problem'
  readonly exit: 70 | 75 | 78
  /** Ready to print. */
  readonly text: string
}

export function startProblem(exit: StartProblem['exit'], text: string): StartProblem {
  return { kind: 'start_problem', exit, text }
}

/** What lives as long as the process and every snapshot is made with. */
export interface Workshop {
  readonly pool: ProofPool
  readonly keys: SigningKeys
  readonly clock: Clock
  readonly dice: Dice
  readonly log: Log
}

/** Compiles the policies of these settings and opens everything a snapshot holds. */
export async function buildSnapshot(
  workshop: Workshop,
  loaded: Loaded,
  publicUrl: string,
): Promise<Snapshot | StartProblem> {
  const { settings } = loaded
  const { pool, keys, clock, dice, log } = workshop
  const policy = await readPolicy(pool, settings, log)
  if ('exit' in policy) return policy
  const fetchText = fetchTextFrom(dirname(loaded.file))
  const identity = openIdentity(identitySettings(settings, publicUrl), {
    keys,
    runProofs: pool.runProofs,
    clock,
    dice,
    fetchText,
  })
  for (const sentence of await identity.warm()) log.warn(sentence)
  const { issuers, people, signals: rows } = settings.identity
  const signals = openSignals(rows, {
    runProofs: pool.runProofs,
    clock,
    fetchText,
    issuers: [...issuers, ...people].map(({ issuer }) => issuer),
  })
  const alerts = openAlerts({ webhooks: settings.alerts.webhooks, clock, log })
  return makeSnapshot(loaded, { publicUrl, policy, identity, signals, alerts })
}

async function readPolicy(pool: ProofPool, settings: Settings, log: Log): Promise<PolicySnapshot | StartProblem> {
  const source = await loadPolicies(settings.policy.dir)
  if (!isSource(source)) return badPolicies(source)
  const compiled = await compileOn(pool, source)
  if (!isCompiled(compiled)) return badPolicies(compiled)
  for (const warning of compiled.warnings) log.warn(`policy: ${describeProblem(warning)}`)
  return openPolicy({ source, compiled, oracle: oracleOn(pool), agents: agentFacts(settings) })
}

function badPolicies(problems: readonly PolicyProblem[]): StartProblem {
  return startProblem(78, problems.map(describeProblem).join('\n'))
}

/** What was in force before this start, and where it will stand on the board. */
export interface PlannedRevocations {
  readonly rows: BoardPlan
  open(board: Board): Revocations
}

export function planRevocations({ state, maximums }: Settings, clock: Clock): PlannedRevocations | StartProblem {
  const { revocations: max } = maximums
  const known = readRevocations(state.dir, max)
  if ('sentence' in known) return startProblem(70, known.sentence)
  return {
    rows: epochsPlan(max),
    open: (board) => new Revocations(known, { board, stateDir: state.dir, max, clock }),
  }
}

export async function openLedgerIn(
  settings: Settings,
  { clock, log }: Pick<Workshop, 'clock' | 'log'>,
  boot: string,
): Promise<Ledger | StartProblem> {
  const ledger = await openLedger({
    dir: join(settings.state.dir, 'ledger'),
    workerUrl: moduleUrl('./threads/ledger-worker.ts', import.meta.url),
    boot,
    clock,
    ring_bytes: settings.maximums.record_ring_bytes,
  })
  if (!(ledger instanceof Ledger)) return startProblem(75, ledger.detail)
  for (const cut of ledger.cuts) log.warn(`ledger: ${cut}`)
  return ledger
}
