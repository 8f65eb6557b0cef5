import { expect, test } from 'vitest'
import { ManualClock } from '../../../src/base/clock.ts'
import { Wheel } from '../../../src/base/wheel.ts'

function wheelOf(slots = 8): { clock: ManualClock; wheel: Wheel; pass: (ms: number) => void } {
  const clock = new ManualClock(1000)
  const wheel = new Wheel(clock, { tick_ms: 10, slots })
  const pass = (ms: number): void => {
    for (let gone = 0; gone < ms; gone += 10) {
      clock.advance(10)
      wheel.turn()
    }
  }
  return { clock, wheel, pass }
}

test.each([0, 5, 10, 75, 80, 200, 1234])(
  'an alarm in %d ms rings once, not early, at most two ticks late',
  (delay_ms) => {
    const { clock, wheel, pass } = wheelOf()
    const start = clock.monotonic()
    const rang: number[] = []
    wheel.after(delay_ms, () => rang.push(clock.monotonic() - start))
    pass(2000)
    expect(rang).toHaveLength(1)
    expect(rang[0]).toBeGreaterThanOrEqual(delay_ms)
    expect(rang[0]).toBeLessThanOrEqual(delay_ms + 20)
    expect(wheel.size).toBe(0)
  },
)

test('an alarm that is put off rings at its new time, one that is called off does not ring', () => {
  const { clock, wheel, pass } = wheelOf()
  const rang: string[] = []
  const late = wheel.after(30, () => rang.push(`late at ${clock.monotonic()}`))
  const soon = wheel.after(500, () => rang.push(`soon at ${clock.monotonic()}`))
  const never = wheel.after(30, () => rang.push('never'))
  never.cancel()
  soon.push(20)
  for (let i = 0; i < 10; i += 1) {
    pass(20)
    late.push(30)
  }
  expect(rang).toEqual(['soon at 1030'])
  pass(60)
  expect(rang).toEqual(['soon at 1030', 'late at 1240'])
})

test('an alarm may set itself again while it rings', () => {
  const { wheel, pass } = wheelOf()
  let count = 0
  const beat = wheel.after(40, () => {
    count += 1
    beat.push(40)
  })
  pass(500)
  expect(count).toBe(10)
  beat.cancel()
  expect(wheel.size).toBe(0)
})

test('a wheel that stood still for longer than a turn rings everything that is due', () => {
  const { clock, wheel } = wheelOf()
  const rang: number[] = []
  for (const delay_ms of [10, 90, 450, 5000]) wheel.after(delay_ms, () => rang.push(delay_ms))
  clock.advance(1000)
  wheel.turn()
  expect(rang.toSorted((a, b) => a - b)).toEqual([10, 90, 450])
  wheel.stop()
})
