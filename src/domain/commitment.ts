/** A salted hash of a payload; the salt is sealed in the vault, with the payload where it is kept. */
export interface Commitment {
  readonly alg: 'sha-256'
  /** SHA-256 of salt and bytes, base64url. */
  readonly c: string
  /** Bytes it covers. */
  readonly n: number
  readonly level: 'hash' | 'redacted' | 'full'
  /** The payload was longer. */
  readonly truncated?: true
  /** The vault was behind and did not take it. */
  readonly dropped?: true
}
