import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ringMemory, RingReader, RingWriter } from '../../src/base/ring.ts'

const frames = fc.array(fc.uint8Array({ maxLength: 900 }), { maxLength: 200 })

test('whatever is pushed, looked at, rewound and released, frames come out equal and in order', () => {
  const acts = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 1500 }),
      fc.constantFrom('next' as const, 'release' as const, 'rewind' as const),
    ),
    { maxLength: 300 },
  )
  fc.assert(
    fc.property(acts, (acts) => {
      const memory = ringMemory(4096)
      const writer = new RingWriter(memory)
      const reader = new RingReader(memory)
      const held: Uint8Array[] = []
      let looked = 0
      for (const act of acts) {
        if (act === 'release') {
          reader.release()
          held.splice(0, looked)
          looked = 0
        } else if (act === 'rewind') {
          reader.rewind()
          looked = 0
        } else if (act === 'next') {
          const frame = reader.next()
          expect(frame && Buffer.from(frame)).toEqual(held[looked] ? Buffer.from(held[looked] ?? []) : null)
          if (frame) looked += 1
        } else {
          const used = held.reduce((sum, frame) => sum + 4 + Math.ceil(frame.length / 4) * 4, 0)
          expect(writer.free).toBe(4096 - used)
          expect(writer.push(act)).toBe(4 + Math.ceil(act.length / 4) * 4 <= 4096 - used)
          if (4 + Math.ceil(act.length / 4) * 4 <= 4096 - used) held.push(act)
        }
      }
    }),
    { numRuns: 200 },
  )
})

test('frames pushed by one thread come out equal and in order in another', async () => {
  await fc.assert(
    fc.asyncProperty(frames, async (frames) => {
      const memory = ringMemory(4096)
      const writer = new RingWriter(memory)
      const workerData = { memory, count: frames.length }
      const taker = new Worker(new URL('./ring-taker.ts', import.meta.url), { workerData })
      const taken = new Promise<readonly Uint8Array[]>((resolve, reject) => {
        taker.once('message', resolve)
        taker.once('error', reject)
      })
      for (const frame of frames) {
        while (!writer.push(frame)) await new Promise((resolve) => setImmediate(resolve))
        if (writer.asleep) writer.wake()
      }
      expect((await taken).map((frame) => Buffer.from(frame))).toEqual(frames.map((frame) => Buffer.from(frame)))
      await taker.terminate()
    }),
    { numRuns: 12 },
  )
})
