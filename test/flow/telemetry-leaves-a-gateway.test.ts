/** A gateway that is told of a collector and nothing else: everything leaves by itself, on the archive thread. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { CallRecord } from '../../src/domain/record.ts'
import { type Collector, startCollector } from '../support/collector.ts'
import { ledgerOf } from '../support/ledger-entries.ts'
import { startThreeAgents, type ThreeAgents } from '../support/three-agents.ts'
import { metricOf } from '../support/weir.ts'

let world: ThreeAgents
let collector: Collector
let run: string
let calls: readonly CallRecord[]

const waits = { timeout: 30_000, interval: 50 }

beforeAll(async () => {
  collector = await startCollector()
  const headers = { authorization: 'Bearer of-weir' }
  const otlp = { endpoint: `${collector.url}/`, headers, interval_s: 1 }
  world = await startThreeAgents({ telemetry: { otlp, resource: { 'service.namespace': 'agents' }, user_id: true } })
  run = await world.work()
  calls = (await ledgerOf(world.weir)).filter((entry) => entry.kind === 'call').filter((entry) => entry.run === run)
  await world.weir.ask(`/api/v1/runs/${run}/halt`, { reason: 'the work is done' })
}, 120_000)

afterAll(async () => {
  await world.stop()
  await collector.stop()
})

test('every hop and the run arrive as spans, with the pseudonym of the person where the operator wants it', async () => {
  await vi.waitFor(() => expect(collector.spans).toHaveLength(calls.length + 1), waits)
  const ids = collector.spans.map(({ spanId }) => spanId)
  expect(new Set(ids)).toEqual(new Set([run.slice(20), ...calls.map(({ rid }) => rid.slice(4))]))
  const people = new Set(collector.spans.map(({ attributes }) => attributes['user.id']))
  expect([...people]).toEqual([expect.stringMatching(/^user:~[a-z2-7]{26}$/)])
  expect(collector.resource).toMatchObject({ 'service.name': 'weir', 'service.namespace': 'agents' })
  expect(collector.headers.every(({ authorization }) => authorization === 'Bearer of-weir')).toBe(true)
})

test('the numbers of the metrics page arrive, and the page says what has left', async () => {
  const denied = () => collector.metrics.get('weir_denials_total')?.points
  const one = { attributes: { code: 'policy_denied' }, value: 1 }
  await vi.waitFor(() => expect(denied()?.filter(({ value }) => value !== 0)).toEqual([one]), waits)
  const page = await (await fetch(`${world.weir.admin}/metrics`)).text()
  for (const plane of ['a2a', 'mcp', 'llm']) {
    const counted = new RegExp(`^weir_overhead_seconds_count\\{plane="${plane}"\\} (\\d+)$`, 'm').exec(page)?.[1]
    const point = collector.metrics
      .get('weir_overhead_seconds')
      ?.points.find(({ attributes }) => attributes['plane'] === plane)
    expect(point?.count).toBe(Number(counted))
  }
  expect(await metricOf(world.weir, 'weir_otlp_sent_total{signal="traces"}')).toBe(calls.length + 1)
  expect(await metricOf(world.weir, 'weir_otlp_dropped_total{signal="traces"}')).toBe(0)
  expect(world.weir.log()).not.toContain('clear text')
})

test('refusals and halts arrive as log records', async () => {
  await vi.waitFor(() => expect(collector.logs).toHaveLength(2), waits)
  expect(collector.logs.map(({ attributes }) => attributes['weir.event'])).toEqual(['call.denied', 'run.halted'])
})

test('a collector that goes away takes no call with it, and a stop does not wait for it', async () => {
  await collector.stop()
  expect(await world.work()).toMatch(/^run_/)
})
