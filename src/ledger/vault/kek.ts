/** The key of the vault, under which names and keys of persons are sealed, and what is derived from it. */
import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import type { SecretPlace } from '../../base/secret-file.ts'
import { id_bytes, pseudonymOf, seal, unseal } from './envelope.ts'

/** Where the vault of a state directory is; it can be cloned from thread to thread. */
export interface VaultPlace {
  /** `<state.dir>/vault`. */
  readonly dir: string
  /** Where a service manager puts credentials; null where there is none. */
  readonly credentials_dir: string | null
}

export function vaultPlace(stateDir: string, credentials_dir: string | null): VaultPlace {
  return { dir: join(stateDir, 'vault'), credentials_dir }
}

export function kekPlace({ dir, credentials_dir }: VaultPlace): SecretPlace {
  return { folder: dir, name: 'kek', credentials_dir, credential: 'weir-vault.kek' }
}

/** Whose key seals what is about nobody: the gateway itself, under the id of all zeros. Nobody can erase it. */
export const nobodyId = Buffer.alloc(id_bytes)
export const nobody = pseudonymOf(nobodyId)

export class Kek {
  readonly #wrap: KeyObject
  readonly #tag: KeyObject

  constructor(secret: Uint8Array) {
    this.#wrap = keyOf(secret, 'wrap')
    this.#tag = keyOf(secret, 'tag')
  }

  /** What a name is found by; without this key it says nothing of the name. */
  tag(name: string): Buffer {
    return createHmac('sha256', this.#tag).update(name).digest()
  }

  wrap(id: Uint8Array, nonce: Uint8Array, plain: Uint8Array): Buffer {
    return seal(this.#wrap, id, nonce, plain)
  }

  /** Null where it was sealed under another key. */
  unwrap(sealed: Uint8Array): Buffer | null {
    return unseal(this.#wrap, sealed)
  }
}

function keyOf(secret: Uint8Array, use: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', `weir vault ${use}`, 32)))
}
