import { expect, test } from 'vitest'
import { ringMemory, RingReader, RingWriter } from '../../../src/base/ring.ts'

function ring() {
  const memory = ringMemory(4096)
  return { writer: new RingWriter(memory), reader: new RingReader(memory) }
}

test('a ring is as large as the next power of two', () => {
  expect(new RingWriter(ringMemory(5000)).capacity).toBe(8192)
})

test('frames come out in the order in which they went in', () => {
  const { writer, reader } = ring()
  writer.push(Buffer.from('one'))
  writer.push(Buffer.from('two'))
  expect([reader.next(), reader.next(), reader.next()].map((frame) => frame && Buffer.from(frame).toString())).toEqual([
    'one',
    'two',
    null,
  ])
})

test('a full ring takes nothing until a frame is released, looking at it is not enough', () => {
  const { writer, reader } = ring()
  expect(writer.push(new Uint8Array(4092))).toBe(true)
  expect(writer.free).toBe(0)
  reader.next()
  expect(writer.push(new Uint8Array(1))).toBe(false)
  reader.release()
  expect(writer.push(new Uint8Array(1))).toBe(true)
})

test('what was not released can be looked at again', () => {
  const { writer, reader } = ring()
  writer.push(Buffer.from('again'))
  reader.next()
  reader.rewind()
  expect(Buffer.from(reader.next() ?? []).toString()).toBe('again')
})

test('a wait ends at once where there is a frame, and by itself where there is none', () => {
  const { writer, reader } = ring()
  reader.wait(1)
  writer.push(new Uint8Array(1))
  reader.wait(60_000)
  expect(reader.waiting).toBe(8)
})
