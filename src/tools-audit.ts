/** What `weir audit` is made of: the ledger in the state directory and the public keys beside it. */
import { sign } from 'node:crypto'
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { systemClock } from './base/clock.ts'
import type { AuditTools, AuditVerdict, SealedView } from './cli/audit/deps.ts'
import { isProblem, problem } from './cli/exit-codes.ts'
import { matches } from './domain/filter-match.ts'
import { hidePeople, renamePeople } from './domain/filter-people.ts'
import { writeFilter } from './domain/filter-write.ts'
import { filterableOf } from './domain/filter-entry.ts'
import { isHopId } from './domain/ids.ts'
import { SigningSlot } from './identity/keys/signing-slot.ts'
import { digestOf, openSealed, type SealedLog, statementOf } from './ledger/audit/bundle.ts'
import { cefOf } from './ledger/audit/cef.ts'
import { ocsfOf } from './ledger/audit/ocsf.ts'
import { checkNote } from './ledger/checkpoint/check.ts'
import { type Checkpoint, readCheckpoint } from './ledger/checkpoint/note.ts'
import { findLeaf } from './ledger/leaves.ts'
import { verifyInclusion } from './ledger/merkle/proof.ts'
import { type LedgerItem, readLedger } from './ledger/read.ts'
import { verifyLedger } from './ledger/verify.ts'
import type { SealedHead } from './ledger/verify/heads.ts'
import { hop as accountOfHop } from './tools-evidence.ts'
import { capturedIn } from './tools-captured.ts'
import { keysText, type LedgerState, openState, recordKeysOf, textOf } from './tools-ledger.ts'
import { version } from './version.ts'

export const verify: AuditTools['verify'] = async ({ configPath, checkpoints }, step) => {
  const state = await openState(configPath)
  if (isProblem(state)) return state
  const given = checkpoints.map((name) => ({ name, text: textOf(name) }))
  const unread = given.find(({ text }) => text === null)
  if (unread) return problem('not_found', `${unread.name} cannot be read.`)
  // A disk that is not there says nothing; what stands on one that is counts, whether it was asked for or not.
  const anchors = state.anchors.map((name) => ({ name, text: textOf(name) }))
  const outside = [...given, ...anchors].flatMap(({ name, text }) => (text === null ? [] : [{ name, text }]))
  const asked = { dir: state.ledger, keys: recordKeysOf(state), outside, onProgress: step }
  const verdict = await verifyLedger(asked)
  const { checkpoint, pruned } = verdict
  return {
    schema: 'weir.audit-verdict/v1',
    ...verdict,
    checkpoint: checkpoint && viewOf(checkpoint),
    pruned: pruned.reduce((sum, { first, last }) => sum + last - first + 1, 0),
  } satisfies AuditVerdict
}

function viewOf({ signedBy, ...head }: SealedHead) {
  return { ...head, signed_by: signedBy } satisfies SealedView
}

export const show: AuditTools['show'] = async ({ configPath, what, payloads }) => {
  const state = await openState(configPath)
  if (isProblem(state)) return state
  const seq = /^[1-9]\d{0,15}$/.test(what) ? Number(what) : await seqOfHop(state, what)
  const found = seq === null ? null : findLeaf(state.ledger, seq)
  if (!found)
    return problem('not_found', `The ledger keeps no record ${what}; records go by their number or their hop.`)
  const log = openSealed(state.ledger)
  const path = typeof log === 'string' ? null : log.proofOf(found.seq)
  const rid = isHopId(what) ? what : hopIn(found.text)
  const account = rid === null ? null : await accountOfHop({ configPath, hop: rid })
  const { file, offset, text: leaf, hash } = found
  return {
    schema: 'weir.audit-record/v1',
    seq: found.seq,
    file,
    offset,
    leaf,
    leaf_hash: hash.toString('hex'),
    proof: typeof log === 'string' || path === null ? 'unsealed' : proofState(log, { ...found, path }),
    path: path ?? [],
    checkpoint: typeof log === 'string' ? null : sealedView(log.checkpoint, state),
    account: account === null || isProblem(account) ? null : account,
    captured: capturedIn(leaf, state, payloads),
  }
}

function proofState({ checkpoint }: SealedLog, found: { seq: number; hash: Buffer; path: readonly string[] }) {
  const { size, root } = checkpoint
  const proof = found.path.map((hash) => Buffer.from(hash, 'base64'))
  const holds = verifyInclusion({ index: found.seq - 1, size, leaf: found.hash, proof, root })
  return holds ? 'holds' : 'broken'
}

function sealedView(checkpoint: Checkpoint, state: LedgerState): SealedView {
  const { signedBy, time } = checkNote(checkpoint, recordKeysOf(state))
  const { origin, size, root } = checkpoint
  return { origin, size, root: root.toString('base64'), time, signed_by: signedBy }
}

/** Its record where there is one, else its intent. */
async function seqOfHop({ ledger }: LedgerState, hop: string): Promise<number | null> {
  let seq: number | null = null
  if (!isHopId(hop)) return null
  for await (const item of readLedger(ledger)) {
    if (item.kind !== 'entry') continue
    const { entry } = item
    if ((entry.kind === 'call' || entry.kind === 'intent') && entry.rid === hop) seq = item.seq
  }
  return seq
}

function hopIn(leaf: string): string | null {
  const { kind, rid } = JSON.parse(leaf) as { kind?: unknown; rid?: unknown }
  return kind === 'call' && typeof rid === 'string' ? rid : null
}

export const find: AuditTools['find'] = async ({ configPath, filter, limit }) => {
  const state = await openState(configPath)
  if (isProblem(state)) return state
  const records: (LedgerItem & { kind: 'entry' })[] = []
  const problems: string[] = []
  let found = 0
  for await (const item of readLedger(state.ledger, 0, state.people())) {
    if (item.kind === 'unreadable') problems.push(`${item.file}: not readable from offset ${item.offset}, ${item.why}`)
    else if (matches(filter, filterableOf(item.entry))) {
      found += 1
      records.push(item)
      if (records.length > 2 * limit) records.splice(0, limit)
    }
  }
  const newest = records.slice(-limit).map(({ seq, entry }) => ({ seq, entry }))
  return { schema: 'weir.audit-found/v1', found, records: newest, problems }
}

export const exportTo: AuditTools['exportTo'] = async (asked) => {
  const state = await openState(asked.configPath)
  if (isProblem(state)) return state
  if (existsSync(asked.out)) return problem('no', `${asked.out} is there already; nothing is written over.`)
  try {
    return asked.format === 'bundle' ? exportBundle(asked, state) : await exportLines(asked, state)
  } catch (error) {
    return problem('failed', `${asked.out} cannot be written: ${String(error)}`)
  }
}

type ExportAsked = Parameters<AuditTools['exportTo']>[0]

function exportBundle({ filter, words, out, checkpoints }: ExportAsked, state: LedgerState) {
  const log = openSealed(state.ledger)
  if (typeof log === 'string') return problem('no', log)
  const given = checkpoints.map((file) => readCheckpoint(textOf(file) ?? ''))
  const bad = given.find((note) => typeof note === 'string')
  if (bad !== undefined) return problem('usage', `A file after --checkpoint holds none: ${bad}.`)
  mkdirSync(out, { recursive: true, mode: 0o700 })
  const older = log.older(given.filter((note) => typeof note === 'object'))
  const known = state.people()
  const rename = (name: string): string | null => known?.pseudonymOf(name) ?? null
  const bare = known ? renamePeople(filter, rename) : filter
  // A bundle leaves the house: not even what was asked for names anybody.
  const said = known ? writeFilter(hidePeople(filter, rename)) : words
  const proved = log.records((entry) => matches(bare, filterableOf(entry)))
  const records = writeLines(join(out, 'records.jsonl'), proved)
  const config = join(import.meta.dirname, '..', 'config')
  const parts: Readonly<Record<string, string>> = {
    checkpoint: log.checkpoint.text,
    'consistency.json': `${JSON.stringify(older, null, 1)}\n`,
    'keys.json': keysText(state),
    'README.txt': readme(said),
  }
  for (const [name, text] of Object.entries(parts)) writeFileSync(join(out, name), text, { flag: 'wx', mode: 0o600 })
  copyFileSync(join(config, 'verify-log.mjs'), join(out, 'verify-log.mjs'))
  const names = ['records.jsonl', ...Object.keys(parts), 'verify-log.mjs']
  const digests = new Map(names.map((name) => [name, digestOf(readFileSync(join(out, name)))]))
  const { origin, size, root } = log.checkpoint
  const predicate = { origin, size, root: root.toString('base64'), records, made_at: systemClock.now(), asked: said }
  const statement = statementOf(digests, predicate, signer(state))
  writeFileSync(join(out, 'statement.dsse.json'), statement, { flag: 'wx', mode: 0o600 })
  const check = `node ${join(out, 'verify-log.mjs')} ${out}`
  return { schema: 'weir.audit-export/v1', records, files: [out], check } as const
}

/** With the record key that signs now. */
function signer({ keys }: LedgerState) {
  const { kid: keyid } = keys.signer('record')
  const found = new SigningSlot(keys.slot).find(keyid)
  if (!found) throw new Error('there is no record key to sign with')
  return (bytes: Buffer) => ({ keyid, sig: sign(null, bytes, found.key) })
}

/** Persons by name, as far as nobody erased them: for a SIEM of the same house. */
async function exportLines({ filter, out, format }: ExportAsked, { ledger, people }: LedgerState) {
  const file = openSync(out, 'wx', 0o600)
  let records = 0
  try {
    for await (const item of readLedger(ledger, 0, people())) {
      if (item.kind !== 'entry' || !matches(filter, filterableOf(item.entry))) continue
      records += 1
      writeSync(file, `${lineOf(item, format)}\n`)
    }
  } finally {
    closeSync(file)
  }
  return { schema: 'weir.audit-export/v1', records, files: [out], check: null } as const
}

function lineOf(item: LedgerItem & { kind: 'entry' }, format: ExportAsked['format']): string {
  if (format === 'ocsf') return JSON.stringify(ocsfOf(item, version))
  return format === 'cef' ? cefOf(item, version) : JSON.stringify({ seq: item.seq, boot: item.boot, ...item.entry })
}

/** One JSON value a line; answers how many. */
function writeLines(path: string, values: Iterable<unknown>): number {
  const file = openSync(path, 'wx', 0o600)
  let count = 0
  try {
    for (const value of values) {
      writeSync(file, `${JSON.stringify(value)}\n`)
      count += 1
    }
  } finally {
    closeSync(file)
  }
  return count
}

function readme(words: string): string {
  return `Records of Weir's ledger${words === '' ? '' : `: ${words}`}

records.jsonl         a record a line: its number, the canonical JSON its leaf is the hash of, its proof of inclusion
checkpoint            the signed head of the log that the proofs lead to (C2SP tlog-checkpoint)
consistency.json      earlier checkpoints, and proofs that the log goes on from them
keys.json             the public keys, each with the time in which it was in use (milliseconds)
statement.dsse.json   the SHA-256 of every file, signed (in-toto statement in a DSSE envelope)
verify-log.mjs        checks all of this with nothing but Node 20 or later

    node verify-log.mjs .

Whoever made this folder also wrote keys.json: compare it with what the gateway publishes under
/.well-known/weir-keys.json, or pass that document with --keys. A checkpoint that you kept yourself
(weir audit checkpoint) goes after --checkpoint: then nothing it counts can have been changed since.
`
}

export const checkpoint: AuditTools['checkpoint'] = async (configPath) => {
  const state = await openState(configPath)
  if (isProblem(state)) return state
  const log = openSealed(state.ledger)
  return typeof log === 'string' ? problem('no', log) : log.checkpoint.text
}
