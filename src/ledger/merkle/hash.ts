/** The hashes of the Merkle tree (RFC 6962, section 2.1): SHA-256, leaves and nodes told apart by their first byte. */
import { createHash, hash } from 'node:crypto'

export const hash_bytes = 32

/** The root of the tree without leaves. */
export const emptyRoot: Buffer = createHash('sha256').digest()

export function leafHash(text: Uint8Array): Buffer {
  const input = Buffer.allocUnsafe(text.length + 1)
  input[0] = 0
  input.set(text, 1)
  return hash('sha256', input, 'buffer')
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  const input = Buffer.allocUnsafe(1 + 2 * hash_bytes)
  input[0] = 1
  input.set(left, 1)
  input.set(right, 1 + hash_bytes)
  return hash('sha256', input, 'buffer')
}

/** The root over nodes that stand side by side, all of them whole but, perhaps, the last. */
export function rootOver(nodes: readonly Buffer[]): Buffer {
  let level = nodes
  while (level.length > 1) {
    const above: Buffer[] = []
    for (let place = 0; place < level.length; place += 2) {
      const left = level[place] ?? emptyRoot
      const right = level[place + 1]
      above.push(right ? nodeHash(left, right) : left)
    }
    level = above
  }
  return level[0] ?? emptyRoot
}
