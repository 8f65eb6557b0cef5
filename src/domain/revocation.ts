/** Words about what has been withdrawn: an agent, a person, a key, a token, or everything that was issued so far. */
import type { Millis } from '../base/clock.ts'
import type { AgentId, PersonId } from './ids.ts'

export const revocables = ['agent', 'person', 'key', 'token', 'everything'] as const
export type Revocable = (typeof revocables)[number]

/** Who asked for it: an operator, a transmitter of security events, or the client a token was issued to. */
export type RevocationSource = 'operator' | 'caep' | 'client'

/** What is withdrawn at this moment and until when it stays so. */
export interface Revocation {
  readonly what: Revocable
  /** As `nameOfKey` and its like spell it: `agent:research`, `user:tomas`, `key:...`, `token:... ...`, `everything`. */
  readonly name: string
  /**
   * Seconds since the epoch: what was issued before it no longer counts. Keys and tokens never count again, whatever
   * they say about when they were issued.
   */
  readonly epoch: number
  /** Of an agent: nothing from it, to it or through it is admitted, whenever its credentials were issued. */
  readonly contained: boolean
  readonly reason: string
  readonly actor: string
  readonly source: RevocationSource
  /** When it was ordered. */
  readonly at: Millis
  /** From then on nothing is left that it could refuse, so it is forgotten; null for never. */
  readonly until: Millis | null
}

export const everything = 'everything'

export function nameOfKey(kid: string): string {
  return `key:${kid}`
}

/** Tokens are named by issuer and `jti`: a signature has several spellings, so no hash of a token names it. */
export function nameOfToken(issuer: string, jti: string): string {
  return `token:${issuer} ${jti}`
}

/**
 * The first second whose credentials count again. Issuers write `iat` in whole seconds, so whatever was issued in the
 * very second of the revocation is withdrawn with the rest.
 */
export function epochAfter(at: Millis): number {
  return Math.floor(at / 1000) + 1
}

/** The work a call belongs to, beside who makes it. */
export interface Work {
  /** Every agent of its chain, and the target. */
  readonly agents: readonly AgentId[]
  readonly person: PersonId | null
  /** When the run began. */
  readonly since: Millis
}
