/** What the main thread asks of the proof pool. Plain values, because they cross a thread. */

/** Check one signature. */
export interface VerifyTask {
  readonly kind: 'verify'
  /** The compact JWS. */
  readonly raw: string
  /** The algorithm it must have been signed with. */
  readonly alg: string
  /** The public JWK as a canonical JSON text; equal keys have equal texts, so an imported key is found again. */
  readonly key: string
}

/** Sign `header.claims` with one of Weir's own keys. */
export interface SignTask {
  readonly kind: 'sign'
  /** The key; one that signs no more gives `false` and never the signature of another. */
  readonly kid: string
  readonly input: string
}

export type ProofTask = VerifyTask | SignTask

/** Whether the signature holds; for a SignTask the signature in base64url, or `false` where the key signs no more. */
export type ProofResult = boolean | string

/** Works off a batch, in order. Rejects only if the pool itself fails. */
export type RunProofs = (tasks: readonly ProofTask[]) => Promise<readonly ProofResult[]>
