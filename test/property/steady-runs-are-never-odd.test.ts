/** The two laws of anomalies: what goes on as it did is never told, and a planted loop is told within so many calls. */
import { array, assert, integer, property, record } from 'fast-check'
import { expect, test } from 'vitest'
import type { AnomalySettings } from '../../src/config/settings.ts'
import type { CallRecord } from '../../src/domain/record.ts'
import type { Alert } from '../../src/observe/alert.ts'
import { Anomalies } from '../../src/observe/anomalies.ts'
import { agent, call, hop, noon, run } from '../unit/ledger/entries.ts'

const settings: AnomalySettings = {
  cost_velocity: { factor: 2, floor_micros_per_min: 1 },
  repetition: { same_calls: 10, window_ms: 10_000 },
  cooldown_ms: 60_000,
}
const base = call(hop(1))

const callAt = (
  at: number,
  cost_micros: number,
  facts: Partial<CallRecord> & { readonly bytes_in?: number },
): CallRecord => {
  const { bytes_in = 500, ...rest } = facts
  const outcome = { ...base.outcome, ms: 0, bytes_in, spent: { tokens: 0, cost_micros } }
  return { ...base, ts: noon + at, outcome, ...rest }
}

const hear = (records: readonly CallRecord[]): readonly Alert[] => {
  const alerts: Alert[] = []
  const anomalies = new Anomalies({ settings, tell: (alert) => void alerts.push(alert) })
  for (const entry of records) anomalies.entries([{ entry }])
  return alerts
}

/** A stream of one run, of which ten calls take longer than the window: a call every so often, each as dear as the other. */
const stream = record({ every_ms: integer({ min: 1112, max: 200_000 }), cost: integer({ min: 0, max: 10_000_000 }) })

/** Streams of runs of their own agents, in the order of time, for `calls` calls each. */
const merged = (streams: readonly { readonly every_ms: number; readonly cost: number }[], calls: number) =>
  streams
    .flatMap(({ every_ms, cost }, place) =>
      Array.from({ length: calls }, (_, nth) =>
        callAt(nth * every_ms, cost, { run: run(place + 1), agent: agent(`a${place}`) }),
      ),
    )
    .toSorted((one, other) => one.ts - other.ts)

test('steady streams are never told, however fast, dear and many they are', () => {
  assert(
    property(array(stream, { minLength: 1, maxLength: 5 }), (streams) => {
      expect(hear(merged(streams, 150))).toEqual([])
    }),
  )
})

test('a loop in them is told with its tenth call at the latest, and nothing else is', () => {
  assert(
    property(
      array(stream, { minLength: 0, maxLength: 4 }),
      record({ at: integer({ min: 0, max: 100_000 }), every_ms: integer({ min: 0, max: 1111 }) }),
      (streams, { at, every_ms }) => {
        const loop = Array.from({ length: 10 }, (_, nth) =>
          callAt(at + nth * every_ms, 0, { run: run(99), agent: agent('looping'), target: 'agent:b' }),
        )
        const all = [...merged(streams, 60), ...loop].toSorted((one, other) => one.ts - other.ts)
        expect(hear(all).map((alert) => [alert.kind, 'run' in alert && alert.run])).toMatchObject([
          ['repetition', { id: run(99) }],
        ])
      },
    ),
  )
})

test('money that goes faster than usual is told before the minute is over', () => {
  assert(
    property(integer({ min: 1, max: 1_000_000 }), integer({ min: 1, max: 30 }), (cost, per_minute) => {
      const every_ms = Math.floor(60_000 / per_minute)
      const steady = Array.from({ length: per_minute * 5 }, (_, nth) =>
        callAt(nth * every_ms, cost, { bytes_in: nth * 50 }),
      )
      const begins = (steady.at(-1)?.ts ?? noon) - noon + every_ms
      const burst = Array.from({ length: per_minute * 6 }, (_, nth) =>
        callAt(begins + Math.floor((nth * every_ms) / 3), cost, { bytes_in: nth * 50 + 100_000 }),
      )
      expect(hear([...steady, ...burst]).map(({ kind }) => kind)).toContain('cost_velocity')
    }),
  )
})
