/**
 * The answer to the three questions about any hop: for which person, through which chain, with what authority at each step.
 * It walks from the hop to the root over the records; where one is not there yet, because its call still waits for this
 * one, the signed token of that hop says the same.
 */
import { anything, type Authority } from '../../domain/authority.ts'
import { authorityHash } from '../../domain/authority/hash.ts'
import { readScopes } from '../../domain/authority/read.ts'
import type { ChainStep, HopAccount, Login } from '../../domain/evidence.ts'
import type { HopId } from '../../domain/ids.ts'
import type { Delegation } from '../../domain/principal.ts'
import type { CallRecord, IntentEntry, TokenEntry } from '../../domain/record.ts'
import { type Denial, isDenial } from '../../domain/verdict.ts'
import { checkDelivery } from '../../identity/tokens/check-delivery.ts'
import type { Keyring } from '../../identity/keys/keyring.ts'
import type { RunTrace } from '../../domain/evidence.ts'
import { Book } from './book.ts'

type Keys = Pick<Keyring, 'publicKey' | 'isValidAt'>

/** One hop as far as it is kept. */
interface Place {
  readonly hop: HopId | null
  readonly entry: CallRecord | IntentEntry | null
  readonly token: TokenEntry | null
  readonly delegation: Delegation | Denial | null
}

/** Deeper than any chain may be. */
const steps_max = 256

/** `trace` is that of the hop's run; null for a call that was refused before it had one. */
export async function accountOf(
  found: CallRecord | IntentEntry,
  trace: RunTrace | null,
  keys: Keys,
): Promise<HopAccount> {
  const book = new Book(trace ?? { calls: [], intents: [], tokens: [], grants: [] })
  const places = await walk(book, found, keys)
  const chain = places.map((place, at) => stepOf(place, places[at - 1] ?? null))
  const record = found.kind === 'call' ? found : null
  const opened = trace?.runs.find(({ event }) => event === 'opened')
  const person = record?.human ?? opened?.human ?? null
  const { rid: hop, ts: at, run, agent, target } = found
  const { code = null, detail = null, rule = null, policies = [], pol_hash = null, cfg_hash = null } = record ?? {}
  return {
    schema: 'weir.hop/v1',
    hop,
    at,
    run,
    run_origin: record?.run_origin ?? null,
    claims: record?.claims ?? null,
    tags: record?.tags ?? {},
    decision: record?.decision ?? 'open',
    code,
    detail,
    rule,
    policies,
    pol_hash,
    cfg_hash,
    agent,
    target,
    method: record?.method ?? null,
    outcome: record?.outcome ?? null,
    person,
    login: person === null ? null : loginOf(places[0], book),
    chain,
    signatures: signaturesOf(chain),
    problems: [...problemsOf(chain, found), ...(trace?.problems ?? [])],
  }
}

async function walk(book: Book, found: CallRecord | IntentEntry, keys: Keys): Promise<readonly Place[]> {
  const places: Place[] = []
  let place: Omit<Place, 'delegation'> | null = { hop: found.rid, entry: found, token: book.tokenOf(found) }
  while (place && places.length < steps_max) {
    const raw = place.token?.token ?? null
    const read: Place = { ...place, delegation: raw === null ? null : await checkDelivery(raw, keys) }
    places.unshift(read)
    place = placeBefore(book, read)
  }
  return places
}

/** The hop this one stands on, from its record if that is there, else from what its own token says. */
function placeBefore(book: Book, { entry, delegation }: Place): Omit<Place, 'delegation'> | null {
  const record = entry?.kind === 'call' ? entry : null
  const said = delegation && !isDenial(delegation) ? delegation.lineage.prh : null
  const stood = book.standsOn(record ? record.prh : said)
  const hop = record ? record.parent_rid : (stood?.rid ?? null)
  if (hop === null) return null
  const before = book.record(hop)
  const token = before?.kind === 'call' ? book.tokenOf(before) : stood
  return before || token ? { hop, entry: before, token } : null
}

function stepOf({ hop, entry, token, delegation }: Place, before: Place | null): ChainStep {
  const read = delegation && !isDenial(delegation) ? delegation : null
  const record = entry?.kind === 'call' ? entry : null
  const adh = record ? record.adh : read ? authorityHash(read.authority) : null
  const known = [read, before && knownOf(before)].find((one) => one && authorityHash(one.authority) === adh)
  return {
    depth: entry?.depth ?? read?.depth ?? 0,
    hop,
    at: entry?.ts ?? token?.ts ?? null,
    agent: entry?.agent ?? read?.chain.at(-2) ?? null,
    target: entry?.target ?? token?.agent ?? '',
    decision: record?.decision ?? 'open',
    credential: record?.cred_type
      ? { type: record.cred_type, id: record.cred_id, bound: record.bound ?? 'none' }
      : null,
    authority: known?.authority ?? authorityOf(record),
    adh,
    token: token && {
      jti: token.jti,
      kid: read?.keyId ?? null,
      problem: delegation === null ? 'it is not kept whole' : isDenial(delegation) ? delegation.detail : null,
    },
  }
}

function knownOf({ delegation }: Place): Delegation | null {
  return delegation && !isDenial(delegation) ? delegation : null
}

/** The authority of a call that no token went out with, as far as a record keeps it. */
function authorityOf(record: CallRecord | null): Authority | null {
  if (!record || record.agent === null) return null
  if (record.adh === null) return anything
  const scopes = record.scope === null ? null : readScopes(record.scope)
  const authority = typeof scopes === 'string' ? null : { scopes, details: null }
  return authority && authorityHash(authority) === record.adh ? authority : null
}

function loginOf(root: Place | undefined, book: Book): Login {
  const entry = root?.entry
  const link = root ? knownOf(root)?.lineage.links[0] : undefined
  const record = entry?.kind === 'call' ? entry : null
  const id = record?.cred_id ?? (link?.i === 0 ? link.jti : null)
  const grant = rootGrant(book, id)
  if (!grant?.login_iss) return { how: 'credential', type: record?.cred_type ?? 'unknown', id }
  const { login_iss: issuer, auth_time, acr, amr } = grant
  return { how: 'login', issuer, auth_time, acr, amr }
}

/** A token of the root may have been narrowed since; the first of them came from the login. */
function rootGrant(book: Book, jti: string | null): ReturnType<Book['grant']> {
  let grant = book.grant(jti)
  for (let left = steps_max; grant && !grant.login_iss && left > 0; left -= 1) grant = book.grant(grant.parent_jti)
  return grant
}

function signaturesOf(chain: readonly ChainStep[]): HopAccount['signatures'] {
  const tokens = chain.flatMap(({ token }) => token ?? [])
  if (tokens.length === 0) return 'none'
  return tokens.every(({ problem }) => problem === null) ? 'hold' : 'broken'
}

function problemsOf(chain: readonly ChainStep[], found: CallRecord | IntentEntry): readonly string[] {
  const whole = chain.length === found.depth || found.depth === 0
  return whole ? [] : [`the ledger keeps ${chain.length} of the ${found.depth} hops of this chain`]
}
