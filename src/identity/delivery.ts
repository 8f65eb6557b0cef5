/**
 * The delivery token: what an agent receives with a call so that its own calls are known to belong to the same run. It
 * grants nothing by itself: its holder must prove who it is beside it.
 *
 *     root = H(run . first agent . person)          binds the run to who started it
 *     jti  = H(prh or root . hop . depth . holder)  binds each hop to the delivery before it
 *     prh  = jti of the delivery the caller presented; absent where it presented none of this run
 */
import { hash } from 'node:crypto'
import { isJsonObject, type JsonObject } from '../base/json.ts'
import type { Millis } from '../base/clock.ts'
import { anything } from '../domain/authority.ts'
import { type AgentId, isAgentId, isHopId, isPersonId, isRunId, type PersonId, slugOf } from '../domain/ids.ts'
import type { Delegation } from '../domain/principal.ts'
import type { Run } from '../domain/run.ts'
import { readTaint } from '../domain/taint.ts'
import { type Denial, deny, type Hop } from '../domain/verdict.ts'
import { isText, skew_ms } from './strict-jwt.ts'

export const deliveryTyp = 'delivery+jwt'

/** What a delivery says; a Hop says all of it. The target is the last agent of the chain. */
export type DeliveryFacts = Pick<Hop, 'id' | 'depth' | 'chain' | 'principal'> & {
  readonly run: Pick<Run, 'id' | 'person' | 'endsAt' | 'taint'>
}

/** Who issues it and for how long, in seconds since the epoch. */
export interface DeliveryFrame {
  readonly iss: string
  readonly iat: number
  readonly exp: number
}

/**
 * Actors nested in `act` (RFC 8693 section 4.1), the current one outermost. Only that one may count for access, so the earlier
 * ones are few here and the whole chain is in `dlg.chain`: 64 slugs of 63 characters stay below 8 KB of token.
 */
const actors_max = 4

export interface Delivery {
  readonly claims: JsonObject
  /** What `readDelivery` makes of the claims, but for free: its parts are those of the hop. */
  readonly delegation: Delegation
}

/** One delivery, as it is written and as it will be read. */
export function writeDelivery({ run, id, depth, chain, principal }: DeliveryFacts, frame: DeliveryFrame): Delivery {
  const holder = chain.at(-1) ?? principal.proof.agent
  const root = rootHash(run.id, chain[0] ?? holder, run.person)
  const parent = principal.delegation
  const prh = parent?.run === run.id ? parent.tokenId : undefined
  const jti = hopHash(prh ?? root, id, depth, holder)
  const claims = {
    ...frame,
    aud: holder,
    sub: run.person ?? chain[0] ?? holder,
    sub_profile: run.person ? 'user' : 'service',
    may_act: { sub: holder },
    act: nestActors(chain.slice(0, -1)),
    txn: run.id,
    jti,
    dlg: { v: 1, depth, hop: id, root, prh, taint: run.taint, chain: chain.map(slugOf) },
  }
  const { person } = run
  const expiresAt = frame.exp * 1000 + skew_ms
  const unsaid = { ...rest(root, prh ?? null), taint: run.taint }
  return {
    claims,
    delegation: {
      run: run.id,
      hop: id,
      depth,
      chain,
      person,
      holder,
      tokenId: jti,
      expiresAt,
      ...unsaid,
    },
  }
}

/** Reads the claims of a delivery whose form was checked; refuses what does not hold together. */
export function readDelivery(claims: JsonObject, expiresAt: Millis, chain_max: number): Delegation | Denial {
  const { aud, sub, jti, txn, may_act, dlg, sub_profile } = claims
  if (!isJsonObject(dlg) || dlg.v !== 1 || !isText(txn) || !isRunId(txn)) return refuse('dlg or txn is missing')
  const { depth, hop, root, prh } = dlg
  const taint = readTaint(dlg.taint)
  if (!taint) return refuse('taint is no taint')
  const chain = readChain(dlg.chain, chain_max)
  const holder = chain?.at(-1)
  if (!chain?.[0] || !holder || aud !== holder || !isJsonObject(may_act) || may_act.sub !== holder)
    return refuse('aud, may_act and the end of the chain are not one agent')
  if (typeof depth !== 'number' || !Number.isSafeInteger(depth) || depth < 0) return refuse('depth is no number')
  if (!isText(hop) || !isHopId(hop) || !isText(jti)) return refuse('hop or jti is missing')
  const person = isText(sub) && isPersonId(sub) ? sub : null
  if (sub_profile !== (person ? 'user' : 'service')) return refuse('sub and sub_profile disagree')
  if (root !== rootHash(txn, chain[0], person)) return refuse('root is not that of this run and person')
  if (jti !== hopHash(isText(prh) ? prh : root, hop, depth, holder)) return refuse('jti is not the head of the hops')
  const unsaid = rest(root, isText(prh) ? prh : null)
  return { run: txn, hop, depth, chain, person, holder, tokenId: jti, expiresAt, ...unsaid, taint }
}

function rest(root: string, prh: string | null) {
  const lineage = { root, prh, head: root, base: root, links: [], ext: null }
  return {
    depthMax: null,
    keyId: '',
    issuedAt: 0,
    inputHash: '',
    authority: anything,
    budget: null,
    lineage,
  } as const
}

function readChain(chain: unknown, chain_max: number): readonly AgentId[] | null {
  if (!Array.isArray(chain) || chain.length > chain_max) return null
  const agents = chain.map((slug) => `agent:${String(slug)}`)
  return agents.every(isAgentId) ? agents : null
}

function nestActors(agents: readonly AgentId[]): JsonObject | undefined {
  let act: JsonObject | undefined
  for (const sub of agents.slice(-actors_max)) act = act ? { sub, act } : { sub }
  return act
}

function rootHash(run: string, root: AgentId, person: PersonId | null): string {
  return hash('sha256', `${run}.${root}.${person ?? ''}`, 'base64url')
}

function hopHash(before: string, hop: string, depth: number, holder: AgentId): string {
  return hash('sha256', `${before}.${hop}.${depth}.${holder}`, 'base64url')
}

function refuse(detail: string): Denial {
  return deny('unauthenticated', detail)
}
