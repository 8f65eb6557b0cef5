import { expect, test } from 'vitest'
import { Bug } from '../../../src/base/assert.ts'
import { declareGatewayMetrics, watchEventLoop } from '../../../src/observe/gateway-metrics.ts'
import { type MetricTable, Registry } from '../../../src/observe/metrics.ts'

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
