/** Takes a token apart for a person to look at; decides nothing. */
import { compactVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose'
import type { Millis } from '../../base/clock.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { anything, type Authority } from '../../domain/authority.ts'
import { authorityHash } from '../../domain/authority/hash.ts'
import type { Inspected, InspectedActor, SigningKey } from '../../domain/inspected.ts'
import { type Denial, isDenial } from '../../domain/verdict.ts'
import { readAuthority } from './authority-claims.ts'
import { readConfirmation } from '../sender/confirmation.ts'
import { isText, type ReadToken, readToken } from '../strict-jwt.ts'

type KeySet = { readonly keys: readonly object[] }

/** Reads a token, or says in the detail of a Denial why it cannot be one; checks the signature if keys are given. */
export async function inspectToken(raw: string, jwks?: KeySet): Promise<Inspected | Denial> {
  const token = readToken(raw.trim())
  if (isDenial(token)) return token
  const { header, claims } = token
  const dlg = isJsonObject(claims.dlg) ? claims.dlg : {}
  const authority = readAuthority(claims)
  const person = claims.sub_profile === 'user' && isText(claims.sub) ? claims.sub : null
  const actors = actorsOf(claims, dlg, authority)
  return {
    header,
    claims,
    signature: jwks ? await signatureState(token, jwks) : 'unchecked',
    signedBy: jwks ? keyOf(token, jwks) : null,
    issuedAt: millis(claims.iat),
    expiresAt: millis(claims.exp),
    person,
    login: loginOf(claims),
    chain: [...(person === null ? [] : [person]), ...actors.map(({ agent }) => agent)],
    actors,
    run: text(claims.txn),
    hop: text(dlg.hop),
    depth: count(dlg.depth),
    depthMax: count(dlg.max),
    audience: text(claims.aud),
    boundTo: readConfirmation(claims) ?? null,
    authority,
    budget: budgetOf(dlg.bud),
    taint: text(dlg.taint),
    foreign: foreignOf(dlg.ext),
  }
}

async function signatureState(token: ReadToken, jwks: KeySet): Promise<'valid' | 'invalid'> {
  try {
    const keys: JSONWebKeySet = { keys: jwks.keys.map((key) => ({ ...key })) }
    await compactVerify(token.raw, createLocalJWKSet(keys))
    return 'valid'
  } catch {
    return 'invalid'
  }
}

/** The key a token names, with the time in which it signed where the set says that. */
function keyOf({ kid, claims }: ReadToken, { keys }: KeySet): SigningKey | null {
  const key: unknown = keys.find((each) => 'kid' in each && each.kid === kid)
  if (!isJsonObject(key)) return null
  const { active_from, retired_at, revoked_at } = key
  const at = millis(claims.iat) ?? 0
  const window = { activeFrom: count(active_from), retiredAt: count(retired_at), revokedAt: count(revoked_at) }
  // `iat` is in whole seconds, so a token may look up to a second older than its key.
  const tooOld = window.activeFrom !== null && at + 999 < window.activeFrom
  const inUse = !tooOld && (window.retiredAt === null || at <= window.retiredAt)
  return { kid, ...window, inUse: inUse && window.revokedAt === null }
}

/** Everybody in the chain from the root agent to the holder, with what their links say where they are kept. */
function actorsOf(claims: JsonObject, dlg: JsonObject, authority: Authority | null): readonly InspectedActor[] {
  const links = Array.isArray(dlg.hops) ? dlg.hops.filter(isJsonObject) : []
  const agents = Array.isArray(dlg.chain) ? dlg.chain.map((slug) => `agent:${String(slug)}`) : []
  if (agents.length === 0) return isText(claims.client_id) ? [holder(claims.client_id)] : []
  const newest = links.at(-1)?.i
  return agents.map((agent, i) => {
    const link = links.find((each) => each.i === i)
    if (!link) return { ...holder(agent), acted: typeof newest === 'number' && i < newest }
    const adh = text(link.adh)
    const known = adh === null ? anything : authority && authorityHash(authority) === adh ? authority : null
    return { agent, acted: true, at: millis(link.iat), credential: text(link.jti), adh, authority: known }
  })
}

function holder(agent: string): InspectedActor {
  return { agent, acted: false, at: null, credential: null, adh: null, authority: null }
}

function loginOf({ auth_time, acr, amr }: JsonObject): Inspected['login'] {
  const login = { auth_time: count(auth_time), acr: text(acr), amr: Array.isArray(amr) ? amr.filter(isText) : null }
  return Object.values(login).every((said) => said === null) ? null : login
}

function budgetOf(bud: unknown): Inspected['budget'] {
  const ceilings = Array.isArray(bud) ? bud.filter(isJsonObject) : []
  return ceilings.map(({ id, usd_u, tok }) => ({ cost_micros: count(usd_u), tokens: count(tok), grant: text(id) }))
}

function foreignOf(ext: unknown): Inspected['foreign'] {
  if (!isJsonObject(ext) || !isText(ext.iss)) return null
  const actors = Array.isArray(ext.actors) ? ext.actors.filter(isText) : []
  return { issuer: ext.iss, depth: count(ext.depth) ?? actors.length, actors }
}

function text(value: unknown): string | null {
  return isText(value) ? value : null
}

function count(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}

function millis(seconds: unknown): Millis | null {
  return typeof seconds === 'number' ? seconds * 1000 : null
}
