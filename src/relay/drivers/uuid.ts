/** UUIDs (RFC 9562) for frameworks that take no other ids. */
import { createHash } from 'node:crypto'

/** A UUID of 16 bytes in hexadecimal, of version 4 (RFC 9562 section 5.4). */
export function uuidOf(hex: string, version: '4' | '5' = '4'): string {
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16)
  const rest = [hex.slice(0, 8), hex.slice(8, 12), version + hex.slice(13, 16), variant + hex.slice(17, 20)]
  return [...rest, hex.slice(20, 32)].join('-')
}

/** The DNS name space of RFC 9562 section 6.6. */
const nameSpace = Buffer.from('6ba7b8109dad11d180b400c04fd430c8', 'hex')

/** The same UUID for the same name (version 5, RFC 9562 section 5.5). */
export function uuidNamed(name: string): string {
  return uuidOf(createHash('sha1').update(nameSpace).update(name).digest('hex'), '5')
}
