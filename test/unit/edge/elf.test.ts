import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { relinkC23Aliases } from '../../../src/edge/elf.ts'

function relinked(image: Uint8Array): Buffer {
  const made = relinkC23Aliases(image)
  if (typeof made === 'string') throw new Error(made)
  return made
}

const shipped = readFileSync(createRequire(import.meta.url).resolve('uWebSockets.js/uws.node'))

test('relinking the shipped binary gives the reviewed one and changes seven bytes', () => {
  const made = relinked(shipped)
  expect(createHash('sha256').update(made).digest('hex')).toBe(
    '02825106d3c13209da9321fc85ce3bcf8eb59b26ee8da369326befecfabf365e',
  )
  let changed = 0
  for (let at = 0; at < shipped.length; at++) if (shipped[at] !== made[at]) changed++
  expect(changed).toBe(7)
})

test('relinking leaves the bytes it was given alone', () => {
  const before = Buffer.from(shipped)
  relinkC23Aliases(shipped)
  expect(shipped.equals(before)).toBe(true)
})

test.each([
  ['nothing', Buffer.alloc(0)],
  ['text', Buffer.from('no ELF at all, but longer than an ELF header would have to be, for what it is worth')],
  ['an ELF header without anything behind it', shipped.subarray(0, 64)],
  ['half a binary', shipped.subarray(0, shipped.length / 2)],
])('%s is not relinked, and the reason is a sentence', (_what, image) => {
  expect(relinkC23Aliases(image)).toMatch(/^the binary /)
})

test('a binary whose aliases are already relinked is not relinked again', () => {
  const once = relinked(shipped)
  expect(relinked(once).equals(once)).toBe(true)
})
