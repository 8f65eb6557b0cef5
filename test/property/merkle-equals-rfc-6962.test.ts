import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { verifyMerkleInclusion } from '@sigstore/verify/dist/tlog/merkle.js'
import { emptyRoot, leafHash } from '../../src/ledger/merkle/hash.ts'
import {
  consistencyProof,
  inclusionProof,
  rootFromTiles,
  verifyConsistency,
  verifyInclusion,
} from '../../src/ledger/merkle/proof.ts'
import { TileFiles } from '../../src/ledger/merkle/tile-files.ts'
import { TileReader } from '../../src/ledger/merkle/tiles.ts'
import { Tree } from '../../src/ledger/merkle/tree.ts'
import { naiveLeaf, naivePath, naiveProof, naiveRoot } from '../support/naive-merkle.ts'

const size_max = 600
const texts = Array.from({ length: size_max }, (_, place) => Buffer.from(`entry ${place + 1}`))
const leaves = texts.map(naiveLeaf)

/** A log on the disk that was sealed after every leaf, so that each size had its tiles. */
function sealedLog(size: number, step = 1): { readonly tiles: TileReader; readonly roots: readonly Buffer[] } {
  const dir = join(folder, 'log')
  mkdirSync(dir)
  const files = new TileFiles(dir)
  const tree = new Tree((tile) => files.take(tile))
  const roots = [tree.root()]
  for (const text of texts.slice(0, size)) {
    tree.append(leafHash(text))
    roots.push(tree.root())
    if (tree.size % step === 0 || tree.size === size) files.write(tree)
  }
  files.clean()
  return { tiles: new TileReader(dir), roots }
}

const folder = mkdtempSync(join(tmpdir(), 'weir-merkle-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const log = sealedLog(size_max, 37)

test('the root of every size up to 600 is that of the definition', () => {
  expect(log.roots[0]).toEqual(emptyRoot)
  log.roots.forEach((root, size) => expect(root.equals(naiveRoot(leaves.slice(0, size)))).toBe(true))
})

test('from the tiles of a larger tree every older root is found again', () => {
  for (let size = 0; size <= size_max; size += 1)
    expect(rootFromTiles(log.tiles, size)?.equals(naiveRoot(leaves.slice(0, size)))).toBe(true)
})

const sizes = fc.integer({ min: 1, max: size_max })
const leafInTree = sizes.chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1)))

test('an inclusion proof is that of the definition, and two verifiers take it, and no other for it', () => {
  fc.assert(
    fc.property(leafInTree, fc.nat(size_max - 1), ([size, index], other) => {
      const proof = inclusionProof(log.tiles, index, size) ?? []
      const root = log.roots[size] ?? emptyRoot
      const leaf = leaves[index] ?? emptyRoot
      expect(proof).toEqual(naivePath(index, leaves.slice(0, size)))
      expect(verifyInclusion({ index, size, leaf, proof, root })).toBe(true)
      expect(() => askSigstore(texts[index] ?? emptyRoot, { index, size, proof, root })).not.toThrow()
      if (other === index) return
      expect(verifyInclusion({ index: other, size, leaf, proof, root })).toBe(false)
      expect(verifyInclusion({ index, size, leaf: leaves[other] ?? emptyRoot, proof, root })).toBe(false)
    }),
    { numRuns: 300 },
  )
})

test('a consistency proof is that of the definition, and is taken for these two roots only', () => {
  fc.assert(
    fc.property(fc.nat(size_max), fc.nat(size_max), (one, two) => {
      const [old, now] = one < two ? [one, two] : [two, one]
      const proof = consistencyProof(log.tiles, old, now) ?? []
      const heads = [old, now].map((size) => ({ size, root: log.roots[size] ?? emptyRoot })) as [Head, Head]
      expect(proof).toEqual(naiveProof(old, leaves.slice(0, now)))
      expect(verifyConsistency({ old: heads[0], now: heads[1], proof })).toBe(true)
      const forged = { size: now, root: leaves[0] ?? emptyRoot }
      if (now > 1 && old > 0) expect(verifyConsistency({ old: heads[0], now: forged, proof })).toBe(false)
      const swapped = { size: old, root: leaves[1] ?? emptyRoot }
      expect(verifyConsistency({ old: swapped, now: heads[1], proof })).toBe(false)
    }),
    { numRuns: 500 },
  )
})

interface Head {
  readonly size: number
  readonly root: Buffer
}

interface Asked {
  readonly index: number
  readonly size: number
  readonly proof: readonly Buffer[]
  readonly root: Buffer
}

/** The verifier of another project, which was written from the RFC by others. */
function askSigstore(canonicalizedBody: Buffer, { index, size, proof, root }: Asked): void {
  const inclusionProof = { logIndex: String(index), hashes: [...proof] }
  const entry = { canonicalizedBody, inclusionProof } as unknown as Parameters<typeof verifyMerkleInclusion>[0]
  const checkpoint = { logSize: BigInt(size), logHash: root } as unknown as Parameters<typeof verifyMerkleInclusion>[1]
  verifyMerkleInclusion(entry, checkpoint)
}
