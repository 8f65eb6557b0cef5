/** Refusals of the OAuth endpoints: one table of codes (RFC 6749 section 5.2, 8693 2.2.2, 8707, 9396, 9449), carried as values. */

/** The HTTP status of each error code. */
export const oauthErrors = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  invalid_scope: 400,
  invalid_target: 400,
  invalid_authorization_details: 400,
  invalid_dpop_proof: 400,
  use_dpop_nonce: 400,
  authorization_pending: 400,
  slow_down: 400,
  access_denied: 400,
  temporarily_unavailable: 429,
} as const

export type OAuthErrorCode = keyof typeof oauthErrors

export interface OAuthRefusal {
  readonly kind: 'oauth_refusal'
  readonly error: OAuthErrorCode
  /** A fixed sentence for the caller: ASCII, never an echo of what it sent, never whether somebody else exists. */
  readonly description: string
  /** For operators and the record. */
  readonly detail: string
  /** Seconds, for `temporarily_unavailable` and `slow_down`; null elsewhere. */
  readonly retryAfter_s: number | null
}

export function oauthRefusal(
  error: OAuthErrorCode,
  description: string,
  detail: string = description,
  retryAfter_s: number | null = null,
): OAuthRefusal {
  return { kind: 'oauth_refusal', error, description, detail, retryAfter_s }
}

export function isOAuthRefusal(value: unknown): value is OAuthRefusal {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'oauth_refusal'
}
