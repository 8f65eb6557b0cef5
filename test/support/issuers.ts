/** An identity provider on disk for real processes: its keys in a file, its tokens and security events on request. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import { forge, issuerKey, type IssuerKey } from './identity-kit.ts'

/** The public URL that `startWeir` gives Weir. */
const audience = 'http://weir.test'
const iss = 'https://idp.test'

export const caep = 'https://schemas.openid.net/secevent/caep/event-type'

export interface TestIssuer {
  /** `identity` rows that believe it, as issuer and as transmitter. */
  readonly rows: {
    readonly issuers: readonly Readonly<Record<string, unknown>>[]
    readonly signals: readonly Readonly<Record<string, unknown>>[]
  }
  readonly key: IssuerKey
  /** A token of the console for that person, issued so many seconds ago. */
  token(person: string, jti: string, age_s?: number): string
  /** A SET that tells of one event about that person. */
  event(person: string, uri: string, claims?: object): string
}

/** Publishes a key in `directory` and signs with it. */
export function openIssuer(directory: string, kid = 'idp-1'): TestIssuer {
  const key = issuerKey(kid)
  const path = join(directory, 'jwks.json')
  writeFileSync(path, JSON.stringify({ keys: [key.jwk] }))
  const jwks = `file:${path}`
  const now_s = (): number => Math.floor(systemClock.now() / 1000)
  let events = 0
  return {
    rows: {
      issuers: [{ issuer: iss, jwks, agents: { 'workload-1': 'console' }, person_claim: 'act_for' }],
      signals: [{ issuer: iss, jwks }],
    },
    key,
    token(person, jti, age_s = 0) {
      const iat = now_s() - age_s
      const claims = { iss, aud: audience, sub: 'workload-1', act_for: person, jti, iat, exp: iat + 600 }
      return forge(key.privateKey, { alg: 'ES256', typ: 'JWT', kid }, claims)
    },
    event(person, uri, claims = {}) {
      events += 1
      const sub_id = { format: 'iss_sub', iss, sub: person }
      const set = { iss, aud: audience, jti: `set-${events}`, iat: now_s(), sub_id, events: { [uri]: {} }, ...claims }
      return forge(key.privateKey, { alg: 'ES256', typ: 'secevent+jwt', kid }, set)
    },
  }
}

/** Pushes a SET to Weir as RFC 8935 says. */
export async function pushEvent(weir: { readonly url: string }, set: string): Promise<Response> {
  const headers = { 'content-type': 'application/secevent+jwt', accept: 'application/json' }
  return await fetch(`${weir.url}/ssf/events`, { method: 'POST', headers, body: set })
}
