/** Whether a checkpoint was signed by a key that could sign it then. Needs public keys only. */
import { createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto'
import type { Millis } from '../../base/clock.ts'
import { isJsonObject, type JsonObject, readJsonObject } from '../../base/json.ts'
import { type Checkpoint, keyIdOf, type NoteSignature, signatureTypes, verifierKey } from './note.ts'
import { cosignedMessage, cosignedText, rawPublicKey, type SigningAlg } from './sign.ts'

/** A public key that signs, or signed, checkpoints, and when. */
export interface RecordKey {
  readonly kid: string
  readonly alg: SigningAlg
  readonly key: KeyObject
  readonly publicKey: Buffer
  readonly active_from: Millis
  readonly retired_at: Millis | null
  readonly revoked_at: Millis | null
}

/** What is known of a checkpoint once its signatures were checked. */
export interface CheckedNote {
  /** Those that hold. */
  readonly signedBy: readonly { readonly kid: string; readonly alg: SigningAlg }[]
  /** When it was signed, where a signature that holds says so. */
  readonly time: Millis | null
  /** Why it does not count, in a sentence; null where it does. */
  readonly problem: string | null
}

/** A key that was retired finishes what it began; the clocks of threads and files differ by less. */
const slack_ms = 60_000
const keys_max = 20_000

/** The record keys of `keys/keys.json`, or of what the gateway publishes of all its keys; null where the text is neither. */
export function readRecordKeys(text: string): readonly RecordKey[] | null {
  const document = readJsonObject(text)
  const list = document?.['keys']
  if (document?.['schema'] !== 'weir.keys/v1' || !Array.isArray(list) || list.length > keys_max) return null
  return list.flatMap((entry: unknown) => (isJsonObject(entry) ? (readKey(entry) ?? []) : []))
}

function readKey(entry: JsonObject): RecordKey | null {
  const { kid, active_from, retired_at, revoked_at } = entry
  const use = entry['weir_use'] ?? entry['use']
  const jwk = isJsonObject(entry['jwk']) ? entry['jwk'] : entry
  const alg = jwk['kty'] === 'AKP' ? 'ML-DSA-44' : 'Ed25519'
  if (use !== 'record' || entry['state'] === 'next' || typeof kid !== 'string' || typeof active_from !== 'number')
    return null
  const key = importKey(jwk)
  if (!key) return null
  const times = { active_from, retired_at: timeOf(retired_at), revoked_at: timeOf(revoked_at) }
  return { kid, alg, key, publicKey: rawPublicKey(key), ...times }
}

function importKey({ kty, crv, x, alg, pub }: JsonObject): KeyObject | null {
  try {
    const jwk = (kty === 'AKP' ? { kty, alg, pub } : { kty, crv, x }) as JsonWebKey
    return createPublicKey({ key: jwk, format: 'jwk' })
  } catch {
    return null
  }
}

function timeOf(value: unknown): Millis | null {
  return typeof value === 'number' ? value : null
}

/** For standard tools: the verifier keys of a log (C2SP signed-note), one for each key and kind of signature. */
export function verifierKeys(origin: string, keys: readonly RecordKey[]): readonly string[] {
  return keys.flatMap(({ alg, publicKey }) => typesOf(alg).map((type) => verifierKey(origin, type, publicKey)))
}

/**
 * Checks the signatures of a checkpoint. It counts if the record key signed it (0x01) in its time, which a cosignature says, if every signature by a
 * known key holds, and if no key that signed it was revoked. Signatures of others are passed over, as the specification says.
 */
export function checkNote(checkpoint: Checkpoint, keys: readonly RecordKey[]): CheckedNote {
  const held: { kid: string; alg: SigningAlg }[] = []
  const users = new Set<RecordKey>()
  let time: Millis | null = null
  let plain = false
  for (const signature of checkpoint.signatures) {
    const found = findKey(signature, keys)
    if (!found) continue
    const { key, type } = found
    const time_s = type === signatureTypes.ed25519 ? 0 : timeIn(signature.bytes)
    if (!holds(checkpoint, { signature, key, type, time_s }))
      return { signedBy: held, time, problem: `the signature of the key ${key.kid} does not hold` }
    users.add(key)
    if (type === signatureTypes.ed25519) plain = true
    else time ??= time_s * 1000
    if (!held.some(({ kid }) => kid === key.kid)) held.push({ kid: key.kid, alg: key.alg })
  }
  if (!plain) return { signedBy: held, time, problem: 'no record key of this gateway signed it' }
  // Without it nobody can tell whether the key could still sign.
  if (time === null) return { signedBy: held, time, problem: 'no signature says when it was signed' }
  return {
    signedBy: held,
    time,
    problem: [...users].map((key) => windowProblem(key, time)).find((one) => one !== null) ?? null,
  }
}

/** Whether one of these keys signed its text, whenever that was: nobody else made it. */
export function isSigned(checkpoint: Checkpoint, keys: readonly RecordKey[]): boolean {
  return checkpoint.signatures.some((signature) => {
    const found = findKey(signature, keys)
    return found?.type === signatureTypes.ed25519 && holds(checkpoint, { signature, ...found, time_s: 0 })
  })
}

interface Claimed {
  readonly signature: NoteSignature
  readonly key: RecordKey
  readonly type: 0x01 | 0x04 | 0x06
  readonly time_s: number
}

function holds(checkpoint: Checkpoint, { signature: { name, bytes }, key: { key }, type, time_s }: Claimed): boolean {
  const { body } = checkpoint
  try {
    if (type === signatureTypes.ed25519) return verify(null, Buffer.from(body), key, bytes)
    const message =
      type === signatureTypes.mldsa44
        ? cosignedMessage(checkpoint, name, time_s)
        : Buffer.from(cosignedText(body, time_s))
    return verify(null, message, key, bytes.subarray(8))
  } catch {
    return false
  }
}

function typesOf(alg: SigningAlg): readonly (0x01 | 0x04 | 0x06)[] {
  return alg === 'Ed25519' ? [signatureTypes.ed25519, signatureTypes.cosignature] : [signatureTypes.mldsa44]
}

function findKey({ name, keyId }: NoteSignature, keys: readonly RecordKey[]): Pick<Claimed, 'key' | 'type'> | null {
  for (const key of keys)
    for (const type of typesOf(key.alg)) if (keyIdOf(name, type, key.publicKey).equals(keyId)) return { key, type }
  return null
}

/** Seconds since the epoch; 0 where the bytes are too few to say. */
function timeIn(bytes: Buffer): number {
  return bytes.length < 8 ? 0 : Number(bytes.readBigUInt64BE(0))
}

/** Why a key did not count at that time; null where it did. */
export function windowProblem({ kid, active_from, retired_at, revoked_at }: RecordKey, time: Millis): string | null {
  if (revoked_at !== null) return `the key ${kid} was revoked: nothing it signed counts`
  if (time < active_from - slack_ms) return `the key ${kid} signed it before its time`
  return retired_at !== null && time > retired_at + slack_ms ? `the key ${kid} signed it after it was retired` : null
}
