/**
 * A checkpoint of the log: a signed note (C2SP signed-note) whose text is the origin of the log, its size and the base64 of its
 * root, a line each (C2SP tlog-checkpoint). One signature line is `— <name> <base64 of key id and signature>`.
 */
import { createHash } from 'node:crypto'

/** What a checkpoint says of the log. */
export interface LogHead {
  readonly origin: string
  /** Leaves; the number of the last entry it counts. */
  readonly size: number
  readonly root: Buffer
}

export interface NoteSignature {
  readonly name: string
  /** 4 bytes. */
  readonly keyId: Buffer
  readonly bytes: Buffer
}

export interface Checkpoint extends LogHead {
  /** The signed text, with its last newline. */
  readonly body: string
  readonly signatures: readonly NoteSignature[]
  /** All of it, as it stands in its file. */
  readonly text: string
}

/** Bytes that say what a signature is of (signed-note, tlog-cosignature). */
export const signatureTypes = { ed25519: 0x01, cosignature: 0x04, mldsa44: 0x06 } as const
type SignatureType = (typeof signatureTypes)[keyof typeof signatureTypes]

/** Ample for 16 signatures after quantum computers; what is longer is not read. */
const note_bytes_max = 131_072
const signatures_max = 32
const sizeForm = /^(0|[1-9][0-9]{0,15})$/
const lineForm = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/
const rootForm = /^[A-Za-z0-9+/]{43}=$/

export function noteBody({ origin, size, root }: LogHead): string {
  return `${origin}\n${size}\n${root.toString('base64')}\n`
}

export function signatureLine({ name, keyId, bytes }: NoteSignature): string {
  return `— ${name} ${Buffer.concat([keyId, bytes]).toString('base64')}\n`
}

/** The first four bytes of SHA-256(name || newline || type || public key). */
export function keyIdOf(name: string, type: SignatureType, publicKey: Uint8Array): Buffer {
  const digest = createHash('sha256').update(`${name}\n`).update(Uint8Array.of(type)).update(publicKey).digest()
  return digest.subarray(0, 4)
}

/** How a verifier is told of a key: `<name>+<key id>+<base64 of type and public key>`. */
export function verifierKey(name: string, type: SignatureType, publicKey: Uint8Array): string {
  const id = keyIdOf(name, type, publicKey).toString('hex')
  return `${name}+${id}+${Buffer.concat([Uint8Array.of(type), publicKey]).toString('base64')}`
}

/** Reads a checkpoint that anybody may have written; a sentence where it is none. Never throws. */
export function readCheckpoint(text: string): Checkpoint | string {
  if (text.length > note_bytes_max) return 'it is longer than a checkpoint can be'
  const end = text.lastIndexOf('\n\n')
  if (end === -1 || !text.endsWith('\n')) return 'no empty line parts the text from its signatures'
  const body = text.slice(0, end + 1)
  const [origin = '', sizeText = '', rootText = '', ...rest] = body.split('\n')
  if (origin === '' || !sizeForm.test(sizeText)) return 'it does not name a log and its size'
  const size = Number(sizeText)
  if (!Number.isSafeInteger(size) || !rootForm.test(rootText)) return 'it does not name a root'
  if (rest.slice(0, -1).includes('')) return 'an extension line is empty'
  const lines = text.slice(end + 2, -1).split('\n')
  if (lines.length > signatures_max) return 'it has more signatures than are read'
  const signatures = lines.map(readLine)
  const read = signatures.filter((signature) => signature !== null)
  if (read.length < lines.length) return 'a signature line is not one'
  return { origin, size, root: Buffer.from(rootText, 'base64'), body, signatures: read, text }
}

function readLine(line: string): NoteSignature | null {
  const [, name, base64 = ''] = lineForm.exec(line) ?? []
  const bytes = Buffer.from(base64, 'base64')
  // One spelling only: the last character of base64 can hold bits that say nothing.
  if (name === undefined || bytes.length < 5 || bytes.toString('base64') !== base64) return null
  return { name, keyId: bytes.subarray(0, 4), bytes: bytes.subarray(4) }
}
