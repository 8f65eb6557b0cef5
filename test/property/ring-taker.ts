/** The taking thread of the ring's property test: takes `count` frames and posts copies of them. */
import { parentPort, workerData } from 'node:worker_threads'
import { RingReader } from '../../src/base/ring.ts'

const { memory, count } = workerData as { memory: SharedArrayBuffer; count: number }
const port = parentPort
const reader = new RingReader(memory)
const taken: Uint8Array[] = []
while (taken.length < count) {
  const frame = reader.next()
  if (frame) taken.push(Uint8Array.from(frame))
  else reader.wait(1000)
  // Sometimes frames are looked at again before they are given back, as after a failed write.
  if (taken.length % 3 === 0) reader.release()
}
port?.postMessage(taken)
