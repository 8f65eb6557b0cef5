/** The policies of a gateway: compiled before they are taken into use, and kept so that decisions can be made again. */
import type { Clock } from './base/clock.ts'
import type { Loaded } from './config/load.ts'
import type { Settings } from './config/settings.ts'
import type { Log } from './observe/log.ts'
import { agentFacts, providerFacts, serverFacts } from './pipeline/snapshot.ts'
import { keepPolicies } from './pipeline/whatif/archive.ts'
import { standingFacts } from './pipeline/whatif/facts.ts'
import { loadPolicies } from './policy/load.ts'
import { openPolicy, type PolicySnapshot } from './policy/snapshot.ts'
import { describeProblem, isCompiled, isSource, type PolicyProblem } from './policy/source.ts'
import type { ProofPool } from './threads/pool.ts'
import { compileOn, oracleOn } from './threads/policy-tasks.ts'

export async function readPolicy(
  pool: ProofPool,
  settings: Settings,
  log: Log,
): Promise<PolicySnapshot | readonly PolicyProblem[]> {
  const source = await loadPolicies(settings.policy.dir)
  if (!isSource(source)) return source
  const compiled = await compileOn(pool, source)
  if (!isCompiled(compiled)) return compiled
  for (const warning of compiled.warnings) log.warn(`policy: ${describeProblem(warning)}`)
  return openPolicy({
    source,
    compiled,
    oracle: oracleOn(pool),
    observes: observes(settings, log),
    agents: agentFacts(settings),
    servers: serverFacts(settings),
    providers: providerFacts(settings),
  })
}

/** Said at every start and reload: whoever forgets it has a gateway that refuses almost nothing. */
function observes({ policy }: Settings, log: Log): boolean {
  if (policy.mode === 'observe')
    log.warn('policies OBSERVE only: calls that no policy permits go through; set policy.mode: enforce to refuse them')
  return policy.mode === 'observe'
}

/** Between two calls nothing waits for it: the files are written by the system's threads. A disk that refuses ends nothing. */
export async function keepInForce(
  { settings, hash }: Loaded,
  policy: PolicySnapshot,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<void> {
  const { source } = policy.parts
  const inForce = { source, facts: standingFacts(settings), cfg_hash: hash, dir: settings.policy.dir, at: clock.now() }
  const problem = await keepPolicies(settings.state.dir, inForce)
  if (problem !== null) log.warn(`policy: ${problem}`)
}
