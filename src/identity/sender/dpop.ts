/** Proof of possession by DPoP (RFC 9449): what is checked and what comes of it. */

/** The request a proof must belong to. */
export interface DpopRequest {
  /** The one `DPoP` header. */
  readonly proof: string
  readonly method: string
  /** Our configured origin and the canonical path; never what Host says. */
  readonly url: string
  /** The access token shown with it, for `ath`; null at the token endpoint. */
  readonly accessToken: string | null
  readonly peer: string
  /** The key the access token is bound to, so that a proof of another one costs nothing and leaves nothing; absent for any key. */
  readonly jkt?: string
}

export interface DpopProof {
  readonly kind: 'dpop_proof'
  /** RFC 7638 thumbprint of its key. */
  readonly jkt: string
  /** SHA-256 of the proof in base64url. */
  readonly evidence: string
}

export interface DpopRefusal {
  readonly kind: 'dpop_refusal'
  readonly error: 'invalid_dpop_proof' | 'use_dpop_nonce' | 'busy'
  readonly detail: string
  /** What `DPoP-Nonce` says with `use_dpop_nonce`. */
  readonly nonce: string | null
}

export interface DpopChecker {
  /** Checks form, claims, signature and that it is the first of its kind. Never rejects. */
  checkDpop(request: DpopRequest): Promise<DpopProof | DpopRefusal>
}
