/** Who stands before the token endpoint, and on what proof. */
import type { Millis } from '../../base/clock.ts'
import type { AgentId } from '../../domain/ids.ts'
import type { Confirmation } from '../../domain/principal.ts'
import type { Inbound } from '../../protocol/http.ts'
import type { OAuthRefusal } from '../../protocol/oauth/refusal.ts'

/** Names as registered for `token_endpoint_auth_methods` where there is one; the rest are ours. */
export type ClientMethod = 'private_key_jwt' | 'tls_client_auth' | 'jwt_spiffe' | 'workload_jwt' | 'api_key'

/** The parameters of a form, each once. */
export type Form = ReadonlyMap<string, string>

export interface ClientProof {
  readonly agent: AgentId
  readonly method: ClientMethod
  /** `jti`, key id or thumbprint; safe to log. */
  readonly credentialId: string
  /** The issuer that vouched, `weir` for keys of the configuration. */
  readonly issuer: string
  readonly keyId: string | null
  readonly issuedAt: Millis
  /** The certificate it authenticated with, so that its tokens are bound to it (RFC 8705 section 3); else null. */
  readonly boundTo: Confirmation | null
  /** SHA-256 in base64url of the proof it showed; goes into the chain as `pop`. */
  readonly evidence: string
}

/** Authenticates by what the form and the connection show, by exactly one method (RFC 6749 section 2.3). Never rejects. */
export interface ClientAuthenticator {
  authenticateClient(form: Form, inbound: Inbound): Promise<ClientProof | OAuthRefusal>
}
