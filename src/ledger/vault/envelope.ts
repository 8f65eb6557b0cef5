/**
 * How bytes are sealed: AES-256-GCM under the key of one person. An envelope names its person by the 16 bytes that the
 * pseudonym spells, so that it can be opened without the row it stands beside.
 *
 *     1 | 16 bytes: whose | 12 bytes: nonce | sealed bytes | 16 bytes: tag       (the first 17 are authenticated)
 */
import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto'

const version = 1
export const id_bytes = 16
export const nonce_bytes = 12
const tag_bytes = 16
const head_bytes = 1 + id_bytes
const overhead_bytes = head_bytes + nonce_bytes + tag_bytes

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
const pseudonymStart = 'user:~'

/** What stands for a person of these 16 bytes: base32 without padding, 26 characters. */
export function pseudonymOf(id: Uint8Array): string {
  let text = pseudonymStart
  let bits = 0
  let held = 0
  for (const byte of id) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += alphabet.charAt((held >>> bits) & 31)
    }
    held &= (1 << bits) - 1
  }
  return text + alphabet.charAt((held << (5 - bits)) & 31)
}

/** Seals `plain` for the person `id`; `nonce` must never be used twice with a key. */
export function seal(key: KeyObject | Uint8Array, id: Uint8Array, nonce: Uint8Array, plain: Uint8Array): Buffer {
  const head = Buffer.allocUnsafe(head_bytes)
  head[0] = version
  head.set(id, 1)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(head)
  const body = cipher.update(plain)
  cipher.final()
  return Buffer.concat([head, nonce, body, cipher.getAuthTag()], overhead_bytes + plain.length)
}

/** Whose it is; null for bytes that are no envelope. */
export function whoseSeal(sealed: Uint8Array): Buffer | null {
  if (sealed.length < overhead_bytes || sealed[0] !== version) return null
  return Buffer.from(sealed.subarray(1, head_bytes))
}

/** What was sealed; null where the key is another or a byte has changed. */
export function unseal(key: KeyObject | Uint8Array, sealed: Uint8Array): Buffer | null {
  if (sealed.length < overhead_bytes || sealed[0] !== version) return null
  const body = head_bytes + nonce_bytes
  const end = sealed.length - tag_bytes
  try {
    const cipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(head_bytes, body))
    cipher.setAAD(sealed.subarray(0, head_bytes))
    cipher.setAuthTag(sealed.subarray(end))
    return Buffer.concat([cipher.update(sealed.subarray(body, end)), cipher.final()])
  } catch {
    return null
  }
}
