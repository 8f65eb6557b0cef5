/** What identity needs to be told: its part of the configuration and a few maximums. */
import type { IdentitySectionSettings } from '../config/settings-identity.ts'

export interface IdentitySettings extends Pick<IdentitySectionSettings, 'issuers' | 'api_keys' | 'tokens' | 'dpop'> {
  /** The gateway's own URL: issuer and audience of the tokens it mints. */
  readonly public_url: string
  readonly maximums: {
    /** Verified tokens remembered, of each role. */
    readonly proofs: number
    /** Signatures that may wait to be made or checked. */
    readonly proof_queue: number
    /** Agents in one delegation chain. */
    readonly chain: number
  }
}
