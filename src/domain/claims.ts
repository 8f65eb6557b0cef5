/**
 * What a client says of where a call belongs, in the words of its vendor. It is shown and recorded as a claim: nobody has
 * proved any of it.
 */

/** Whose words. Of several that are spoken at once, the first is kept. */
export type Vendor = 'claude-code' | 'codex' | 'litellm' | 'portkey' | 'helicone'

/** Each at most 128 printable characters; null where it was not said, or was longer. */
export interface Claims {
  readonly vendor: Vendor
  /** The conversation or the piece of work, as the client counts them. */
  readonly session: string | null
  /** Which agent or step within it. */
  readonly agent: string | null
  /** The agent or step that one was started by. */
  readonly parent: string | null
  /** What kind of agent or request it is. */
  readonly type: string | null
}
