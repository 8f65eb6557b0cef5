/** The names of things. Each is branded by a guard, so a raw string cannot pass for an id. */

declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

/** A registered workload, `agent:research`. The slug is also a valid DNS label. */
export type AgentId = Branded<'AgentId'>
/** The natural person at the root of a delegation, `user:tomas`. */
export type PersonId = Branded<'PersonId'>
/** The group that owns agents and pays for them, `team:insights`. */
export type TeamId = Branded<'TeamId'>
/** One bounded piece of work, `run_` and 32 hexadecimal digits (a UUIDv7 without dashes). */
export type RunId = Branded<'RunId'>
/** One call through the gateway, admitted or refused, `hop_` and 16 hexadecimal digits. */
export type HopId = Branded<'HopId'>

const slugForm = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const personForm = /^user:[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$/
const pseudonymForm = /^user:~[a-z2-7]{26}$/
const runForm = /^run_[0-9a-f]{32}$/
const hopForm = /^hop_[0-9a-f]{16}$/

/** A slug: 1-63 characters of `a-z`, `0-9` and inner dashes. */
export function isSlug(text: string): boolean {
  return slugForm.test(text)
}

export function isAgentId(text: string): text is AgentId {
  return text.startsWith('agent:') && slugForm.test(text.slice(6))
}

export function isTeamId(text: string): text is TeamId {
  return text.startsWith('team:') && slugForm.test(text.slice(5))
}

export function isPersonId(text: string): text is PersonId {
  return personForm.test(text)
}

/** What stands for a person in the ledger, `user:~` and 26 characters: no name of a person has a `~`, so none can pass for it. */
export function isPseudonym(text: string): text is PersonId {
  return pseudonymForm.test(text)
}

export function isRunId(text: string): text is RunId {
  return runForm.test(text)
}

export function isHopId(text: string): text is HopId {
  return hopForm.test(text)
}

/** The part after the colon: `research` of `agent:research`. */
export function slugOf(id: AgentId | TeamId | PersonId): string {
  return id.slice(id.indexOf(':') + 1)
}
