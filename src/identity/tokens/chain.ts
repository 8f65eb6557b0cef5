/**
 * The commitment to everything that led here: one hash over the root, and one more for each agent that acted.
 *
 *     root   = H(run . first agent . person)        binds the chain to who started it
 *     head_k = H(head_(k-1) . canonical(link_k))    starts at the root
 *
 * A token carries the newest links and the head before them, so that its reader computes the head again; the older ones
 * stand in the tokens before it, which the ledger keeps.
 */
import { isJsonObject } from '../../base/json.ts'
import { type AgentId, isAgentId, type PersonId, type RunId } from '../../domain/ids.ts'
import type { ChainLink, Lineage } from '../../domain/principal.ts'
import { isDigest, sha256 } from '../digest.ts'

/** Links a token holds at most; fewer where the names are so long that it would not fit into 8 KB. */
const links_max = 8
/** Ids of credentials are chosen by issuers; a longer one is in its link as its hash. */
const linkId_max_chars = 64

export function rootHash(run: RunId, first: AgentId, person: PersonId | null): string {
  return sha256(`${run}.${first}.${person ?? ''}`)
}

/** A chain in which nobody has acted yet. */
export function rootLineage(root: string): Lineage {
  return { root, prh: null, head: root, base: root, links: [], ext: null }
}

/** How many agents have acted. */
export function actedIn({ links }: Lineage): number {
  return (links.at(-1)?.i ?? -1) + 1
}

export type Act = Omit<ChainLink, 'i'>

/** The members in the order of RFC 8785, so that a link in a token is its own canonical form. */
function linkOf(i: number, { a, adh, iat, jti, pop }: Act): ChainLink {
  return { a, adh, i, iat, jti: jti.length <= linkId_max_chars ? jti : sha256(jti), pop }
}

/** The chain with one more agent that acted. */
export function extend(lineage: Lineage, act: Act): Lineage {
  const link = linkOf(actedIn(lineage), act)
  const room = lineage.links.length < links_max ? lineage : forget(lineage)
  return { ...room, head: step(lineage.head, link), links: [...room.links, link] }
}

/** The chain in which its newest agent acted with another credential instead, as when it narrows its own token. */
export function replaceNewest(lineage: Lineage, act: Act): Lineage {
  const links = lineage.links.slice(0, -1)
  const link = linkOf(actedIn(lineage) - 1, act)
  return { ...lineage, head: step(headOf(lineage.base, links), link), links: [...links, link] }
}

/** The same chain without its oldest link. */
export function forget(lineage: Lineage): Lineage {
  const [oldest, ...links] = lineage.links
  return oldest ? { ...lineage, base: step(lineage.base, oldest), links } : lineage
}

export function headOf(base: string, links: readonly ChainLink[]): string {
  return links.reduce(step, base)
}

/** Strings are written by JSON.stringify as RFC 8785 wants them, and numbers here are whole. */
function step(head: string, link: ChainLink): string {
  return sha256(`${head}.${JSON.stringify(link)}`)
}

const members = ['a', 'adh', 'i', 'iat', 'jti', 'pop']

/** Reads the links of a token in which `acted` agents acted: consecutive, ending with the newest; null if they are not. */
export function readLinks(value: unknown, acted: number): readonly ChainLink[] | null {
  if (!Array.isArray(value) || value.length === 0 || value.length > Math.min(links_max, acted)) return null
  const links = value.map((each, at) => readLink(each, acted - value.length + at))
  return links.every((link) => link !== null) ? links : null
}

function readLink(value: unknown, place: number): ChainLink | null {
  if (!isJsonObject(value) || Object.keys(value).some((name, at) => name !== members[at])) return null
  const { a, adh, i, iat, jti, pop } = value
  if (i !== place || typeof a !== 'string' || !isAgentId(a)) return null
  if (typeof iat !== 'number' || !Number.isSafeInteger(iat) || iat < 0) return null
  if (typeof jti !== 'string' || jti === '' || jti.length > linkId_max_chars) return null
  if ((adh !== null && !isDigest(adh)) || (pop !== null && !isDigest(pop))) return null
  return { a, adh, i, iat, jti, pop }
}
