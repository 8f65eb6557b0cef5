/**
 * Client authentication at the token endpoint: one row for each way to show who one is, and exactly one of them at a time
 * (RFC 6749 section 2.3). Every failure reads the same, so nobody learns which clients exist.
 */
import { hash } from 'node:crypto'
import type { Millis } from '../../base/clock.ts'
import type { ApiKeySettings } from '../../config/settings-identity.ts'
import type { AgentId } from '../../domain/ids.ts'
import type { Confirmation } from '../../domain/principal.ts'
import { isDenial } from '../../domain/verdict.ts'
import type { Inbound } from '../../protocol/http.ts'
import { isOAuthRefusal, type OAuthRefusal, oauthRefusal } from '../../protocol/oauth/refusal.ts'
import type { ClientAuthenticator, ClientProof, Form } from './client.ts'
import type { Assertion } from './client-assertion.ts'
import type { ProveCertificate } from './client-certificate.ts'
import { certThumbprint } from '../sender/confirmation.ts'
import { readCredential } from '../credential.ts'
import { busyRefusal, refusalOf } from './oauth-denial.ts'
import type { TokenGate } from '../token-gate.ts'

/** Says of a name that may be used once whether this is the first use; `full`: it cannot be remembered until then. */
export type Once = (issuer: string, jti: string, expiresAt: Millis) => 'first' | 'seen' | 'full'

export interface ClientAuthParts {
  readonly api_keys: readonly ApiKeySettings[]
  readonly certificates: ProveCertificate
  readonly assertions: TokenGate<Assertion>
  readonly once: Once
}

const failed = 'Client authentication failed'

/** Which assertions come under which `client_assertion_type`. */
const methodsOf: ReadonlyMap<string, readonly Assertion['method'][]> = new Map([
  ['urn:ietf:params:oauth:client-assertion-type:jwt-bearer', ['private_key_jwt', 'workload_jwt']],
  ['urn:ietf:params:oauth:client-assertion-type:jwt-spiffe', ['jwt_spiffe']],
])

interface Shown {
  readonly kind: 'shown'
  readonly way: 'assertion' | 'header' | 'certificate'
}

export function openClientAuth(parts: ClientAuthParts): ClientAuthenticator {
  const ways: Readonly<Record<Shown['way'], Way>> = {
    assertion: byAssertion(parts),
    header: byApiKey(parts),
    certificate: byCertificate(parts),
  }
  return {
    async authenticateClient(form, inbound) {
      const shown = whatIsShown(form, inbound)
      return isOAuthRefusal(shown) ? shown : await ways[shown.way](form, inbound)
    },
  }
}

type Way = (form: Form, inbound: Inbound) => ClientProof | OAuthRefusal | Promise<ClientProof | OAuthRefusal>

/** A certificate belongs to the connection and not to the request, so it counts only where nothing else is shown. */
function whatIsShown(form: Form, { headers, clientCert }: Inbound): Shown | OAuthRefusal {
  const assertion = form.has('client_assertion') || form.has('client_assertion_type')
  const header = headers.has('authorization')
  const secret = form.has('client_secret')
  if (Number(assertion) + Number(header) + Number(secret) > 1)
    return oauthRefusal('invalid_request', 'A client authenticates in exactly one way')
  if (assertion) return { kind: 'shown', way: 'assertion' }
  if (header) return { kind: 'shown', way: 'header' }
  if (secret) return refuse('a client_secret is never accepted')
  return clientCert ? { kind: 'shown', way: 'certificate' } : refuse('nothing is shown to authenticate with')
}

function byAssertion({ assertions, once }: ClientAuthParts): Way {
  return async (form, { peer, clientCert }) => {
    const type = form.get('client_assertion_type')
    const raw = form.get('client_assertion')
    if (!type || !raw)
      return oauthRefusal('invalid_request', 'client_assertion and client_assertion_type belong together')
    const methods = methodsOf.get(type)
    if (!methods) return refuse('client_assertion_type is none we know')
    const assertion = await assertions.prove(raw, peer)
    if (isDenial(assertion)) return refusalOf(assertion, 'invalid_client', failed)
    const { agent, method, issuer, jti, keyId, issuedAt, expiresAt } = assertion
    if (!methods.includes(method)) return refuse(`a ${method} under another client_assertion_type`)
    const other = otherClient(form, agent)
    if (other) return other
    const { boundTo } = assertion
    if (boundTo && !isHeld(boundTo, clientCert)) return refuse('the assertion is bound to a key that was not shown')
    // Tokens of an issuer are shown again until they end; what a client signs itself is made for one request.
    const use = method === 'private_key_jwt' ? once(issuer, jti, expiresAt) : 'first'
    if (use === 'full') return busyRefusal('no more assertions can be remembered')
    if (use === 'seen') return refuse('the assertion was used before')
    const evidence = hash('sha256', raw, 'base64url')
    return { agent, method, credentialId: jti, issuer, keyId, issuedAt, boundTo, evidence }
  }
}

/** A connection shows the key of its certificate (RFC 8705 section 3); nothing at this endpoint shows that of a `jkt`. */
function isHeld({ kind, thumbprint }: Confirmation, clientCert: Uint8Array | null): boolean {
  return kind === 'mtls' && clientCert !== null && certThumbprint(clientCert) === thumbprint
}

function byApiKey({ api_keys }: ClientAuthParts): Way {
  const keys = new Map(api_keys.map((key) => [key.sha256, key]))
  return (form, { headers }) => {
    const credential = readCredential(headers)
    if (isDenial(credential)) return refuse(credential.detail)
    if (credential.kind !== 'api_key') return refuse('Authorization holds no API key')
    const key = keys.get(hash('sha256', credential.raw))
    if (!key) return refuse('no such API key')
    // The chain goes to others, so it names the key and never holds a hash of it.
    const evidence = hash('sha256', `weir api key ${key.id}`, 'base64url')
    const unsigned = { issuer: 'weir', keyId: null, issuedAt: 0, boundTo: null }
    const proof = { agent: key.agent, method: 'api_key', credentialId: key.id, ...unsigned, evidence } as const
    return otherClient(form, key.agent) ?? proof
  }
}

/** `tls_client_auth` (RFC 8705 section 2.1): what a certificate proves for a call, it proves here. */
function byCertificate({ certificates }: ClientAuthParts): Way {
  return (form, { clientCert }) => {
    const proof = certificates(clientCert ?? new Uint8Array())
    if (isDenial(proof)) return refuse(proof.detail)
    const { agent, credentialId, issuer, keyId, issuedAt, boundTo } = proof
    const method = 'tls_client_auth'
    return (
      otherClient(form, agent) ?? {
        agent,
        method,
        credentialId,
        issuer,
        keyId,
        issuedAt,
        boundTo,
        evidence: credentialId,
      }
    )
  }
}

/** `client_id` may be left out, for every proof names its client; but it must not name another one. */
function otherClient(form: Form, agent: AgentId): OAuthRefusal | null {
  const id = form.get('client_id')
  return id === undefined || id === agent ? null : refuse('client_id is not the client that was proved')
}

function refuse(detail: string): OAuthRefusal {
  return oauthRefusal('invalid_client', failed, detail)
}
