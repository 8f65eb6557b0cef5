import { expect, test } from 'vitest'
import { delta, doneEvent } from '../../../support/model-bench.ts'
import { ModelKit } from '../../../support/model-kit.ts'
import { seededDice } from '../../../support/seeded-dice.ts'

const [keyA, keyB] = ['key-of-ours-number-a', 'key-of-ours-number-b']
const patient = { resilience: { attempts_max: 3, backoff_ms: 100, eject_after_faults: 0 } }

test('calls go to places by their shares', () => {
  const kit = new ModelKit({ one: {}, two: {} }, seededDice(7))
  for (let n = 0; n < 1000; n += 1) {
    kit.send([['one/a*1', 'two/b*3']])
    kit.last.answer()
  }
  const ones = kit.asked.filter((place) => place === 'one/a').length
  // Four standard deviations.
  expect(Math.abs(ones - 250)).toBeLessThan(55)
})

test('calls go where the least is under way for its share, each counted for every caller', () => {
  const kit = new ModelKit({ one: {}, two: {} })
  for (let n = 0; n < 8; n += 1) kit.send([['one/a*1', 'two/b*3']], { choose: 'least_outstanding' })
  expect(kit.asked.filter((place) => place === 'one/a').length).toBe(2)
  for (const wire of kit.wires) if (wire.place === 'two/b') wire.answer()
  kit.send([['one/a*1', 'two/b*3']], { choose: 'least_outstanding' })
  expect(kit.last.place).toBe('two/b')
  expect(kit.places.view().map(({ outstanding }) => outstanding)).toEqual([2, 1])
})

test('keys take turns by their shares', () => {
  const keys = [
    { key: keyA, weight: 1 },
    { key: keyB, weight: 4 },
  ]
  const kit = new ModelKit({ one: { keys } }, seededDice(9))
  for (let n = 0; n < 1000; n += 1) {
    kit.send([['one/a']])
    kit.last.answer()
  }
  const [a, b] = [keyA, keyB].map((key) => kit.wires.filter((wire) => wire.key === key).length)
  expect(a).toBeGreaterThan(150)
  expect(a).toBeLessThan(250)
  expect((a ?? 0) + (b ?? 0)).toBe(1000)
})

test('in a tier everybody is asked once before anybody is asked again, then comes the next tier', () => {
  const kit = new ModelKit({ one: patient, two: patient, three: {} })
  const { outcomes } = kit.send([['one/a', 'two/b'], ['three/c']])
  for (let n = 0; n < 20 && outcomes.length === 0; n += 1) {
    if (kit.last.over) kit.pass(50)
    else if (kit.last.place === 'three/c') kit.last.answer()
    else kit.last.answer(500)
  }
  expect(kit.asked).toEqual(['one/a', 'two/b', 'one/a', 'two/b', 'one/a', 'two/b', 'three/c'])
  expect(outcomes).toMatchObject([{ kind: 'answered', attempts: 7, told: { candidate: { model: 'c' } } }])
  expect(kit.told).toEqual(['retried three answered'])
})

test('waits double, and a wait that a provider asks for is kept to', () => {
  const kit = new ModelKit({ one: patient })
  kit.send([['one/a']])
  const waits = [{}, { 'retry-after-ms': '700' }].map((head) => {
    const from = kit.clock.monotonic()
    kit.last.answer(503, head)
    for (let n = 0; n < 100 && kit.last.over; n += 1) kit.pass(10)
    return kit.clock.monotonic() - from
  })
  // Half of a hundred, where chance is nothing; the wheel rings up to two ticks late.
  expect(waits[0]).toBeGreaterThanOrEqual(50)
  expect(waits[0]).toBeLessThanOrEqual(70)
  expect(waits[1]).toBeGreaterThanOrEqual(700)
  expect(waits[1]).toBeLessThanOrEqual(720)
})

test('a caller that leaves while nobody is asked ends the wait', () => {
  const kit = new ModelKit({ one: patient })
  const { reply, outcomes } = kit.send([['one/a']])
  kit.last.answer(500)
  reply.leave()
  kit.pass(1000)
  expect(kit.asked.length).toBe(1)
  expect(outcomes).toMatchObject([{ kind: 'gone', attempts: 1, lost: 0, told: null }])
  expect(kit.wheel.size).toBe(0)
})

test('what is known of places and keys outlives a reload; who left is forgotten', () => {
  const rows = { one: { keys: [{ key: keyA }, { key: keyB }], resilience: { eject_after_faults: 1, attempts_max: 1 } } }
  const kit = new ModelKit(rows)
  kit.send([['one/a'], ['one/b']])
  kit.last.answer(500)
  kit.last.answer(401)
  kit.last.answer()
  const before = kit.places.view()
  expect(before).toMatchObject([
    {
      ejected: 2,
      models: [
        { model: 'a', state: 'ejected' },
        { model: 'b', state: 'healthy' },
      ],
    },
  ])
  kit.configure(rows)
  expect(kit.places.view()).toEqual(before)
  kit.configure({ one: { keys: [{ key: keyB }] }, two: {} })
  expect(kit.places.view().map(({ provider, keys }) => [provider, keys.length])).toEqual([
    ['one', 1],
    ['two', 0],
  ])
  kit.configure({ two: {} })
  expect(kit.places.view().map(({ provider }) => provider)).toEqual(['two'])
})

test('a call from before a reload never shows a key that its row did not have', () => {
  const kit = new ModelKit({ one: { ...patient, keys: [{ key: keyA }] } })
  const { outcomes } = kit.send([['one/a']])
  kit.configure({ one: { ...patient, keys: [{ key: keyB }] } })
  kit.last.answer(500)
  kit.pass(1000)
  expect(kit.wires.map(({ key }) => key)).toEqual([keyA])
  expect(outcomes).toMatchObject([{ kind: 'answered', answer: { status: 500 } }])
})

test('callers may name as many models as they like: so many are remembered', () => {
  const kit = new ModelKit({ one: {} })
  for (let n = 0; n < 1000; n += 1) {
    kit.send([[`one/model-${n}`]])
    kit.last.answer(404)
  }
  expect(kit.places.view()[0]?.models.length).toBe(256)
  expect(kit.places.view()[0]?.models.at(-1)?.model).toBe('model-999')
  expect(kit.places.outstandingAt('one')).toBe(0)
})

test('a probe that is given up decides nothing, and the next call is one again', () => {
  const kit = new ModelKit({ one: { resilience: { eject_after_faults: 1, eject_ms: 100, attempts_max: 1 } } })
  kit.send([['one/a']])
  kit.last.fail('reset')
  kit.pass(100)
  const { reply } = kit.send([['one/a']])
  reply.leave()
  expect(kit.places.view()[0]?.models[0]?.state).toBe('probing')
  kit.send([['one/a']])
  kit.last.begin()
  kit.last.say(delta('x'))
  expect(kit.places.view()[0]?.models[0]?.state).toBe('healthy')
  kit.last.say(doneEvent)
  expect(kit.places.outstandingAt('one')).toBe(0)
})

test('a key that works again may be told of again', () => {
  const kit = new ModelKit({ one: { keys: [{ key: keyA }], resilience: { eject_ms: 100 } } })
  for (const status of [401, 401, 200, 401]) {
    kit.send([['one/a']])
    kit.last.answer(status)
    kit.pass(500)
  }
  expect(kit.asked.length).toBe(4)
  expect(kit.told.filter((line) => line.startsWith('key')).length).toBe(2)
})

test('a key without quota rests for as long as anything may', () => {
  const kit = new ModelKit({ one: { keys: [{ key: keyA }], resilience: { eject_ms: 100, eject_max_ms: 60_000 } } })
  kit.send([['one/a']])
  kit.last.answer(429, {}, { error: { code: 'insufficient_quota' } })
  kit.pass(50_000)
  kit.send([['one/a']])
  expect(kit.asked.length).toBe(1)
  kit.pass(10_000)
  kit.send([['one/a']])
  expect(kit.asked.length).toBe(2)
})
