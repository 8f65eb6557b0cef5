/**
 * The private keys as a thread that signs sees them: read from the memory it shares with the keyring, and again as soon
 * as that changed. A key that is not in there any more signs nothing, whoever asks.
 */
import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { readSharedText, sharedTextVersion } from '../../base/shared-text.ts'

export interface SlotKey {
  readonly alg: 'ES256' | 'Ed25519'
  readonly key: KeyObject
}

interface Written {
  readonly kid: string
  readonly alg: SlotKey['alg']
  readonly jwk: JsonWebKey
}

export class SigningSlot {
  readonly #memory: SharedArrayBuffer
  #version = 0
  #keys: ReadonlyMap<string, SlotKey> = new Map()

  constructor(memory: SharedArrayBuffer) {
    this.#memory = memory
  }

  /** The key of this id if it signs now, or null. */
  find(kid: string): SlotKey | null {
    if (sharedTextVersion(this.#memory) !== this.#version) this.#read()
    return this.#keys.get(kid) ?? null
  }

  #read(): void {
    const read = readSharedText(this.#memory)
    this.#version = read?.version ?? 0
    const written = read ? (JSON.parse(read.text) as readonly Written[]) : []
    this.#keys = new Map(
      written.map(({ kid, alg, jwk }) => [kid, { alg, key: createPrivateKey({ key: jwk, format: 'jwk' }) }]),
    )
  }
}
