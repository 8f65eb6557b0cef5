/** The steps of a start that can fail, each as a value or the sentence that tells the operator what to do. */
import type { Clock } from './base/clock.ts'
import type { Loaded } from './config/load.ts'
import type { Settings } from './config/settings.ts'
import { fetchTextFrom } from './identity/fetch-text.ts'
import { type Keyring, openKeyring } from './identity/keyring.ts'
import { openIdentity } from './identity/open.ts'
import { openOutbound } from './identity/outbound.ts'
import { openAlerts } from './observe/alerts.ts'
import type { Log } from './observe/log.ts'
import { loadPolicies } from './policy/load.ts'
import { openPolicy, type PolicySnapshot } from './policy/snapshot.ts'
import { describeProblem, isCompiled, isSource, type PolicyProblem } from './policy/source.ts'
import type { TokenParts } from './pipeline/oauth/parts.ts'
import type { Snapshot } from './pipeline/road.ts'
import { agentFacts, identitySettings, keyPlaces, makeSnapshot, readAllTls } from './pipeline/snapshot.ts'
import type { Dice } from './base/dice.ts'
import { deny } from './domain/verdict.ts'
import { type OAuthRefusal, oauthRefusal } from './protocol/oauth/refusal.ts'
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
  readonly keys: Keyring
  readonly clock: Clock
  readonly dice: Dice
  readonly log: Log
}

/** The keys of the state directory; what happens to them later goes to the log. */
export function openKeys(settings: Settings, clock: Clock, log: Log): Keyring | StartProblem {
  const keys = openKeyring({
    ...keyPlaces(settings),
    clock,
    onTurn: (sentence) => log.info(`keys: ${sentence}`),
    onProblem: (sentence) => log.error(`keys: ${sentence}`),
  })
  return keys.kind === 'key_problem' ? startProblem(70, keys.sentence) : keys
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
  const upstreamTls = await readAllTls(settings)
  if (typeof upstreamTls === 'string') return startProblem(78, upstreamTls)
  const fetchText = fetchTextFrom(dirname(loaded.file))
  const identity = openIdentity(identitySettings(settings, publicUrl), {
    keys,
    runProofs: pool.runProofs,
    clock,
    dice,
    fetchText,
  })
  for (const sentence of await identity.warm()) log.warn(sentence)
  const outbound = openOutbound(
    { agents: settings.agents, pools: settings.maximums.proofs },
    { sign: identity.sign, clock, dice },
  )
  const alerts = openAlerts({ webhooks: settings.alerts.webhooks, clock, log })
  return makeSnapshot(loaded, { publicUrl, policy, identity, outbound, upstreamTls, oauth: closedTokens, alerts })
}

const closed = (): OAuthRefusal => oauthRefusal('invalid_client', 'Client authentication failed', 'no client is known')

/** A token endpoint at which nobody can prove anything: it refuses every client, so nothing behind it is ever asked. */
const closedTokens: TokenParts = {
  clients: { authenticateClient: async () => closed() },
  clientMethods: [],
  subjects: { verifySubject: async () => closed(), verifyGrant: async () => closed() },
  dpop: {
    checkDpop: async () => ({ kind: 'dpop_refusal', error: 'invalid_dpop_proof', detail: 'closed', nonce: null }),
  },
  minter: { mintCallToken: async () => deny('busy', 'closed') },
  authority: {
    readDetails: () => 'closed',
    readScopes: () => 'closed',
    narrower: () => 'closed',
    intersect: () => ({ scopes: [], details: [] }),
    hashOf: () => null,
  },
  revocations: { refusalOf: () => deny('unauthenticated', 'closed'), revokeToken: () => false },
  peers: { take: () => 0 },
  readOwn: async () => null,
  firstUse: () => false,
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
