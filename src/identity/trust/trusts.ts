/** Everybody the gateway believes, with the documents their keys are in. */
import type { Clock } from '../../base/clock.ts'
import type { Delegation, Proof } from '../../domain/principal.ts'
import { type Assertion, clientAlgorithms, clientTrust, workloadAssertionTrust } from '../clients/client-assertion.ts'
import type { FetchText } from './fetch-text.ts'
import { type JwksPlace, JwksSource, type KeySource } from './jwks.ts'
import { grantTrust } from './partners.ts'
import { personTrust } from './people.ts'
import { profiles } from './profiles.ts'
import type { IdentitySettings } from '../settings.ts'
import type { Subject } from '../clients/subject.ts'
import { type TxnToken, txnTrust } from '../tokens/txn-token.ts'
import { callTrust, deliveryTrust, foreignTrust, type Trust } from './trust.ts'

/** Whom the gateway believes, by role. What is believed in one role counts for nothing in another. */
export interface Trusts {
  readonly sources: readonly JwksSource[]
  readonly callers: ReadonlyMap<string, Trust<Proof>>
  readonly deliveries: ReadonlyMap<string, Trust<Delegation>>
  readonly assertions: ReadonlyMap<string, Trust<Assertion>>
  readonly people: ReadonlyMap<string, Trust<Subject>>
  readonly grants: ReadonlyMap<string, Trust<Subject>>
  readonly txns: ReadonlyMap<string, Trust<TxnToken>>
}

export function trustsOf(
  settings: IdentitySettings,
  parts: { readonly fetchText: FetchText; readonly clock: Clock },
  own: KeySource,
): Trusts {
  const { public_url, clients, tokens } = settings
  const { trust_domain } = tokens
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
      ...issuers.map(({ issuer, source }) => [issuer.issuer, foreignTrust(issuer, source, public_url)] as const),
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
    txns: new Map(trust_domain === null ? [] : [[public_url, txnTrust(public_url, trust_domain, own)]]),
    sources,
  }
}

/** Documents read at once, so that a thousand clients with keys do not make a thousand connections. */
const reads_max = 16

/** Reads all of them; answers with what could not be read, as sentences. */
export async function warm(sources: readonly JwksSource[]): Promise<readonly string[]> {
  const waiting = [...sources]
  const reader = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await next.refresh()
  }
  await Promise.all(Array.from({ length: reads_max }, reader))
  return sources.flatMap(({ problem }) => problem ?? [])
}
