/**
 * Texts that leave this process and come back: cursors go through callers, credentials lie on the disk. What comes back is
 * ours and for the same purpose and place, or nothing.
 */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import type { Dice } from '../base/dice.ts'

const nonce_bytes = 12
const tag_bytes = 16
const sealedForm = /^[A-Za-z0-9_-]{38,}$/

/** AES-256-GCM under a key of its own for each purpose (RFC 5869 with the purpose as info). */
export interface Seal {
  /** `place` is what the text belongs to: it opens only with the same. Base64url. */
  seal(text: string, place: string): string
  /** Null for anything that was not sealed here for that place. */
  open(sealed: string, place: string): string | null
}

export function openSeal(secret: Uint8Array, purpose: string, nonceFor: (text: string) => Buffer): Seal {
  const key = derive(secret, purpose)
  return {
    seal(text, place) {
      const nonce = nonceFor(text)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place))
      const hidden = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, hidden, cipher.getAuthTag()]).toString('base64url')
    },
    open(sealed, place) {
      if (!sealedForm.test(sealed)) return null
      const bytes = Buffer.from(sealed, 'base64url')
      // Two spellings of the same bytes would be two cursors for one place.
      if (bytes.toString('base64url') !== sealed) return null
      const nonce = bytes.subarray(0, nonce_bytes)
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tag_bytes })
      decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(-tag_bytes))
      try {
        return decipher.update(bytes.subarray(nonce_bytes, -tag_bytes), undefined, 'utf8') + decipher.final('utf8')
      } catch {
        return null
      }
    },
  }
}

/** A nonce by chance: good for 2^32 texts of one key (NIST SP 800-38D section 8.3). */
export function byChance(dice: Dice): () => Buffer {
  return () => Buffer.from(dice.hex(nonce_bytes), 'hex')
}

/** 32 bytes for one purpose. */
export function derive(secret: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `weir tasks ${purpose}`, 32))
}
