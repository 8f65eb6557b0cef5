/** Whatever comes in whatever order, on whichever thread's clock: no name is the first twice before it expires. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBoard, rowsOf } from '../../src/base/board.ts'
import { ManualClock } from '../../src/base/clock.ts'
import { openReplay, replayPlan } from '../../src/identity/sender/replay.ts'

const life_max_ms = 1000

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('take' as const),
      thread: fc.nat({ max: 2 }),
      name: fc.nat({ max: 12 }),
      life_ms: fc.integer({ min: 1, max: life_max_ms }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 700 }) }) },
)

test.each([2, 4, 64])('with room for %i names', (entries) => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 120 }),
      fc.array(fc.nat({ max: 30 }), { minLength: 3, maxLength: 3 }),
      (steps, skews) => {
        const rows = rowsOf(createBoard(replayPlan('used', entries)), 'used')
        const clocks = skews.map((skew) => new ManualClock(1_800_000_000_000 + skew))
        const threads = clocks.map((clock) => openReplay(rows, { entries, life_max_ms }, clock))
        const usedUntil = new Map<number, number>()
        for (const one of steps) {
          if (one.kind === 'wait') {
            for (const clock of clocks) clock.advance(one.ms)
            continue
          }
          const now = clocks[one.thread]?.now() ?? 0
          // Expiries are whole tenths, so that the same proof often comes again.
          const expiresAt = Math.floor((now + one.life_ms) / 100) * 100
          const outcome = threads[one.thread]?.once('issuer', String(one.name), expiresAt)
          if (outcome !== 'first') continue
          expect(usedUntil.get(one.name) ?? 0).toBeLessThanOrEqual(now)
          usedUntil.set(one.name, expiresAt)
        }
      },
    ),
    { numRuns: 3000 },
  )
})

test('and where there is room and every name is new, each is the first', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string(), { maxLength: 64 }),
      fc.integer({ min: 1, max: life_max_ms }),
      (names, life_ms) => {
        const clock = new ManualClock()
        const used = openReplay(
          rowsOf(createBoard(replayPlan('used', 64)), 'used'),
          { entries: 64, life_max_ms },
          clock,
        )
        for (const name of names) expect(used.once('issuer', name, clock.now() + life_ms)).toBe('first')
      },
    ),
    { numRuns: 500 },
  )
})
