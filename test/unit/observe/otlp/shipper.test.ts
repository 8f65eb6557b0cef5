import { expect, test, vi } from 'vitest'
import { otlpNumbers, SignalNumbers } from '../../../../src/observe/otlp/numbers.ts'
import { type Sent, Shipper } from '../../../../src/observe/otlp/shipper.ts'

interface Item {
  readonly seq: number
}

function shipping(answers: readonly Sent[], { queue_max = 5120, close_ms = 1000 } = {}) {
  const numbers = new SignalNumbers(otlpNumbers(), 'traces')
  const sent: number[][] = []
  const left = [...answers]
  const send = async (items: readonly Item[]): Promise<Sent> => {
    sent.push(items.map(({ seq }) => seq))
    return left.shift() ?? 'sent'
  }
  const shipper = new Shipper<Item>({ send, numbers, queue_max, close_ms, backoff_ms: [1, 2] })
  const read = () => (['sent', 'dropped', 'failed', 'waiting'] as const).map((what) => numbers.read(what))
  return { shipper, sent, read }
}

test('what a collector does not take now is offered again until it does, in its order', async () => {
  const { shipper, sent, read } = shipping(['later', 'later', 'sent'])
  for (const seq of [1, 2]) shipper.push({ seq })
  expect(shipper.oldest).toBe(1)
  shipper.flush()
  await vi.waitFor(() => expect(shipper.oldest).toBeNull())
  expect(sent).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
  ])
  expect(read()).toEqual([2, 0, 2, 0])
})

test('what a collector will never take is given up, and what comes after it goes', async () => {
  const { shipper, read } = shipping(['refused', 'sent'])
  shipper.push({ seq: 1 })
  shipper.flush()
  await vi.waitFor(() => expect(read()).toEqual([0, 1, 1, 0]))
  shipper.push({ seq: 2 })
  shipper.flush()
  await vi.waitFor(() => expect(read()).toEqual([1, 1, 1, 0]))
})

test('a full queue takes nothing more, and every item is either sent or counted as dropped', async () => {
  const { shipper, sent, read } = shipping([], { queue_max: 3 })
  for (const seq of [1, 2, 3, 4, 5]) shipper.push({ seq })
  expect(read()).toEqual([0, 2, 0, 3])
  await shipper.close()
  expect(sent).toEqual([[1, 2, 3]])
  expect(read()).toEqual([3, 2, 0, 0])
})

test('many are sent in requests of a bounded size, without being asked to', async () => {
  const { shipper, sent } = shipping([])
  for (let seq = 1; seq <= 1200; seq += 1) shipper.push({ seq })
  await vi.waitFor(() => expect(sent.flat()).toHaveLength(1200))
  expect(Math.max(...sent.map((batch) => batch.length))).toBe(512)
})

test('a stop does not wait for a collector that is away, and keeps what it did not take', async () => {
  const { shipper, read } = shipping(
    Array.from({ length: 10_000 }, () => 'later'),
    { close_ms: 30 },
  )
  shipper.push({ seq: 7 })
  await shipper.close()
  expect(shipper.oldest).toBe(7)
  shipper.push({ seq: 8 })
  expect(read()[1]).toBe(1)
})
