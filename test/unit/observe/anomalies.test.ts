import { expect, test } from 'vitest'
import type { AnomalySettings } from '../../../src/config/settings.ts'
import type { Millis } from '../../../src/base/clock.ts'
import type { CallRecord, LedgerEntry } from '../../../src/domain/record.ts'
import type { Alert } from '../../../src/observe/alert.ts'
import { Anomalies } from '../../../src/observe/anomalies.ts'
import { agent, call, hop, noon, run, runEntry } from '../ledger/entries.ts'

const settings: AnomalySettings = {
  cost_velocity: { factor: 5, floor_micros_per_min: 1_000_000 },
  repetition: { same_calls: 20, window_ms: 60_000 },
  cooldown_ms: 600_000,
}
const outcome = call(hop(1)).outcome
const minute = 60_000

/** Hears calls one by one, each at its second; what was told is kept. */
class Trial {
  readonly alerts: Alert[] = []
  readonly anomalies = new Anomalies({ settings, tell: (alert) => void this.alerts.push(alert) })
  #calls = 0

  call(at: Millis, cost_micros: number, facts: Partial<CallRecord> = {}): void {
    this.#calls += 1
    // Each question is of another size, so that it is not a repetition.
    const spent = { tokens: 1, cost_micros }
    const entry = call(hop(this.#calls), {
      ts: noon + at,
      outcome: { ...outcome, ms: 0, spent, bytes_in: this.#calls * 50 },
      ...facts,
    })
    this.hear(entry)
  }

  same(at: Millis, facts: Partial<CallRecord> = {}): void {
    this.call(at, 0, { outcome: { ...outcome, ms: 0, spent: { tokens: 0, cost_micros: 0 } }, ...facts })
  }

  hear(...entries: readonly LedgerEntry[]): void {
    this.anomalies.entries(entries.map((entry) => ({ entry })))
  }
}

test('a run that spends six times as fast as before is told, with its rate, edge and cost', () => {
  const trial = new Trial()
  trial.hear(runEntry(run(1), 'opened', { root: agent('console') }))
  for (let at = 0; at < 5 * minute; at += 10_000) trial.call(at, 100_000)
  expect(trial.alerts).toEqual([])
  for (let at = 5 * minute; trial.alerts.length === 0 && at < 6 * minute; at += 5000)
    trial.call(at, 350_000, { depth: 4, target: 'agent:c' })
  expect(trial.alerts).toEqual([
    {
      kind: 'cost_velocity',
      at: expect.any(Number) as number,
      sentence: expect.stringContaining(
        `${run(1)} spends $3.15 a minute, usually $0.60; the newest call is agent:a -> agent:c`,
      ) as string,
      run: { id: run(1), root: 'agent:console', cost_micros: 6_150_000, unpriced: 0 },
      edge: { from: 'agent:a', to: 'agent:c', depth: 4, lap: expect.any(Number) as number },
      of: run(1),
      rate_micros_per_min: 3_150_000,
      baseline_micros_per_min: 600_000,
    },
  ])
})

test('an agent that spends in many short runs is told over all of them', () => {
  const trial = new Trial()
  for (let at = 0; at < 5 * minute; at += 10_000) trial.call(at, 100_000, { run: run(at) })
  for (let at = 5 * minute; at < 6 * minute; at += 5000) trial.call(at, 400_000, { run: run(at) })
  expect(trial.alerts).toMatchObject([{ kind: 'cost_velocity', of: 'agent:a' }])
})

test('below the floor nothing is told, and neither in the first minutes, nor after an hour of nothing', () => {
  const trial = new Trial()
  for (let at = 0; at < 5 * minute; at += 10_000) trial.call(at, 1000)
  for (let at = 5 * minute; at < 6 * minute; at += 10_000) trial.call(at, 100_000)
  trial.call(0, 900_000_000, { run: run(2), agent: agent('new') })
  for (let hour = 0; hour < 8; hour++) trial.call(hour * 60 * minute, 2_000_000, { run: run(3), agent: agent('cron') })
  expect(trial.alerts).toEqual([])
})

test('the same call twenty times within a minute is told once, and again only after the cool-down', () => {
  const trial = new Trial()
  for (let nth = 1; nth < 20; nth++) trial.same(nth * 1000)
  expect(trial.alerts).toEqual([])
  trial.same(20_000)
  expect(trial.alerts).toMatchObject([
    {
      kind: 'repetition',
      sentence: expect.stringContaining('agent:a asked agent:b the same 20 times in 19 s') as string,
      edge: { from: 'agent:a', to: 'agent:b' },
      method: 'SendMessage',
      calls: 20,
      within_ms: 19_000,
    },
  ])
  for (let at = 21_000; at < 600_000; at += 1000) trial.same(at)
  expect(trial.alerts).toHaveLength(1)
  for (let at = 600_000; at < 700_000; at += 1000) trial.same(at)
  expect(trial.alerts).toHaveLength(2)
})

test.each<[string, (nth: number) => Partial<CallRecord>]>([
  ['answers of other sizes are progress', (nth) => ({ outcome: { ...outcome, ms: 0, bytes_out: nth * 50 } })],
  ['questions about a task are asked again on purpose', () => ({ action: 'get', method: 'GetTask' })],
  ['each is in a run of its own', (nth) => ({ run: run(nth) })],
  ['each goes elsewhere', (nth) => ({ target: `agent:x${nth}` })],
  ['none belongs to a run', () => ({ run: null })],
  ['nobody knows who asks', () => ({ agent: null })],
])('a hundred calls are no repetition where %s', (_, facts) => {
  const trial = new Trial()
  for (let nth = 0; nth < 100; nth++) trial.same(nth * 100, facts(nth))
  expect(trial.alerts).toEqual([])
})

test('ids and times that have a digit more or less make no other call', () => {
  const trial = new Trial()
  const spent = { tokens: 0, cost_micros: 0 }
  for (let nth = 0; nth < 20; nth++)
    trial.same(nth, { outcome: { ...outcome, spent, ms: 0, bytes_in: 500 + (nth % 3), bytes_out: 235 - (nth % 4) } })
  expect(trial.alerts).toMatchObject([{ kind: 'repetition', calls: 20 }])
})

test('an end of a run that was odd is told; a halt is not, because it is told by whoever halts', () => {
  for (const [event, kinds] of [
    ['ended', ['repetition', 'over']],
    ['halted', ['repetition']],
  ] as const) {
    const trial = new Trial()
    for (let nth = 0; nth < 20; nth++) trial.same(nth)
    trial.hear(runEntry(run(1), event), runEntry(run(2), event))
    expect(trial.alerts.map(({ kind }) => kind)).toEqual(kinds)
  }
})

test('at most twenty are told between two ticks, the others are counted', () => {
  const trial = new Trial()
  for (let id = 1; id <= 30; id++) for (let nth = 0; nth < 20; nth++) trial.same(nth, { run: run(id) })
  expect([trial.alerts.length, trial.anomalies.dropped]).toEqual([20, 10])
  trial.anomalies.tick()
  for (let nth = 0; nth < 20; nth++) trial.same(nth, { run: run(31) })
  expect(trial.alerts).toHaveLength(21)
})

test('what is watched is bounded: of ten thousand runs the newest are known', () => {
  const trial = new Trial()
  for (let nth = 0; nth < 19; nth++) trial.same(0)
  for (let id = 2; id <= 10_000; id++) trial.same(0, { run: run(id) })
  trial.same(0)
  expect(trial.alerts).toEqual([])
})

test('a clock that was set back by a day makes nothing odd, and a loop is found after it', () => {
  const trial = new Trial()
  const day = 24 * 60 * minute
  for (let nth = 0; nth < 10; nth++) trial.same(day + nth * 10_000)
  for (let nth = 0; nth < 15; nth++) trial.same(nth * 10_000)
  expect(trial.alerts).toEqual([])
  for (let nth = 0; nth < 20; nth++) trial.same(10 * minute + nth)
  expect(trial.alerts).toHaveLength(1)
})
