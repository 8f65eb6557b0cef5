import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Bug } from '../../../src/base/assert.ts'
import { declareGatewayMetrics, watchEventLoop } from '../../../src/observe/gateway-metrics.ts'
import { DurationHistogram } from '../../../src/observe/histogram.ts'
import { metricsFormat } from '../../../src/observe/metrics-text.ts'
import { type MetricTable, Registry } from '../../../src/observe/metrics.ts'
import { run } from '../ledger/entries.ts'

const table = {
  seen: { type: 'counter', name: 'seen_total', help: 'Seen.', labels: { agent: 'agent', kind: ['a', 'b'] } },
  size: { type: 'gauge', name: 'size', help: 'Size.', labels: {} },
  note: { type: 'gauge', name: 'note', help: 'Note.', labels: { text: 'ours' } },
  time: { type: 'histogram', name: 'time_seconds', help: 'Time.', labels: { kind: ['a'] } },
} as const satisfies MetricTable

const sample = /^([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (-?[0-9.e+-]+|[+-]Inf|NaN)$/

/** The samples of a page by name and labels; fails on a line that is none. */
function samplesOf(page: string): Readonly<Record<string, string>> {
  expect(page.endsWith('\n')).toBe(true)
  const lines = page.trimEnd().split('\n')
  const samples = lines.filter((line) => !line.startsWith('# '))
  expect(samples.filter((line) => !sample.test(line))).toEqual([])
  return Object.fromEntries(samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), line.split(' ').at(-1) ?? '']))
}

test('counters count, gauges follow their owner, and the page shows both', () => {
  const registry = new Registry()
  registry.knowAgents(['research'])
  const metrics = registry.declare(table)
  const seen = metrics.seen.child({ agent: 'research', kind: 'a' })
  seen.add()
  seen.add(2)
  let size = 1
  metrics.size.child({}).readFrom(() => size)
  size = 7
  const samples = samplesOf(registry.render())
  expect(samples['seen_total{agent="research",kind="a"}']).toBe('3')
  expect(samples['size']).toBe('7')
  expect(registry.render()).toContain('# HELP size Size.\n# TYPE size gauge\n')
})

test('an agent nobody registered and a value nobody listed are counted as other', () => {
  const registry = new Registry()
  registry.knowAgents(['research'])
  const { seen } = registry.declare(table)
  for (let i = 0; i < 5000; i++) seen.child({ agent: `agent-${i}`, kind: `kind-${i}` }).add()
  seen.child({ agent: 'research', kind: 'c' }).add()
  const samples = samplesOf(registry.render())
  expect(samples['seen_total{agent="other",kind="other"}']).toBe('5000')
  expect(samples['seen_total{agent="research",kind="other"}']).toBe('1')
})

test('a metric never has more series than its maximum, whatever its labels are', () => {
  const registry = new Registry()
  const { note } = registry.declare(table)
  for (let i = 0; i < 3000; i++) note.child({ text: String(i) }).add()
  const samples = samplesOf(registry.render())
  expect(Object.keys(samples).filter((name) => name.startsWith('note')).length).toBe(2001)
  expect(samples['note{text="other"}']).toBe('1000')
})

test('the same labels give the same child', () => {
  const { note } = new Registry().declare(table)
  expect(note.child({ text: 'x' })).toBe(note.child({ text: 'x' }))
})

test('a label value is escaped, so it cannot forge a line', () => {
  const registry = new Registry()
  registry.declare(table).note.child({ text: 'a"} 1\nforged 2\\' })
  const samples = samplesOf(registry.render())
  expect(Object.keys(samples)).not.toContain('forged')
  expect(samples['note{text="a\\"} 1\\nforged 2\\\\"}']).toBe('0')
})

test('a histogram is written as cumulative buckets, sum and count in seconds', () => {
  const registry = new Registry()
  const time = registry.declare(table).time.child({ kind: 'a' })
  for (const ms of [0.02, 0.02, 3, 70_000]) time.record(ms)
  const samples = samplesOf(registry.render())
  expect(samples['time_seconds_bucket{kind="a",le="0.000025"}']).toBe('2')
  expect(samples['time_seconds_bucket{kind="a",le="0.005"}']).toBe('3')
  expect(samples['time_seconds_bucket{kind="a",le="60"}']).toBe('3')
  expect(samples['time_seconds_bucket{kind="a",le="+Inf"}']).toBe('4')
  expect(samples['time_seconds_count{kind="a"}']).toBe('4')
  expect(Number(samples['time_seconds_sum{kind="a"}'])).toBeCloseTo(70.003_04, 6)
})

test('a metric is declared once', () => {
  const registry = new Registry()
  registry.declare(table)
  expect(() => registry.declare(table)).toThrow(Bug)
})

test('every metric of the gateway has a base unit or a total, and a help', () => {
  const registry = new Registry()
  const metrics = declareGatewayMetrics(registry)
  const lag = watchEventLoop(metrics)
  metrics.denials.child({ code: 'loop_detected' }).add()
  metrics.limitHits.child({ limit: 'run.depth_max', mode: 'enforce' }).add()
  metrics.requests.child({ plane: 'a2a', agent: 'nobody', outcome: 'refused' }).add()
  const page = registry.render()
  lag.stop()
  const samples = samplesOf(page)
  expect(samples['weir_denials_total{code="loop_detected"}']).toBe('1')
  expect(samples['weir_limit_hits_total{limit="run.depth_max",mode="enforce"}']).toBe('1')
  expect(samples['weir_requests_total{plane="a2a",agent="other",outcome="refused"}']).toBe('1')
  expect(Object.keys(samples).filter((name) => name.startsWith('weir_event_loop_lag_seconds'))).toHaveLength(3)
  const types = [...page.matchAll(/^# TYPE (\S+) (\S+)$/gm)]
  expect(types.filter(([, name = '', type]) => type === 'counter' && !name.endsWith('_total'))).toEqual([])
  expect(types.filter(([, name = '', type]) => type === 'histogram' && !name.endsWith('_seconds'))).toEqual([])
})

test('OpenMetrics has total and unit apart from the name, canonical bounds, and an end', () => {
  const registry = new Registry()
  registry.knowAgents(['research'])
  const metrics = registry.declare(table)
  metrics.seen.child({ agent: 'research', kind: 'a' }).add(2)
  metrics.time.child({ kind: 'a' }).record(3)
  const page = registry.render('openmetrics')
  expect(page).toContain('# TYPE seen counter\n# HELP seen Seen.\nseen_total{agent="research",kind="a"} 2\n')
  expect(page).toContain('# TYPE time_seconds histogram\n# UNIT time_seconds seconds\n')
  expect(page).toContain('time_seconds_bucket{kind="a",le="1.0"} 1\n')
  expect(page.endsWith('\n# EOF\n')).toBe(true)
  expect(registry.render()).not.toContain('# EOF')
})

test('an exemplar names the run of the newest value of a bucket, and only OpenMetrics shows it', () => {
  const registry = new Registry()
  const { time, seen } = registry.declare(table)
  const [first, second] = [run(1), run(2)]
  time.child({ kind: 'a' }).recordIn(first, 3, 1500)
  time.child({ kind: 'a' }).recordIn(second, 4, 2500)
  time.child({ kind: 'a' }).recordIn(first, 90_000, 3500)
  seen.child({ agent: 'x', kind: 'a' }).addIn(second, 7, 1000)
  const page = registry.render('openmetrics')
  expect(page).toContain(`le="0.005"} 2 # {run_id="${second}"} 0.004 2.500\n`)
  expect(page).toContain(`le="+Inf"} 3 # {run_id="${first}"} 90 3.500\n`)
  expect(page).toContain(`seen_total{agent="other",kind="a"} 7 # {run_id="${second}"} 7 1.000\n`)
  expect(registry.render()).not.toContain('run_')
})

test('an exemplar lies in its bucket', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 100_000, noNaN: true }), (ms) => {
      const histogram = new DurationHistogram()
      histogram.recordIn(run(1), ms, 0)
      const buckets = histogram.buckets()
      const place = buckets.findIndex((_, at) => histogram.exemplar(at) !== undefined)
      const value = histogram.exemplar(place)?.value ?? -1
      expect(value).toBeLessThanOrEqual(buckets[place]?.le ?? 0)
      expect(value).toBeGreaterThan(place === 0 ? -1 : (buckets[place - 1]?.le ?? 0))
    }),
  )
})

test.each([
  ['', 'text'],
  ['*/*', 'text'],
  ['text/plain', 'text'],
  ['application/openmetrics-text; version=1.0.0', 'openmetrics'],
  ['application/openmetrics-text', 'openmetrics'],
  ['application/openmetrics-text;version=0.0.1', 'text'],
  ['application/openmetrics-text;version=1.0.0;q=0', 'text'],
  ['application/openmetrics-text;version=1.0.0;q=0.3,text/plain;q=0.5', 'text'],
  [
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    'openmetrics',
  ],
  ['application/openmetrics-text;q=nonsense', 'text'],
] as const)('who accepts %j gets %s', (accept, format) => {
  expect(metricsFormat(accept)).toBe(format)
})

test('a snapshot holds the numbers of the page, each bucket alone', () => {
  const registry = new Registry()
  const { time, size } = registry.declare(table)
  size.child({}).set(4)
  for (const ms of [3, 4, 70_000]) time.child({ kind: 'a' }).record(ms)
  const families = new Map(registry.snapshot().map((family) => [family.name, family]))
  expect(families.get('size')).toMatchObject({ type: 'gauge', unit: '1', points: [{ labels: {}, value: 4 }] })
  const [point] = families.get('time_seconds')?.points ?? []
  expect(point?.labels).toEqual({ kind: 'a' })
  expect(point?.histogram?.counts.filter((count) => count > 0)).toEqual([2, 1])
  expect(point?.histogram?.counts).toHaveLength((point?.histogram?.bounds.length ?? 0) + 1)
  expect(point?.histogram?.count).toBe(3)
})
