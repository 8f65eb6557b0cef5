import { expect, test } from 'vitest'
import { at, follow, PoolKit } from '../../../support/pool-kit.ts'

const [a, b] = ['http://a/', 'http://b/'] as const

/** Longer than any wait between two attempts in these tests. */
const rest_ms = 1100

test('further attempts are a share of the calls, whoever could not be reached not counted', () => {
  const settings = { resilience: { retry_budget_percent: 50, retries_per_second_min: 0, eject_after_faults: 0 } }
  const kit = new PoolKit([a, b], settings)
  for (let i = 0; i < 10; i += 1) {
    kit.ask(follow('get', at(a)))
    kit.last.fail('reset')
    kit.pass(rest_ms)
    if (kit.attempts.length > i + 1 && !kit.last.over) kit.last.answer()
  }
  expect(kit.attempts.length).toBe(15)
  expect(kit.told.filter((line) => line.endsWith('over_budget')).length).toBe(5)
  const none = new PoolKit([a, b], { resilience: { retry_budget_percent: 0, retries_per_second_min: 0 } })
  none.ask()
  none.last.fail('connect_failed')
  expect(none.asked).toEqual([a, b])
  none.ask()
  none.last.fail('connect_timeout')
  expect(none.asked.length).toBe(3)
})

test('quiet times save up no storm', () => {
  const kit = new PoolKit([a], {
    resilience: { retry_budget_percent: 10, retries_per_second_min: 3, eject_after_faults: 0, attempts_max: 2 },
  })
  for (let i = 0; i < 1000; i += 1) {
    kit.ask(follow('get'))
    kit.last.answer()
  }
  kit.pass(60_000)
  for (let i = 0; i < 100; i += 1) {
    kit.ask(follow('get'))
    kit.last.fail('reset')
  }
  kit.pass(rest_ms)
  // Two seconds of three, a tenth of a hundred calls, and a tenth of these hundred, the first of which came to a full store.
  expect(kit.attempts.length - 1100).toBeGreaterThanOrEqual(16)
  expect(kit.attempts.length - 1100).toBeLessThanOrEqual(26)
})

test('a few per second are always allowed', () => {
  const kit = new PoolKit([a], {
    resilience: { retry_budget_percent: 0, retries_per_second_min: 2, eject_after_faults: 0 },
  })
  const tries = (): number => {
    const before = kit.attempts.length
    for (let i = 0; i < 5; i += 1) {
      kit.ask(follow('get'))
      kit.last.fail('reset')
    }
    kit.pass(100)
    for (const attempt of kit.attempts) if (!attempt.over) attempt.answer()
    return kit.attempts.length - before - 5
  }
  expect([tries(), tries()]).toEqual([2, 0])
  kit.pass(500)
  expect(tries()).toBe(1)
})
