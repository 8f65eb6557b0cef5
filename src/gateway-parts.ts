/** The steps of a start that can fail, each as a value or the sentence that tells the operator what to do. */
import type { Clock } from './base/clock.ts'
import type { Loaded } from './config/load.ts'
import type { Settings } from './config/settings.ts'
import { fetchTextFrom } from './identity/fetch-text.ts'
import type { SigningKeys } from './identity/keys.ts'
import { openIdentity } from './identity/open.ts'
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
import { dirname } from 'node:path'

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
    // Nothing is remembered here yet, so nothing that may be used once only is accepted.
    once: () => 'full',
  })
  for (const sentence of await identity.warm()) log.warn(sentence)
  const alerts = openAlerts({ webhooks: settings.alerts.webhooks, clock, log })
  return makeSnapshot(loaded, { publicUrl, policy, identity, alerts })
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
