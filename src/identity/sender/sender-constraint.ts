/**
 * Whether a credential is shown by the one it was given to. A token that is bound to a key is worth nothing without that
 * key: with DPoP it comes with a proof for this one request (RFC 9449 section 7), with mTLS over a connection of the
 * certificate it names (RFC 8705 section 3).
 */
import type { Confirmation, Proof } from '../../domain/principal.ts'
import { type Challenge, type Denial, deny } from '../../domain/verdict.ts'
import type { CheckSender, Presented } from '../authenticator.ts'
import { certThumbprint } from './confirmation.ts'
import type { Credential } from '../credential.ts'
import type { DpopChecker, DpopRefusal } from './dpop.ts'
import { proofAlgorithms } from './dpop-checker.ts'

export interface ConstraintParts {
  readonly dpop: DpopChecker
  /** Our own origin: what proofs name, whatever Host says. */
  readonly public_url: string
}

const algs = proofAlgorithms.join(' ')

export function openSenderCheck({ dpop, public_url }: ConstraintParts): CheckSender {
  const checkProof = async (proof: Proof, jkt: string, { raw }: Credential, shown: Presented) => {
    const { headers, method, path, peer } = shown
    const header = headers.get('dpop')
    if (header === undefined) return refuse('invalid_dpop_proof', 'no DPoP header beside the token')
    const url = `${public_url}${path}`
    const outcome = await dpop.checkDpop({ proof: header, method, url, accessToken: raw, peer, jkt })
    if (outcome.kind === 'dpop_refusal') return denialOf(outcome)
    return outcome.jkt === jkt ? proof : refuse('invalid_dpop_proof', 'the proof is of another key than the token')
  }

  return (proof, credential, presented) => {
    const { boundTo } = proof
    if (boundTo === null) return credential.scheme === 'bearer' ? proof : deny('unauthenticated', unbound)
    if (boundTo.kind === 'mtls')
      return hasCertificate(boundTo, credential, presented) ? proof : deny('unauthenticated', cert)
    if (credential.scheme === 'bearer')
      return refuse('invalid_token', 'a token bound to a DPoP key was shown as Bearer')
    return checkProof(proof, boundTo.thumbprint, credential, presented)
  }
}

const unbound = 'the DPoP scheme was used for a token that is bound to no key'
const cert = 'the token is bound to a certificate that this connection did not show'

/** A token bound to a certificate has the type Bearer (RFC 8705 section 3). */
function hasCertificate({ thumbprint }: Confirmation, { scheme }: Credential, { clientCert }: Presented): boolean {
  return scheme === 'bearer' && clientCert !== null && certThumbprint(clientCert) === thumbprint
}

function denialOf({ error, detail, nonce }: DpopRefusal): Denial {
  return error === 'busy' ? deny('busy', detail) : refuse(error, detail, nonce)
}

function refuse(error: Challenge['error'], detail: string, nonce: string | null = null): Denial {
  const challenge = { scheme: 'DPoP', error, algs, nonce, resource_metadata: null } as const
  return deny('unauthenticated', detail, { challenge })
}
