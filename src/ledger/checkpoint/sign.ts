/**
 * Checkpoints are signed with the keyring's record key: once over the text (type 0x01) and once as a cosignature that says
 * when (type 0x04), so that a reader long after can tell whether the key was in its time. Where the runtime has ML-DSA-44, a
 * third signature (type 0x06) is safe from quantum computers too.
 */
import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject, sign } from 'node:crypto'
import { readSharedText, sharedTextVersion } from '../../base/shared-text.ts'
import { keyIdOf, type LogHead, noteBody, signatureLine, signatureTypes } from './note.ts'

export type SigningAlg = 'Ed25519' | 'ML-DSA-44'

/** How private keys stand in the memory they are handed over in, those that sign first. */
export interface SlotKey {
  readonly kid: string
  readonly alg: SigningAlg
  readonly jwk: JsonWebKey
}

interface Signer {
  readonly kid: string
  readonly key: KeyObject
  readonly publicKey: Buffer
}

/** The keys as the ledger's thread sees them: read again as soon as the keyring turned them. */
export class LogSigners {
  readonly #memory: SharedArrayBuffer
  #version = -1
  #signers: ReadonlyMap<SigningAlg, Signer> = new Map()

  constructor(memory: SharedArrayBuffer) {
    this.#memory = memory
  }

  /** Which record key signs now; throws where none does. */
  get kid(): string {
    return this.#find('Ed25519').kid
  }

  /** The whole text of a signed checkpoint. Throws where there is no key to sign with. */
  sign(head: LogHead, time_s: number): string {
    const body = noteBody(head)
    const { key, publicKey } = this.#find('Ed25519')
    const { origin: name } = head
    const cosigned = sign(null, Buffer.from(cosignedText(body, time_s)), key)
    const lines = [
      line(name, signatureTypes.ed25519, publicKey, sign(null, Buffer.from(body), key)),
      line(name, signatureTypes.cosignature, publicKey, stamped(time_s, cosigned)),
    ]
    const late = this.#signers.get('ML-DSA-44')
    if (late) {
      const signature = sign(null, cosignedMessage(head, name, time_s), late.key)
      lines.push(line(name, signatureTypes.mldsa44, late.publicKey, stamped(time_s, signature)))
    }
    return `${body}\n${lines.join('')}`
  }

  /** A text of another form than a checkpoint, so that neither can be taken for the other. */
  signBytes(bytes: Buffer): { readonly kid: string; readonly sig: string } {
    const { kid, key } = this.#find('Ed25519')
    return { kid, sig: sign(null, bytes, key).toString('base64url') }
  }

  #find(alg: SigningAlg): Signer {
    if (sharedTextVersion(this.#memory) !== this.#version) this.#read()
    const signer = this.#signers.get(alg)
    if (!signer) throw new Error('there is no record key to sign checkpoints with')
    return signer
  }

  #read(): void {
    const read = readSharedText(this.#memory)
    const keys = read && read.text !== '' ? (JSON.parse(read.text) as readonly SlotKey[]) : []
    // The first of an algorithm signs; those behind it only finish what they began.
    this.#signers = new Map(keys.toReversed().map((key) => [key.alg, signerOf(key)]))
    this.#version = read?.version ?? -1
  }
}

function signerOf({ kid, jwk }: SlotKey): Signer {
  const key = createPrivateKey({ key: jwk, format: 'jwk' })
  return { kid, key, publicKey: rawPublicKey(createPublicKey(key)) }
}

/** The 32 bytes of an Ed25519 key, the 1312 of an ML-DSA-44 key. */
export function rawPublicKey(key: KeyObject): Buffer {
  const jwk: JsonWebKey & { pub?: string } = key.export({ format: 'jwk' })
  return Buffer.from(jwk.x ?? jwk.pub ?? '', 'base64url')
}

function line(name: string, type: 0x01 | 0x04 | 0x06, publicKey: Buffer, bytes: Buffer): string {
  return signatureLine({ name, keyId: keyIdOf(name, type, publicKey), bytes })
}

/** A `timestamped_signature` of tlog-cosignature. */
function stamped(time_s: number, signature: Buffer): Buffer {
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(BigInt(time_s))
  return Buffer.concat([time, signature])
}

/** What a cosignature of type 0x04 is over. */
export function cosignedText(body: string, time_s: number): string {
  return `cosignature/v1\ntime ${time_s}\n${body}`
}

/** What a cosignature of type 0x06 is over: the structure `cosigned_message`. */
export function cosignedMessage({ origin, size, root }: LogHead, cosigner: string, time_s: number): Buffer {
  const numbers = (...values: readonly number[]): Buffer => {
    const bytes = Buffer.alloc(8 * values.length)
    values.forEach((value, place) => bytes.writeBigUInt64BE(BigInt(value), 8 * place))
    return bytes
  }
  const text = (value: string): Buffer => Buffer.concat([Uint8Array.of(Buffer.byteLength(value)), Buffer.from(value)])
  const label = Buffer.from('subtree/v1\n\0')
  return Buffer.concat([label, text(cosigner), numbers(time_s), text(origin), numbers(0, size), root])
}
