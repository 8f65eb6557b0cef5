import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type LeafFront, leafMaker } from '../../src/ledger/leaf.ts'
import { packEntry, shapes } from '../../src/ledger/pack.ts'
import { readStored, storePacked } from '../../src/ledger/stored.ts'
import { anyEntry } from '../unit/ledger/entries.ts'

const front: LeafFront = { boot: 'b1', gw: 'https://weir.test', shapes }

/** RFC 8785 in the most straightforward way: build the object, sort by code units, write as ECMAScript does. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const names = Object.keys(value).sort((a, b) => (a < b ? -1 : 1))
    const members = names.map(
      (name) => `${JSON.stringify(name)}:${canonical((value as Record<string, unknown>)[name])}`,
    )
    return `{${members.join(',')}}`
  }
  return JSON.stringify(value)
}

function naiveText(row: readonly unknown[], seq: number): string {
  const leaf: Record<string, unknown> = { kind: row[0], seq, boot: front.boot, gw: front.gw }
  const own: Record<string, unknown> = {}
  for (const [place, name] of (shapes[String(row[0])] ?? []).entries()) {
    const value = row[place + 1]
    if (['boot', 'gw', 'seq'].includes(name)) {
      own[name] = value
      leaf['own'] = own
      continue
    }
    const path = name.split('.')
    let into = leaf
    for (const step of path.slice(0, -1)) into = (into[step] ??= {}) as Record<string, unknown>
    into[path.at(-1) ?? ''] = value
  }
  return canonical(leaf)
}

test('the text of every entry is that of a straightforward reading of RFC 8785, and its hash is over a zero byte and it', () => {
  const leafOf = leafMaker(front)
  fc.assert(
    fc.property(anyEntry, fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (entry, seq) => {
      const row = readStored(storePacked(packEntry(entry)))?.row ?? []
      const { text, hash } = leafOf(row, seq)
      expect(text).toBe(naiveText(row, seq))
      expect(hash).toEqual(createHash('sha256').update('\0').update(text).digest())
      expect(JSON.parse(text)).toMatchObject({ seq, kind: entry.kind, boot: 'b1' })
    }),
  )
})

test('a row of anything at all has one text, which is JSON and canonical', () => {
  const leafOf = leafMaker({ boot: 'b1', shapes: { call: ['a', 'b.c', 'b.d', 'seq'] } })
  const values = fc.anything({ withBigInt: true, withTypedArray: true, withDate: true, withNullPrototype: true })
  fc.assert(
    fc.property(fc.array(values, { maxLength: 6 }), fc.boolean(), (rest, stray) => {
      const { text } = leafOf([stray ? 'other' : 'call', ...rest], 1)
      expect(canonical(JSON.parse(text))).toBe(text)
    }),
  )
})

test('numbers that JSON does not know are null, lone surrogates are replaced, bytes are base64url', () => {
  const leafOf = leafMaker({ boot: 'b', shapes: { x: ['a', 'b', 'c', 'd.e'] } })
  const { text } = leafOf(['x', Number.NaN, '\ud800', Uint8Array.of(255, 255), { z: 1, y: Infinity }], 7)
  expect(text).toBe(
    '{"a":null,"b":"\ufffd","boot":"b","c":"__8","d":{"e":{"y":null,"z":1}},"gw":null,"kind":"x","seq":7}',
  )
})
