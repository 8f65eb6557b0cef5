import { Packr } from 'msgpackr'
import type { PolicyAsked } from '../domain/policy-asked.ts'
import type { ApprovalEntry, CallRecord, GrantEntry, LedgerEntry } from '../domain/record.ts'
import type { Metered } from '../domain/usage.ts'
import { readStored } from './stored.ts'

/**
 * How an entry becomes bytes: one MessagePack array, the kind first, then the values in the order of its shape.
 * The shapes are written into every segment, so any MessagePack reader can read a file without this program, and
 * an old file is read by the shapes it carries and not by those of today.
 */
export type Shapes = Readonly<Record<string, readonly string[]>>

/** Member names by kind; a dot leads into a nested object. New members are added at the end of a line. */
export const shapes: Shapes = {
  call: words(
    'v ts rid parent_rid run run_origin human agent cred_type cred_id jti chain depth target dialect action method',
    'decision code detail rule policies pol_hash cfg_hash shadow reserved.tokens reserved.cost_micros outcome.status',
    'outcome.fault outcome.spent.tokens outcome.spent.cost_micros outcome.bytes_in outcome.bytes_out outcome.ms',
    'outcome.upstream_ms outcome.task scope adh dlg_head prh bound delivery grants ext_head taint approval',
    'claims tags',
    'outcome.spent.unpriced outcome.metered outcome.used',
    'trace asked.action asked.run_state asked.budget_left_micros asked.tokens_left asked.calls asked.laps asked.env',
    'asked.taint asked.approved asked.max_tokens asked.streaming',
    'args_c res_c c',
  ),
  intent: words('v ts rid run agent depth target reserved.tokens reserved.cost_micros grants human c'),
  run: words('v ts run event root human ends_at code reason actor caller_trace c'),
  boot: words('v ts boot gw pid c'),
  grant: words(
    'v ts run jti agent person method grant audience parent_jti scope adh bound pop decision error detail policies',
    'pol_hash expires_at ext input_hash login_iss auth_time acr amr c',
  ),
  token: words('v ts rid run jti use agent token c'),
  revocation: words('v ts what name epoch lifted contained reason actor source c'),
  signal: words('v ts iss jti event human outcome c'),
  approval: words('v ts id event run rid agent human target method args_hash reason actor c'),
  card: words('v ts agent event digest before changes reason actor c'),
  tool: words('v ts server tool event digest before classes reason actor c'),
  person: words('v ts event person run until reason actor c'),
  log: words('v ts event had root kept c'),
  drop: words('v ts event from to entries rule held sealed sealed_root kid sig c'),
}

/** Members that are absent where a row has null for them. */
const absent = new Set([
  'outcome.spent.unpriced',
  'outcome.metered',
  'outcome.used',
  'caller_trace',
  'args_c',
  'res_c',
  'c',
])

/** Longest text, in UTF-16 units, and longest list of an entry: an outsider may choose some of them. */
const textMax = 512
/** A token is kept whole or not at all: half of one proves nothing. It is written in ASCII. */
const tokenMax = 8192
const listMax = 64
const itemMax = 128

/** No packed entry is longer: 20 texts of 3 bytes a unit, 4 lists, numbers and marks come to less. */
export const packedMax_bytes = 131_072

const packr = new Packr({ useRecords: false })

/** Packs one entry; texts that are too long are cut and end in `…`. */
export function packEntry(entry: LedgerEntry): Uint8Array {
  return packr.pack(rowOf(entry))
}

/** The last member, the commitment to what is sealed, is set by the ledger's thread. */
function rowOf(entry: LedgerEntry): readonly unknown[] {
  return entry.kind === 'call' ? callRow(entry) : [...membersOf(entry), null]
}

function membersOf(entry: Exclude<LedgerEntry, CallRecord>): readonly unknown[] {
  if (entry.kind === 'intent') {
    const { reserved } = entry
    const who = [entry.rid, entry.run, entry.agent, entry.depth, clip(entry.target)]
    const what = [reserved.tokens, reserved.cost_micros, clipList(entry.grants ?? [])]
    return ['intent', entry.v, entry.ts, ...who, ...what, entry.human ?? null]
  }
  if (entry.kind === 'run') {
    const why = [clip(entry.code), clip(entry.reason), clip(entry.actor), entry.caller_trace ?? null]
    return ['run', entry.v, entry.ts, entry.run, entry.event, entry.root, entry.human, entry.ends_at, ...why]
  }
  if (entry.kind === 'grant') return grantRow(entry)
  if (entry.kind === 'token') {
    const token = entry.token !== null && entry.token.length <= tokenMax ? entry.token : null
    return ['token', entry.v, entry.ts, entry.rid, entry.run, clip(entry.jti), entry.use, entry.agent, token]
  }
  if (entry.kind === 'revocation') {
    const { kind, v, ts, what, name, epoch, lifted, contained, reason, actor, source } = entry
    return [kind, v, ts, what, clip(name), epoch, lifted, contained, clip(reason), clip(actor), source]
  }
  if (entry.kind === 'signal') {
    const { iss, jti, event, human, outcome } = entry
    return [entry.kind, entry.v, entry.ts, clip(iss), clip(jti), clip(event), human, outcome]
  }
  if (entry.kind === 'approval') return approvalRow(entry)
  if (entry.kind === 'card') {
    const { agent, event, digest, before, changes } = entry
    const why = [clip(entry.reason), clip(entry.actor)]
    return [entry.kind, entry.v, entry.ts, agent, event, digest, before, clipList(changes), ...why]
  }
  if (entry.kind === 'tool') {
    const { server, event, digest, before, classes } = entry
    const why = [clip(entry.reason), clip(entry.actor)]
    return [entry.kind, entry.v, entry.ts, server, clip(entry.tool), event, digest, before, clipList(classes), ...why]
  }
  if (entry.kind === 'log') return [entry.kind, entry.v, entry.ts, entry.event, entry.had, entry.root, entry.kept]
  if (entry.kind === 'drop') {
    const { kind, v, ts, event, from, to, entries, rule, held, sealed, sealed_root, kid, sig } = entry
    return [kind, v, ts, event, from, to, entries, clip(rule), held, sealed, sealed_root, clip(kid), sig]
  }
  if (entry.kind === 'person') {
    const { kind, v, ts, event, person, run, until } = entry
    return [kind, v, ts, event, person, run, until, clip(entry.reason), clip(entry.actor)]
  }
  return ['boot', entry.v, entry.ts, clip(entry.boot), clip(entry.gw), entry.pid]
}

function approvalRow(entry: ApprovalEntry): readonly unknown[] {
  const { kind, v, ts, id, event, run, rid, agent, human } = entry
  const what = [clip(entry.target), clip(entry.method), entry.args_hash]
  return [kind, v, ts, id, event, run, rid, agent, human, ...what, clip(entry.reason), clip(entry.actor)]
}

/** Written out because this line is on the hot path: half the cost of a loop over names. */
function callRow(entry: CallRecord): readonly unknown[] {
  const { outcome, reserved } = entry
  return [
    'call',
    entry.v,
    entry.ts,
    entry.rid,
    entry.parent_rid,
    entry.run,
    entry.run_origin,
    entry.human,
    entry.agent,
    entry.cred_type,
    clip(entry.cred_id),
    clip(entry.jti),
    clipList(entry.chain),
    entry.depth,
    clip(entry.target),
    entry.dialect,
    entry.action,
    clip(entry.method),
    entry.decision,
    entry.code,
    clip(entry.detail),
    clip(entry.rule),
    clipList(entry.policies),
    clip(entry.pol_hash),
    clip(entry.cfg_hash),
    clipList(entry.shadow),
    reserved.tokens,
    reserved.cost_micros,
    outcome.status,
    outcome.fault,
    outcome.spent.tokens,
    outcome.spent.cost_micros,
    outcome.bytes_in,
    outcome.bytes_out,
    outcome.ms,
    outcome.upstream_ms,
    clip(outcome.task),
    clip(entry.scope),
    entry.adh,
    entry.dlg_head,
    entry.prh,
    entry.bound,
    clip(entry.delivery),
    clipList(entry.grants ?? []),
    entry.ext_head,
    entry.taint,
    entry.approval && { ...entry.approval, by: clip(entry.approval.by) },
    entry.claims ?? null,
    entry.tags ?? null,
    outcome.spent.unpriced ?? null,
    outcome.metered ? meteredRow(outcome.metered) : null,
    outcome.used ? { ...outcome.used, why: clip(outcome.used.why) } : null,
    entry.trace ?? null,
    ...(entry.asked ? askedRow(entry.asked) : notAsked),
    entry.args_c ?? null,
    entry.res_c ?? null,
    null,
  ]
}

function askedRow(asked: PolicyAsked): readonly unknown[] {
  const { action, run_state, budget_left_micros, tokens_left, calls, laps, env } = asked
  const { taint, approved, max_tokens, streaming } = asked
  return [action, run_state, budget_left_micros, tokens_left, calls, laps, env, taint, approved, max_tokens, streaming]
}

const notAsked: readonly null[] = Array.from({ length: 11 }, () => null)

/** By name, as few records have one. */
function meteredRow(metered: Metered): Metered {
  return { ...metered, model: clip(metered.model) ?? '', prices: clip(metered.prices) }
}

function grantRow(entry: GrantEntry): readonly unknown[] {
  const { run, agent, person, bound, decision, expires_at, ext } = entry
  const asked = [clip(entry.method), clip(entry.grant), clip(entry.audience), clip(entry.parent_jti)]
  const given = [clip(entry.scope), clip(entry.adh), bound, clip(entry.pop), decision]
  const why = [clip(entry.error), clip(entry.detail), clipList(entry.policies), clip(entry.pol_hash)]
  const before = ext && { ...ext, issuer: clip(ext.issuer), actors: clipList(ext.actors) }
  const { input_hash, auth_time, acr, amr } = entry
  const login = [clip(entry.login_iss), auth_time, clip(acr), amr && clipList(amr)]
  const who = [run, clip(entry.jti), agent, person]
  return ['grant', entry.v, entry.ts, ...who, ...asked, ...given, ...why, expires_at, before, input_hash, ...login]
}

function clip(text: string | null): string | null {
  return text === null || text.length <= textMax ? text : shorten(text, textMax)
}

function clipList(list: readonly string[]): readonly string[] {
  if (list.length <= listMax && list.every((item) => item.length <= itemMax)) return list
  return list.slice(0, listMax).map((item) => (item.length <= itemMax ? item : shorten(item, itemMax)))
}

function shorten(text: string, max: number): string {
  return `${text.slice(0, max - 1).toWellFormed()}…`
}

/** Puts persons and sealed members back into an entry. */
type Restore = (entry: LedgerEntry, sealed: Uint8Array | null) => LedgerEntry

const pseudonymBytes = Buffer.from('user:~')

/**
 * A reader for entries that were packed with these shapes, in either outer form. It answers null for bytes that are no
 * entry. Without `restore` persons stay pseudonyms, and what is sealed is null.
 */
export function entryReader(
  shapes: Shapes,
  restore: Restore | null = null,
): (packed: Uint8Array) => LedgerEntry | null {
  const entryOf = rowReader(shapes)
  return (packed) => {
    const stored = readStored(packed)
    const read = stored && entryOf(stored.row)
    if (!restore || !read) return read
    return stored.sealed || Buffer.from(packed).includes(pseudonymBytes) ? restore(read, stored.sealed) : read
  }
}

/** The same for a row that is unpacked already; persons stay pseudonyms. */
export function rowReader(shapes: Shapes): (row: readonly unknown[]) => LedgerEntry | null {
  const paths = new Map(
    Object.entries(shapes).map(([kind, names]) => [
      kind,
      names.map((name) => ({ path: name.split('.'), optional: absent.has(name) })),
    ]),
  )
  return (row) => {
    const [kind] = row
    const members = typeof kind === 'string' ? paths.get(kind) : undefined
    if (!members || row.length !== members.length + 1) return null
    const entry: Record<string, unknown> = { kind }
    members.forEach(({ path, optional }, place) => {
      const value = row[place + 1]
      if (value !== null || !optional) put(entry, path, value)
    })
    const { asked } = entry as { asked?: Partial<PolicyAsked> }
    if (asked?.action === null) entry['asked'] = null
    // The checksum of the frame held and the shape fits: what stands here is what `packEntry` was given.
    return entry as unknown as LedgerEntry
  }
}

function put(into: Record<string, unknown>, path: readonly string[], value: unknown): void {
  // Copies nothing: a ledger is read at this line.
  const last = path.length - 1
  let place = into
  for (let at = 0; at < last; at += 1) place = (place[path[at] ?? ''] ??= {}) as Record<string, unknown>
  place[path[last] ?? ''] = value
}

function words(...lines: readonly string[]): readonly string[] {
  return lines.join(' ').split(' ')
}
