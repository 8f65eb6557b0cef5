/**
 * The chain as our own tokens say it: `txn`, `sub`, `act` (RFC 8693 section 4.1) and `dlg`, the same for both kinds. Only the
 * number of agents that acted differs: the holder of a call token is one of them, the holder of a delivery not yet.
 */
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { type BudgetCeiling, ceilings_max } from '../../domain/ceilings.ts'
import { type AgentId, type HopId, isAgentId, isHopId, isPersonId, isRunId, slugOf } from '../../domain/ids.ts'
import { type Delegation, type ForeignChain, type Lineage, taints } from '../../domain/principal.ts'
import { type Denial, deny } from '../../domain/verdict.ts'
import { isDigest } from '../digest.ts'
import { headOf, readLinks, rootHash } from './chain.ts'
import { isText } from '../strict-jwt.ts'

/**
 * Actors nested in `act`, the current one outermost. Only that one may count for access, so the earlier ones are few
 * here and the whole chain is in `dlg.chain`: 64 slugs of 63 characters stay below 8 KB of token.
 */
const actors_max = 4
const foreignActors_max = 64

/** The part of a delegation that its token's claims say about the chain. */
export type Chained = Pick<
  Delegation,
  'run' | 'hop' | 'depth' | 'depthMax' | 'chain' | 'person' | 'budget' | 'taint' | 'lineage'
>

/** Members that are undefined are not written. `acted` is how many agents of the chain have acted. */
export function writeChain(chained: Chained, acted: number): JsonObject {
  const { run, hop, depth, depthMax, chain, person, budget, taint, lineage } = chained
  const { root, prh, head, base, links, ext } = lineage
  return {
    sub: person ?? chain[0],
    sub_profile: person ? 'user' : 'service',
    act: nestActors(chain.slice(0, acted)),
    txn: run,
    dlg: {
      v: 1,
      depth,
      max: depthMax ?? undefined,
      hop: hop ?? undefined,
      root,
      prh: prh ?? undefined,
      head,
      base: base === root ? undefined : base,
      hops: links,
      chain: chain.map(slugOf),
      bud: budget.length > 0 ? budget.map(writeCeiling) : undefined,
      taint,
      ext: ext ? { iss: ext.issuer, head: ext.head ?? undefined, depth: ext.depth, actors: ext.actors } : undefined,
    },
  }
}

/** Reads the chain of a token of ours and computes it again; `holderActed` says which of the two kinds it is. */
export function readChain(claims: JsonObject, chain_max: number, holderActed: boolean): Chained | Denial {
  const { sub, sub_profile, txn, act, dlg } = claims
  if (!isJsonObject(dlg) || dlg.v !== 1 || !isText(txn) || !isRunId(txn)) return refuse('dlg or txn is missing')
  const { depth, max: depthMax = null } = dlg
  const hop = readHop(dlg.hop)
  const chain = readSlugs(dlg.chain, chain_max)
  if (!chain?.[0] || depth !== chain.length - 1) return refuse('depth is not the length of the chain')
  if (hop === undefined || (hop === null) !== (depth === 0)) return refuse('depth and hop disagree')
  if (depthMax !== null && !isCount(depthMax)) return refuse('max is no depth')
  const person = isText(sub) && isPersonId(sub) ? sub : null
  if (sub_profile !== (person ? 'user' : 'service')) return refuse('sub and sub_profile disagree')
  if (sub !== (person ?? chain[0])) return refuse('sub is not the root of the chain')
  const actors = chain.slice(0, holderActed ? depth + 1 : depth)
  if (!mirrors(act, actors)) return refuse('act is not the chain')
  const lineage = readLineage(dlg, actors)
  if (lineage?.root !== rootHash(txn, chain[0], person)) return refuse('the hashes are not those of this chain')
  const budget = readBudget(dlg.bud)
  const taint = taints.find((each) => each === dlg.taint)
  if (!budget || taint === undefined) return refuse('bud or taint cannot be read')
  return { run: txn, hop, depth, depthMax, chain, person, budget, taint, lineage }
}

function readHop(value: unknown): HopId | null | undefined {
  if (value === undefined) return null
  return isText(value) && isHopId(value) ? value : undefined
}

function readLineage(dlg: JsonObject, actors: readonly AgentId[]): Lineage | null {
  const { root, prh = null, head } = dlg
  const links = readLinks(dlg.hops, actors.length)
  if (!links || !isDigest(root) || (prh !== null && !isDigest(prh)) || !isDigest(head)) return null
  if (links.some((link) => link.a !== actors[link.i])) return null
  const whole = links.length === actors.length
  const base = dlg.base ?? root
  // What came before the first link kept is either the root or said.
  if (!isDigest(base) || whole !== (dlg.base === undefined) || head !== headOf(base, links)) return null
  const ext = readForeign(dlg.ext)
  return ext === undefined ? null : { root, prh, head, base, links, ext }
}

function readForeign(value: unknown): ForeignChain | null | undefined {
  if (value === undefined) return null
  if (!isJsonObject(value)) return undefined
  const { iss: issuer, head = null, depth, actors } = value
  if (!isText(issuer) || (head !== null && !isText(head)) || !isCount(depth)) return undefined
  if (!Array.isArray(actors) || actors.length > foreignActors_max || !actors.every(isText)) return undefined
  return { issuer, head, depth, actors }
}

function writeCeiling({ grant, cost_micros, tokens }: BudgetCeiling): JsonObject {
  return { id: grant, usd_u: cost_micros, tok: tokens }
}

function readBudget(value: unknown): readonly BudgetCeiling[] | null {
  if (value === undefined) return []
  if (!Array.isArray(value) || value.length === 0 || value.length > ceilings_max) return null
  const read = value.map(readCeiling).filter((ceiling) => ceiling !== null)
  return new Set(read.map(({ grant }) => grant)).size === value.length ? read : null
}

function readCeiling(value: unknown): BudgetCeiling | null {
  if (!isJsonObject(value)) return null
  const { id: grant, usd_u, tok } = value
  if (!isText(grant) || (usd_u === undefined && tok === undefined)) return null
  if ((usd_u !== undefined && !isCount(usd_u)) || (tok !== undefined && !isCount(tok))) return null
  const cost = usd_u === undefined ? {} : { cost_micros: usd_u }
  return { grant, ...cost, ...(tok === undefined ? {} : { tokens: tok }) }
}

function readSlugs(value: unknown, chain_max: number): readonly AgentId[] | null {
  if (!Array.isArray(value) || value.length > chain_max) return null
  const agents = value.map((slug) => `agent:${String(slug)}`)
  return agents.every(isAgentId) ? agents : null
}

function nestActors(agents: readonly AgentId[]): JsonObject | undefined {
  let act: JsonObject | undefined
  for (const sub of agents.slice(-actors_max)) act = act ? { sub, act } : { sub }
  return act
}

function mirrors(act: unknown, agents: readonly AgentId[]): boolean {
  let actor = act
  for (const agent of agents.slice(-actors_max).toReversed()) {
    if (!isJsonObject(actor) || actor.sub !== agent) return false
    actor = actor.act
  }
  return actor === undefined
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function refuse(detail: string): Denial {
  return deny('unauthenticated', detail)
}
