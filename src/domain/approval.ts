/** The words of approvals: a person lets one exact call of one run through, once. */

/** `apr_` and 32 hexadecimal digits, derived from everything the approval is bound to. */
export type ApprovalId = `apr_${string}`

const form = /^apr_[0-9a-f]{32}$/

export function isApprovalId(text: string): text is ApprovalId {
  return form.test(text)
}

/** What the record of a call says about the approval it used, or asked for. */
export interface CallApproval {
  readonly id: ApprovalId
  /** Who granted it; null where it was only asked for. */
  readonly by: string | null
  /** SHA-256 of the arguments in their canonical form (RFC 8785), base64url. */
  readonly args_hash: string
}
