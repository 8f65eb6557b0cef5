/**
 * The delivery token: what an agent receives with a call so that its own calls are known to belong to the same run. It
 * grants nothing by itself: its holder must prove who it is beside it. Its chain holds every agent that has acted, and
 * not the holder, which has not yet.
 *
 *     jti = H(head . hop . depth . holder)     binds the hop to all that led to it
 */
import type { JsonObject } from '../../base/json.ts'
import type { AgentId } from '../../domain/ids.ts'
import type { Delegation, Lineage, Taint } from '../../domain/principal.ts'
import type { Run } from '../../domain/run.ts'
import { worseTaint } from '../../domain/taint.ts'
import { type Denial, deny, type Hop, isDenial } from '../../domain/verdict.ts'
import { authorityHash } from '../../domain/authority/hash.ts'
import { readAuthority, writeAuthority } from './authority-claims.ts'
import { inputHash, sha256 } from '../digest.ts'
import { actedIn, extend, rootHash, rootLineage } from './chain.ts'
import { readChain, writeChain } from './chain-claims.ts'
import type { BaseClaims, ReadToken } from '../strict-jwt.ts'

export const deliveryTyp = 'delivery+jwt'

/** What a delivery says; a Hop says all of it. The target is the last agent of the chain. */
export type DeliveryFacts = Pick<
  Hop,
  'id' | 'depth' | 'depthMax' | 'chain' | 'principal' | 'delegation' | 'authority' | 'budget'
> & {
  readonly run: Pick<Run, 'id' | 'person' | 'endsAt' | 'taint'>
}

/** Who issues a token and for how long, in seconds since the epoch. */
export interface Frame {
  readonly iss: string
  readonly kid: string
  readonly iat: number
  readonly exp: number
}

/** A delegation that is not yet a token: everything but the hash of how it is written. */
export type Unwritten = Omit<Delegation, 'inputHash' | 'keyId' | 'issuedAt' | 'expiresAt'>

/** One delivery as it will be read, but for how it is written; null if the chain before this call is not known. */
export function deliveryOf(facts: DeliveryFacts, iat: number): Unwritten | null {
  const { run, id: hop, depth, depthMax, chain, authority, budget } = facts
  const lineage = lineageOf(facts, iat)
  const holder = chain.at(-1)
  if (!holder || actedIn(lineage) !== depth) return null
  const tokenId = hopHash(lineage.head, hop, depth, holder)
  const inherited = { budget, taint: deliveredTaint(facts) }
  const { id, person } = run
  return { run: id, hop, depth, depthMax, chain, person, holder, tokenId, authority, ...inherited, lineage }
}

/** That of the run as it is now, or of the token the caller stands on if the run has forgotten. */
export function deliveredTaint({ run, delegation }: Pick<DeliveryFacts, 'run' | 'delegation'>): Taint {
  return worseTaint(run.taint, delegation?.taint ?? 'none')
}

/** The chain to the caller: that of its call token, or that of its delivery with the caller at the end. */
function lineageOf({ run, chain, principal, delegation, authority }: DeliveryFacts, iat: number): Lineage {
  const { agent, credentialId } = principal.proof
  const before = delegation ? { ...delegation.lineage, prh: delegation.inputHash } : null
  if (delegation && before && actedIn(before) > delegation.depth) return before
  const act = { a: agent, jti: credentialId, iat, adh: authorityHash(authority), pop: null }
  return extend(before ?? rootLineage(rootHash(run.id, chain[0] ?? agent, run.person)), act)
}

export function deliveryClaims(delegation: Unwritten, { iss, iat, exp }: Omit<Frame, 'kid'>): JsonObject {
  const { holder, depth, tokenId, authority } = delegation
  return {
    iss,
    aud: holder,
    ...writeChain(delegation, depth),
    may_act: { sub: holder },
    jti: tokenId,
    iat,
    nbf: iat,
    exp,
    ...writeAuthority(authority),
  }
}

/** Reads the claims of a delivery whose form was checked; refuses what does not hold together. */
export function readDelivery(token: ReadToken, base: BaseClaims, chain_max: number): Delegation | Denial {
  const { aud, may_act, client_id, cnf } = token.claims
  const chained = readChain(token.claims, chain_max, false)
  if (isDenial(chained)) return chained
  const holder = chained.chain.at(-1)
  if (!holder || aud !== holder || !isJust(may_act, holder))
    return refuse('aud, may_act and the end of the chain are not one agent')
  if (client_id !== undefined || cnf !== undefined) return refuse('a delivery has no client_id and no cnf')
  const { hop, depth, lineage } = chained
  if (hop === null || base.jti !== hopHash(lineage.head, hop, depth, holder))
    return refuse('jti is not that of the hop')
  const authority = readAuthority(token.claims)
  if (!authority) return refuse('scope or authorization_details cannot be read')
  const { issuedAt, expiresAt } = base
  const written = { keyId: token.kid, inputHash: inputHash(token.raw), issuedAt, expiresAt }
  return { ...chained, holder, tokenId: base.jti, authority, ...written }
}

/** `{"sub": holder}` and nothing else. */
function isJust(value: unknown, holder: AgentId): boolean {
  return JSON.stringify(value) === JSON.stringify({ sub: holder })
}

function hopHash(head: string, hop: string, depth: number, holder: AgentId): string {
  return sha256(`${head}.${hop}.${depth}.${holder}`)
}

function refuse(detail: string): Denial {
  return deny('unauthenticated', detail)
}
