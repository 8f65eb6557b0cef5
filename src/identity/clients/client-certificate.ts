/**
 * Which agent a client certificate is, for calls and at the token endpoint alike (RFC 8705 section 2.1): a registered one, or
 * one that names a registered SPIFFE ID. That it chains to our CA and that its key is at the other end, the handshake proved.
 */
import type { Clock } from '../../base/clock.ts'
import type { ClientSettings } from '../../config/settings-identity.ts'
import { anything } from '../../domain/authority.ts'
import type { AgentId } from '../../domain/ids.ts'
import type { Proof } from '../../domain/principal.ts'
import { type Denial, deny, isDenial } from '../../domain/verdict.ts'
import { agentsByCertificate, agentsBySpiffeId } from './client-assertion.ts'
import { type Certificate, certificateOf } from './x509.ts'

/** What the DER of a certificate proves. Every refusal is `unauthenticated`. */
export type ProveCertificate = (der: Uint8Array) => Proof | Denial

export interface CertificateParts {
  readonly clients: ReadonlyMap<AgentId, ClientSettings>
  readonly clock: Clock
}

export function openCertificates({ clients, clock }: CertificateParts): ProveCertificate {
  const byThumbprint = agentsByCertificate(clients)
  const bySpiffeId = agentsBySpiffeId(clients)
  /** One for each certificate that is remembered, so that a verdict on it is remembered as well. */
  const proofs = new WeakMap<Certificate, Proof>()

  const agentOf = ({ sha256, spiffeId }: Certificate): AgentId | Denial => {
    const found = [byThumbprint.get(sha256), spiffeId === null ? undefined : bySpiffeId.get(spiffeId)]
    const [agent, ...others] = new Set(found.filter((each) => each !== undefined))
    if (agent === undefined) return deny('unauthenticated', 'the certificate is no agent')
    if (others.length > 0) return deny('unauthenticated', 'the certificate and its SPIFFE ID are two agents')
    return agent
  }

  return (der) => {
    const certificate = certificateOf(der)
    if (isDenial(certificate)) return certificate
    const now = clock.now()
    if (now < certificate.notBefore || now > certificate.notAfter)
      return deny('unauthenticated', 'the certificate is outside its time')
    const known = proofs.get(certificate)
    if (known) return known
    const agent = agentOf(certificate)
    if (typeof agent !== 'string') return agent
    const proof = proofOf(agent, certificate)
    proofs.set(certificate, proof)
    return proof
  }
}

/**
 * It counts because the configuration says so, so it is revoked under our own name with its thumbprint as `jti`. What was
 * issued before its agent was revoked stays out, and its successor comes in.
 */
function proofOf(agent: AgentId, { sha256, notBefore, notAfter }: Certificate): Proof {
  const issued = { issuer: 'weir', keyId: null, issuedAt: notBefore, expiresAt: notAfter }
  const boundTo = { kind: 'mtls', thumbprint: sha256 } as const
  const wide = { audience: null, authority: anything, delegation: null }
  return { kind: 'client_cert', agent, person: null, credentialId: sha256, ...issued, boundTo, ...wide }
}
