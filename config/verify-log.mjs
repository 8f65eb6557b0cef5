#!/usr/bin/env node
/**
 * Checks records of the ledger without Weir: needs Node 20 or later and the bundle that `weir audit export` wrote.
 *
 *     node verify-log.mjs bundle [--keys weir-keys.json] [--checkpoint held-elsewhere]...
 *
 * It shares no code with Weir on purpose. It checks that no file was changed since the bundle was signed (DSSE, in-toto), that
 * every record is canonical (RFC 8785) and numbered as its place says, that each of them is in the tree (RFC 6962, section
 * 2.1.1), that the checkpoint with the root of that tree is signed by a key of the gateway in its time (C2SP signed-note,
 * tlog-cosignature), and that the log goes on from every older checkpoint, those that you kept yourself included (RFC 6962,
 * section 2.1.2). Exit 0 if all of it holds, 1 if not, 2 if there is nothing to check.
 */

// Plain JavaScript outside the TypeScript project, so no name here has a type that these rules could judge.
/* oxlint-disable typescript/no-unsafe-argument, typescript/no-unsafe-assignment, typescript/no-unsafe-call, typescript/no-unsafe-member-access, typescript/no-unsafe-return */

import { createHash, createPublicKey, verify } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'

/** Keys of the gateway finish what they began when they are retired. Unit: milliseconds. */
const slack_ms = 60_000
const ofText = 0x01
const ofTime = 0x04
const ofTimeLate = 0x06

/** What is wrong. Whatever else is thrown, the bundle has not the form of one. */
class Broken extends Error {}
function must(holds, sentence) {
  if (!holds) throw new Broken(sentence)
}

/** A bundle is somebody's text: it must not steer the terminal that shows it. */
const plain = (text) => String(text).replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?')
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()
const leafHash = (text) => sha256(Uint8Array.of(0), text)
const nodeHash = (left, right) => sha256(Uint8Array.of(1), left, right)

/** RFC 8785. */
function canonical(value) {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const members = Object.keys(value)
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`)
  return `{${members.join(',')}}`
}

/** The root that a leaf and its path lead to (RFC 9162, section 2.1.3.2). */
function rootOfPath({ index, size, leaf, path }) {
  must(index < size, 'its number is beyond the checkpoint')
  let [node, last, root] = [index, size - 1, leaf]
  for (const hash of path) {
    must(last > 0, 'its proof is too long')
    if (node % 2 === 1 || node === last) {
      root = nodeHash(hash, root)
      while (node % 2 === 0 && node > 0) [node, last] = [Math.floor(node / 2), Math.floor(last / 2)]
    } else root = nodeHash(root, hash)
    ;[node, last] = [Math.floor(node / 2), Math.floor(last / 2)]
  }
  must(last === 0, 'its proof is too short')
  return root
}

/** Whether a log of `now.size` leaves goes on from one of `old.size` (RFC 9162, section 2.1.4.2). */
function goesOn(old, now, proof) {
  if (old.size === 0) return true
  if (old.size === now.size) return proof.length === 0 && old.root.equals(now.root)
  const isPower = Number.isInteger(Math.log2(old.size))
  const path = isPower ? [old.root, ...proof] : [...proof]
  if (path.length === 0) return false
  let [node, last] = [old.size - 1, now.size - 1]
  while (node % 2 === 1) [node, last] = [Math.floor(node / 2), Math.floor(last / 2)]
  let [first, second] = [path[0], path[0]]
  for (const hash of path.slice(1)) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      ;[first, second] = [nodeHash(hash, first), nodeHash(hash, second)]
      while (node % 2 === 0 && node > 0) [node, last] = [Math.floor(node / 2), Math.floor(last / 2)]
    } else second = nodeHash(second, hash)
    ;[node, last] = [Math.floor(node / 2), Math.floor(last / 2)]
  }
  return last === 0 && first.equals(old.root) && second.equals(now.root)
}

/** Origin, size, root and signatures of a checkpoint. */
function readNote(text) {
  const end = text.lastIndexOf('\n\n')
  must(end > 0, 'a checkpoint has no signatures')
  const body = text.slice(0, end + 1)
  const [origin, size, root] = body.split('\n')
  must(/^(?:0|[1-9]\d*)$/.test(size ?? '') && root, 'a checkpoint does not name its size and root')
  const lines = text
    .slice(end + 2)
    .split('\n')
    .filter(Boolean)
  const signatures = lines.map((line) => {
    const [mark, name, base64] = line.split(' ')
    must(mark === '—' && name && base64, 'a signature of a checkpoint is not one')
    const bytes = Buffer.from(base64, 'base64')
    return { name, id: bytes.subarray(0, 4), bytes: bytes.subarray(4) }
  })
  return { origin, size: Number(size), root: Buffer.from(root, 'base64'), body, signatures }
}

/** Record keys of the document that the gateway publishes of all its keys. */
function readKeys(text) {
  const { keys } = JSON.parse(text)
  must(Array.isArray(keys), 'the file of keys is none')
  return keys
    .filter((key) => (key.weir_use ?? key.use) === 'record' && key.state !== 'next')
    .flatMap((entry) => {
      const jwk = entry.jwk ?? entry
      const raw = Buffer.from(jwk.x ?? jwk.pub ?? '', 'base64url')
      const types = jwk.kty === 'AKP' ? [ofTimeLate] : [ofText, ofTime]
      return types.map((type) => ({ ...entry, jwk, raw, type }))
    })
}

const idOf = (name, { type, raw }) => sha256(`${name}\n`, Uint8Array.of(type), raw).subarray(0, 4)

/** What a signature of that type is over; those that say when begin with the time. */
function signedBytes({ body, origin, size, root }, { type, name, time_s }) {
  if (type === ofText) return Buffer.from(body)
  if (type === ofTime) return Buffer.from(`cosignature/v1\ntime ${time_s}\n${body}`)
  const numbers = (...values) => {
    const bytes = Buffer.alloc(8 * values.length)
    values.forEach((value, place) => bytes.writeBigUInt64BE(BigInt(value), 8 * place))
    return bytes
  }
  const text = (value) => Buffer.concat([Uint8Array.of(Buffer.byteLength(value)), Buffer.from(value)])
  const parts = [Buffer.from('subtree/v1\n\0'), text(name), numbers(time_s), text(origin), numbers(0, size), root]
  return Buffer.concat(parts)
}

/** Who signed a checkpoint and when; Broken where nobody whose word counts did. */
function checkNote(note, keys) {
  const signers = new Set()
  let [time, isPlain, isUnread] = [null, false, false]
  for (const { name, id, bytes } of note.signatures) {
    const key = keys.find((each) => idOf(name, each).equals(id))
    if (!key) continue
    const publicKey = importKey(key.jwk)
    if (!publicKey) {
      isUnread = true
      continue
    }
    const { type } = key
    const time_s = type === ofText ? 0 : Number(bytes.readBigUInt64BE(0))
    const signature = type === ofText ? bytes : bytes.subarray(8)
    const holds = verify(null, signedBytes(note, { type, name, time_s }), publicKey, signature)
    must(holds, `the signature of the key ${key.kid} on the checkpoint does not hold`)
    must((key.revoked_at ?? null) === null, `the key ${key.kid} was revoked: nothing it signed counts`)
    if (type === ofText) isPlain = true
    else time ??= time_s * 1000
    signers.add(key)
  }
  must(isPlain, 'no key of this gateway signed the checkpoint')
  for (const { kid, active_from = 0, retired_at = null } of signers) {
    if (time === null) continue
    must(time >= active_from - slack_ms, `the key ${kid} signed the checkpoint before its time`)
    must(retired_at === null || time <= retired_at + slack_ms, `the key ${kid} signed after it was retired`)
  }
  return { time, kids: [...new Set([...signers].map(({ kid }) => kid))], isUnread }
}

/** Null for a kind of key that this version of Node does not know: ML-DSA needs 24.6. */
function importKey(jwk) {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' })
  } catch {
    return null
  }
}

/** The statement about the files of the bundle, signed as DSSE asks. */
function checkStatement(dir, keys) {
  const { payload, payloadType, signatures } = JSON.parse(readFileSync(join(dir, 'statement.dsse.json'), 'utf8'))
  const body = Buffer.from(payload, 'base64')
  const signed = Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${body.length} `), body])
  const key = keys.find(({ kid, type }) => type === ofText && signatures.some(({ keyid }) => keyid === kid))
  must(key, 'the statement names no key of this gateway')
  const { sig } = signatures.find(({ keyid }) => keyid === key.kid)
  must(verify(null, signed, importKey(key.jwk), Buffer.from(sig, 'base64')), 'the signature of the statement is wrong')
  const { subject, predicate } = JSON.parse(body.toString())
  for (const { name, digest } of subject) {
    must(!name.includes('/') && !name.includes('\\'), 'the statement names files elsewhere')
    const seen = sha256(readFileSync(join(dir, name))).toString('hex')
    must(seen === digest.sha256, `${name} was changed since the bundle was made`)
  }
  return { ...predicate, files: subject.length }
}

/** Every record: its form, its number, its place in the tree. */
async function checkRecords(dir, note, problems) {
  let [count, last] = [0, 0]
  for await (const line of createInterface({ input: createReadStream(join(dir, 'records.jsonl')) })) {
    if (line === '') continue
    count += 1
    let seq = '?'
    try {
      const { seq: number, leaf, proof } = JSON.parse(line)
      seq = number
      must(Number.isSafeInteger(seq) && seq > last, 'it is out of order')
      last = seq
      const record = JSON.parse(leaf)
      must(canonical(record) === leaf, 'it is not in canonical form')
      must(record.seq === seq, 'it says that it is another one')
      const path = proof.map((hash) => Buffer.from(hash, 'base64'))
      const root = rootOfPath({ index: seq - 1, size: note.size, leaf: leafHash(leaf), path })
      must(root.equals(note.root), 'it is not the record that the checkpoint counts')
    } catch (error) {
      problems.push(`record ${seq}: ${error instanceof Broken ? error.message : 'it is no record'}`)
      if (problems.length >= 20) return count
    }
  }
  return count
}

/** That the log was only ever added to. */
function checkOlder(dir, { note, keys, outside }, problems) {
  const kept = JSON.parse(readFileSync(join(dir, 'consistency.json'), 'utf8'))
  for (const { note: text, proof } of kept) {
    const old = readNote(text)
    const path = proof.map((hash) => Buffer.from(hash, 'base64'))
    try {
      checkNote(old, keys)
      must(goesOn(old, note, path), `the log does not go on from its checkpoint of ${old.size} records`)
    } catch (error) {
      problems.push(`older checkpoint: ${error.message}`)
    }
  }
  for (const file of outside) {
    const old = readNote(readFileSync(file, 'utf8'))
    const same = [note, ...kept.map(({ note: text }) => readNote(text))].find(({ size }) => size === old.size)
    if (old.size > note.size) problems.push(`${file}: it counts ${old.size} records, the bundle only ${note.size}`)
    else if (!same)
      problems.push(`${file}: the bundle proves nothing about ${old.size} records; export it with --since-checkpoint`)
    else if (!same.root.equals(old.root))
      problems.push(`${file}: the log was changed, ${old.size} records had another root`)
  }
  return kept.length + outside.length
}

function arguments_() {
  const [dir, ...rest] = process.argv.slice(2)
  const outside = []
  let keys = null
  for (let at = 0; at < rest.length; at += 2) {
    if (rest[at] === '--keys') keys = rest[at + 1]
    else if (rest[at] === '--checkpoint') outside.push(rest[at + 1])
    else return null
  }
  return dir === undefined || outside.includes(undefined) ? null : { dir, keys, outside }
}

const asked = arguments_()
if (!asked) {
  process.stderr.write('usage: node verify-log.mjs <bundle> [--keys weir-keys.json] [--checkpoint file]...\n')
  process.exit(2)
}
const problems = []
try {
  const keys = readKeys(readFileSync(asked.keys ?? join(asked.dir, 'keys.json'), 'utf8'))
  const note = readNote(readFileSync(join(asked.dir, 'checkpoint'), 'utf8'))
  const statement = checkStatement(asked.dir, keys)
  const { time, kids, isUnread } = checkNote(note, keys)
  const records = await checkRecords(asked.dir, note, problems)
  must(records === statement.records, `the statement counts ${statement.records} records, the bundle has ${records}`)
  const older = checkOlder(asked.dir, { note, keys, outside: asked.outside }, problems)
  const when = time === null ? '' : ` at ${new Date(time).toISOString()}`
  process.stdout.write(`log        ${plain(note.origin)}, ${note.size} records, root ${note.root.toString('base64')}\n`)
  process.stdout.write(
    `signed     by ${plain(kids.join(', '))}${when}${isUnread ? '; a signature of a kind this Node does not know was passed over' : ''}\n`,
  )
  process.stdout.write(
    `bundle     ${records} records, ${older} older checkpoints, ${statement.files} files as they were signed\n`,
  )
  if (!asked.keys)
    process.stdout.write(
      'keys       those of the bundle; compare them with /.well-known/weir-keys.json of the gateway\n',
    )
} catch (error) {
  problems.push(error instanceof Broken ? error.message : `this is no bundle: ${error.message}`)
}
for (const sentence of problems) process.stdout.write(`BROKEN     ${plain(sentence)}\n`)
process.stdout.write(problems.length === 0 ? 'verified\n' : `${problems.length} problems\n`)
process.exit(problems.length === 0 ? 0 : 1)
