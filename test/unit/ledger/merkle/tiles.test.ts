import { expect, test } from 'vitest'
import { edgePlaces, tilePath, tileWidthIn } from '../../../../src/ledger/merkle/tiles.ts'

test('a tile stands where C2SP tlog-tiles looks for it', () => {
  expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067')
  expect(tilePath({ level: 2, index: 0, width: 256 })).toBe('tile/2/000')
  expect(tilePath({ level: 1, index: 1000, width: 17 })).toBe('tile/1/x001/000.p/17')
})

test('the tiles of a tree are those the specification counts for 70 000 leaves', () => {
  expect(edgePlaces(70_000)).toEqual([
    { level: 0, index: 273, width: 112 },
    { level: 1, index: 1, width: 17 },
    { level: 2, index: 0, width: 1 },
  ])
  expect(tileWidthIn(70_000, 0, 272)).toBe(256)
  expect(tileWidthIn(70_000, 0, 274)).toBe(0)
})
