/** The work of a proof thread: signature mathematics and nothing else. Claims were judged before they came here. */
import { type JsonWebKey, type KeyObject, sign } from 'node:crypto'
import { BoundedMap } from '../../base/bounded-map.ts'
import type { ProofResult, ProofTask, RunProofs, SignTask, VerifyTask } from './proof-tasks.ts'
import { importPublicKey, signatureHolds } from './signature.ts'
import { SigningSlot } from '../keys/signing-slot.ts'

/** 50 keys of each of 16 issuers; beyond that the least used is imported again. */
const importedKeys_max = 800

/** Makes a runner of proof batches that signs with the keys in the slot of a keyring; without one it can only verify. */
export function openProofRunner(keySlot: SharedArrayBuffer | null): RunProofs {
  const slot = keySlot && new SigningSlot(keySlot)
  const imported = new BoundedMap<string, KeyObject>({ max: importedKeys_max })
  const prove = (task: ProofTask): ProofResult =>
    task.kind === 'sign' ? makeSignature(task, slot) : holds(task, imported)
  // One after the other: a thread of the pool must not fan out over the cores that the main thread needs.
  return async (tasks) => tasks.map(prove)
}

/** Default is no: whatever goes wrong with a stranger's token or key, the signature does not hold. */
function holds({ raw, alg, key: text }: VerifyTask, imported: BoundedMap<string, KeyObject>): boolean {
  try {
    const known = imported.get(text)
    const key = known ?? importPublicKey(JSON.parse(text) as JsonWebKey)
    const good = signatureHolds(raw, alg, key)
    // Not before: keys that strangers bring with worthless proofs must not crowd out those of issuers.
    if (good && !known) imported.set(text, key)
    return good
  } catch {
    return false
  }
}

/** ES256 takes half as long as when OpenSSL is asked for the form of JWS itself. */
function makeSignature(task: SignTask, slot: SigningSlot | null): string | false {
  const found = slot?.find(task.kid)
  if (!found) return false
  const input = Buffer.from(task.input)
  const signature = found.alg === 'ES256' ? sideBySide(sign('sha256', input, found.key)) : sign(null, input, found.key)
  return signature.toString('base64url')
}

const integer_bytes = 32

/** An ES256 signature as JWS wants it (RFC 7518 section 3.4), of what OpenSSL gives: 30 length 02 length r 02 length s. */
function sideBySide(der: Buffer): Buffer {
  const both = Buffer.alloc(2 * integer_bytes)
  const rEnd = 4 + der.readUInt8(3)
  alignRight(der.subarray(4, rEnd), both.subarray(0, integer_bytes))
  alignRight(der.subarray(rEnd + 2), both.subarray(integer_bytes))
  return both
}

/** DER writes no leading zeros, but one where the number would look negative. */
function alignRight(integer: Buffer, field: Buffer): void {
  const digits = integer.subarray(Math.max(0, integer.length - field.length))
  field.set(digits, field.length - digits.length)
}
