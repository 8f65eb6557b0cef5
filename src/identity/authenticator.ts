/**
 * Who is calling, and through which chain. Answers at once for certificates and for keys and tokens it knows, which is
 * almost always; else the proof pool is asked. Every `unauthenticated` looks alike to the caller; only the detail for operators differs.
 */
import { hash } from 'node:crypto'
import type { ApiKeySettings } from '../config/settings-identity.ts'
import { anything } from '../domain/authority.ts'
import { toolScope } from '../domain/authority/covers.ts'
import { denials } from '../domain/denials.ts'
import type { Delegation, Principal, Proof } from '../domain/principal.ts'
import { type Denial, deny, isDenial } from '../domain/verdict.ts'
import type { Inbound } from '../protocol/http.ts'
import type { ProveCertificate } from './clients/client-certificate.ts'
import { type Credential, readCredential, readTxnToken } from './credential.ts'
import type { TokenGate } from './token-gate.ts'

/** What of a request says who sent it. `peer` is the address that pays for unknown tokens. */
export type Presented = Pick<Inbound, 'method' | 'path' | 'headers' | 'peer' | 'clientCert'>

/** What a verified credential proves of who shows it like this. Answers at once unless there is a proof to check. */
export type CheckSender = (
  proof: Proof,
  credential: Credential,
  presented: Presented,
) => Proof | Denial | Promise<Proof | Denial>

export interface Authenticator {
  /**
   * `resource` is the URL of what was asked for: the one audience a call token may have. What is reached by a door that leads
   * to several things has a URL of its own as well, `behind`: a token for it is good there too, and for nothing else behind
   * that door. It is asked for only once somebody is known, and is null where nothing is. Never rejects.
   */
  authenticate(
    presented: Presented,
    resource: string,
    behind?: () => string | null,
  ): Principal | Denial | Promise<Principal | Denial>
}

export interface AuthenticatorParts {
  readonly api_keys: readonly ApiKeySettings[]
  readonly certificates: ProveCertificate
  readonly calls: TokenGate<Proof>
  readonly deliveries: TokenGate<Delegation>
  readonly checkSender: CheckSender
}

export function openAuthenticator(parts: AuthenticatorParts): Authenticator {
  const { api_keys, certificates, calls, deliveries, checkSender } = parts
  const keys = new Map(api_keys.map((key) => [key.sha256, proofOfKey(key)]))

  const prove = ({ kind, raw }: Credential, peer: string): Proof | Denial | Promise<Proof | Denial> => {
    if (kind === 'token') return calls.prove(raw, peer)
    // Looked up by hash, so the time it takes says nothing about any key.
    return keys.get(hash('sha256', raw)) ?? deny('unauthenticated', 'no such API key')
  }

  /**
   * A certificate belongs to the connection and not to the request, so it counts only where nothing else is shown: what a
   * header says is never made good by it. Of a token only what it says is remembered; that it is shown by its holder is
   * proved again with every request.
   */
  const proofOf = (presented: Presented): Proof | Denial | Promise<Proof | Denial> => {
    const { headers, clientCert } = presented
    if (clientCert !== null && !headers.has('authorization')) return certificates(clientCert)
    const credential = readCredential(headers)
    if (isDenial(credential)) return credential
    return after(prove(credential, presented.peer), (proof) =>
      isDenial(proof) ? proof : checkSender(proof, credential, presented),
    )
  }

  const identify = (
    presented: Presented,
    isFor: (audience: string) => boolean,
  ): Principal | Denial | Promise<Principal | Denial> => {
    const txn = readTxnToken(presented.headers)
    return after(proofOf(presented), (proof) => {
      if (isDenial(proof)) return proof
      // A token for one agent is nothing at another (RFC 8707); null is the gateway as a whole.
      if (proof.audience !== null && !isFor(proof.audience))
        return deny('unauthenticated', `the token is for ${proof.audience}`)
      if (txn === null) return { proof, delegation: proof.delegation }
      return after(deliveries.prove(txn, presented.peer), (delegation) => principal(proof, delegation))
    })
  }

  return {
    authenticate: (presented, resource, behind) =>
      after(
        identify(presented, (audience) => audience === resource || audience === behind?.()),
        (known) => (isDenial(known) ? challenged(known, resource) : known),
      ),
  }
}

const plainChallenge = { scheme: 'Bearer', error: 'invalid_token', algs: null, nonce: null } as const

/** Every 401 says where clients learn who issues tokens for this resource (RFC 9728 section 3.1: between host and path). */
function challenged(denial: Denial, resource: string): Denial {
  if (denials[denial.code].http !== 401) return denial
  const { origin, pathname } = new URL(resource)
  const path = pathname === '/' ? '' : pathname
  const resource_metadata = `${origin}/.well-known/oauth-protected-resource${path}`
  // What a client should ask for at first; only tools are called by clients that ask an authorization server what to do.
  const scope = path === '/mcp' || path.startsWith('/mcp/') ? { scope: toolScope } : {}
  return { ...denial, challenge: { ...plainChallenge, ...denial.challenge, resource_metadata, ...scope } }
}

/** Beside a call token with a chain of its own, the Txn-Token says where its agent stands; both must be of one run. */
function principal(proof: Proof, delegation: Delegation | Denial): Principal | Denial {
  if (isDenial(delegation)) return delegation
  const own = proof.delegation
  if (own && own.run !== delegation.run) return deny('unauthenticated', 'call token and Txn-Token are of two runs')
  if (delegation.holder === proof.agent) return { proof, delegation }
  return deny('unauthenticated', `the Txn-Token was delivered to ${delegation.holder} and not to ${proof.agent}`)
}

function proofOfKey({ id, agent, person }: ApiKeySettings): Proof {
  const unsigned = { issuer: 'weir', keyId: null, issuedAt: 0, expiresAt: Number.POSITIVE_INFINITY }
  const wide = { audience: null, boundTo: null, authority: anything, delegation: null }
  return { kind: 'api_key', agent, person, credentialId: id, ...unsigned, ...wide }
}

/** Goes on at once where there is nothing to wait for. */
function after<T, R>(value: T | Promise<T>, goOn: (value: T) => R | Promise<R>): R | Promise<R> {
  return value instanceof Promise ? value.then(goOn) : goOn(value)
}
