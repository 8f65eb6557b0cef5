/** Puts the parts of identity together. A changed configuration opens a new one beside the old. */
import type { Clock } from '../base/clock.ts'
import type { Dice } from '../base/dice.ts'
import type { Delegation, Proof } from '../domain/principal.ts'
import { type Authenticator, openAuthenticator } from './authenticator.ts'
import type { ClientAuthenticator } from './client.ts'
import { type Assertion, clientAlgorithms, clientTrust, workloadAssertionTrust } from './client-assertion.ts'
import { type Once, openClientAuth } from './client-auth.ts'
import type { FetchText } from './fetch-text.ts'
import { fixedKeys, type JwksPlace, JwksSource, type KeySource } from './jwks.ts'
import type { SigningKeys } from './keys.ts'
import { type Minter, openMinter } from './mint.ts'
import { grantTrust } from './partners.ts'
import { PeerBudget, type PeerBudgetLimits } from './peer-budget.ts'
import { personTrust } from './people.ts'
import { profiles } from './profiles.ts'
import type { RunProofs } from './proof-tasks.ts'
import { openProver } from './prover.ts'
import type { IdentitySettings } from './settings.ts'
import type { Subject, SubjectVerifier } from './subject.ts'
import { openSubjects } from './subjects.ts'
import { TokenGate } from './token-gate.ts'
import { type Expiring, TokenMemory } from './token-memory.ts'
import { callTrust, deliveryTrust, foreignTrust, type Trust } from './trust.ts'

export interface IdentityParts {
  readonly keys: SigningKeys
  /** The proof pool, or `openProofRunner` where there is no pool. */
  readonly runProofs: RunProofs
  readonly clock: Clock
  readonly dice: Dice
  readonly fetchText: FetchText
  /** What may be used once only, remembered for all identities of a process. */
  readonly once: Once
  /** Unknown tokens a peer may send. Default 200 a second in bursts of 400. */
  readonly budget?: PeerBudgetLimits
}

export interface Identity extends Authenticator, Minter, ClientAuthenticator, SubjectVerifier {
  /** Reads the keys of all issuers ahead of the first call; answers with what could not be read, as sentences. */
  warm(): Promise<readonly string[]>
}

const defaultBudget: PeerBudgetLimits = { tokens_per_second: 200, burst: 400 }

export function openIdentity(settings: IdentitySettings, parts: IdentityParts): Identity {
  const { clock, dice, keys } = parts
  const { proofs, proof_queue } = settings.maximums
  const own = fixedKeys(keys.jwks.keys, ['ES256'])
  const { sources, ...trusts } = trustsOf(settings, parts, own)
  const prover = openProver(parts.runProofs, { queue_max: proof_queue })
  const budget = new PeerBudget(parts.budget ?? defaultBudget, clock)
  const shared = { prover, budget, clock, flights_max: proof_queue }
  const memoryOf = <T extends Expiring>(): TokenMemory<T> => new TokenMemory<T>(proofs, clock)
  const callMemory = memoryOf<Proof>()
  const deliveryMemory = memoryOf<Delegation>()
  const calls = new TokenGate({ trusts: trusts.callers, memory: callMemory, ...shared })
  const deliveries = new TokenGate({ trusts: trusts.deliveries, memory: deliveryMemory, ...shared })
  const { api_keys, clients, public_url } = settings
  return {
    ...openAuthenticator({ api_keys, calls, deliveries }),
    ...openMinter({ settings, kid: keys.kid, prover, clock, dice, calls: callMemory, deliveries: deliveryMemory }),
    ...openClientAuth({
      clients,
      api_keys,
      assertions: new TokenGate({ trusts: trusts.assertions, memory: memoryOf(), ...shared }),
      once: parts.once,
      clock,
    }),
    ...openSubjects({
      public_url,
      calls,
      deliveries,
      people: new TokenGate({ trusts: trusts.people, memory: memoryOf(), ...shared }),
      grants: new TokenGate({ trusts: trusts.grants, memory: memoryOf(), ...shared }),
    }),
    warm: async () => await warm(sources),
  }
}

/** Whom the gateway believes, by role. What is believed in one role counts for nothing in another. */
interface Trusts {
  readonly sources: readonly JwksSource[]
  readonly callers: ReadonlyMap<string, Trust<Proof>>
  readonly deliveries: ReadonlyMap<string, Trust<Delegation>>
  readonly assertions: ReadonlyMap<string, Trust<Assertion>>
  readonly people: ReadonlyMap<string, Trust<Subject>>
  readonly grants: ReadonlyMap<string, Trust<Subject>>
}

function trustsOf(settings: IdentitySettings, parts: IdentityParts, own: KeySource): Trusts {
  const { public_url, clients } = settings
  const { fetchText, clock } = parts
  const sources: JwksSource[] = []
  const sourceOf = (place: JwksPlace): JwksSource => {
    const source = new JwksSource(place, fetchText, clock)
    sources.push(source)
    return source
  }
  const issuers = settings.issuers.map((issuer) => {
    const form = profiles[issuer.profile].spiffe ? 'spiffe' : 'jwks'
    return { issuer, source: sourceOf({ ...issuer, form }) }
  })
  const signers = [...clients].flatMap(([agent, { jwks }]) =>
    jwks === null
      ? []
      : [[agent, clientTrust(agent, sourceOf({ jwks, algorithms: clientAlgorithms }), public_url)] as const],
  )
  const prefixes = settings.partners.map(({ person_prefix }) => person_prefix)
  return {
    // Our own row comes last: no configured issuer can stand in for the gateway.
    callers: new Map<string, Trust<Proof>>([
      ...issuers.map(({ issuer, source }) => [issuer.issuer, foreignTrust(issuer, source)] as const),
      [public_url, callTrust(settings, own)],
    ]),
    deliveries: new Map([[public_url, deliveryTrust(settings, own)]]),
    assertions: new Map<string, Trust<Assertion>>([
      ...issuers.map(
        ({ issuer, source }) => [issuer.issuer, workloadAssertionTrust(issuer, source, settings)] as const,
      ),
      ...signers,
    ]),
    people: new Map(settings.people.map((row) => [row.issuer, personTrust(row, sourceOf(row), prefixes)])),
    grants: new Map(settings.partners.map((row) => [row.issuer, grantTrust(row, sourceOf(row), public_url)])),
    sources,
  }
}

/** Documents read at once, so that a thousand clients with keys do not make a thousand connections. */
const reads_max = 16

async function warm(sources: readonly JwksSource[]): Promise<readonly string[]> {
  const waiting = [...sources]
  const reader = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await next.refresh()
  }
  await Promise.all(Array.from({ length: reads_max }, reader))
  return sources.flatMap(({ problem }) => problem ?? [])
}
