/** The Merkle tree as RFC 6962, section 2.1 writes it down: slow, recursive, and with nothing in common with that of src. */
import { createHash } from 'node:crypto'

function sha256(...parts: readonly Uint8Array[]): Buffer {
  const digest = createHash('sha256')
  for (const part of parts) digest.update(part)
  return digest.digest()
}

export function naiveLeaf(text: Uint8Array): Buffer {
  return sha256(Uint8Array.of(0), text)
}

/** MTH over hashes of leaves. */
export function naiveRoot(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves
  if (!only) return sha256()
  if (leaves.length === 1) return only
  const k = largestPowerBelow(leaves.length)
  return sha256(Uint8Array.of(1), naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)))
}

/** PATH(m, D[n]) */
export function naivePath(m: number, leaves: readonly Buffer[]): readonly Buffer[] {
  if (leaves.length <= 1) return []
  const k = largestPowerBelow(leaves.length)
  return m < k
    ? [...naivePath(m, leaves.slice(0, k)), naiveRoot(leaves.slice(k))]
    : [...naivePath(m - k, leaves.slice(k)), naiveRoot(leaves.slice(0, k))]
}

/** PROOF(m, D[n]) */
export function naiveProof(m: number, leaves: readonly Buffer[]): readonly Buffer[] {
  return m === 0 ? [] : subproof(m, leaves, true)
}

function subproof(m: number, leaves: readonly Buffer[], complete: boolean): readonly Buffer[] {
  if (m === leaves.length) return complete ? [] : [naiveRoot(leaves)]
  const k = largestPowerBelow(leaves.length)
  return m <= k
    ? [...subproof(m, leaves.slice(0, k), complete), naiveRoot(leaves.slice(k))]
    : [...subproof(m - k, leaves.slice(k), false), naiveRoot(leaves.slice(0, k))]
}

function largestPowerBelow(n: number): number {
  return 2 ** Math.ceil(Math.log2(n) - 1)
}
