import { expect, test } from 'vitest'
import { readSharedText, sharedTextMemory, sharedTextVersion, writeSharedText } from '../../../src/base/shared-text.ts'

test('what was written is read, with a version that changes with every text', () => {
  const memory = sharedTextMemory(64)
  writeSharedText(memory, 'a long text of € and more')
  const first = readSharedText(memory)
  writeSharedText(memory, 'short')
  const second = readSharedText(memory)
  expect([first?.text, second?.text]).toEqual(['a long text of € and more', 'short'])
  expect(second?.version).not.toBe(first?.version)
  expect(sharedTextVersion(memory)).toBe(second?.version)
})

test('nothing of an older text stays in the memory', () => {
  const memory = sharedTextMemory(64)
  writeSharedText(memory, 'a private key')
  writeSharedText(memory, '')
  expect(Buffer.from(memory).toString()).not.toContain('key')
})

test('a text that its writer does not finish is none, and one too long is a bug', () => {
  const memory = sharedTextMemory(4)
  Atomics.store(new Int32Array(memory, 0, 1), 0, 1)
  expect(readSharedText(memory)).toBeNull()
  expect(() => writeSharedText(memory, 'too long')).toThrow('made for')
}, 20_000)
