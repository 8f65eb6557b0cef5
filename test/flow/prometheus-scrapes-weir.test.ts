/** A real Prometheus scrapes a real gateway, finds its numbers, and keeps the runs behind them as exemplars. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { lint, type Prometheus, startPrometheus } from '../support/prometheus.ts'
import { startThreeAgents, type ThreeAgents } from '../support/three-agents.ts'

let world: ThreeAgents
let prometheus: Prometheus
let run: string

const waits = { timeout: 30_000, interval: 100 }

interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [at: number, value: string]
}

interface ExemplarsOfSeries {
  readonly seriesLabels: Readonly<Record<string, string>>
  readonly exemplars: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: string }[]
}

const query = async (text: string): Promise<readonly Sample[]> =>
  (await prometheus.ask<{ readonly result: readonly Sample[] }>(`query?query=${encodeURIComponent(text)}`)).result

const exemplarsOf = async (text: string): Promise<readonly ExemplarsOfSeries[]> => {
  const now = Date.now() / 1000
  return await prometheus.ask(`query_exemplars?query=${encodeURIComponent(text)}&start=${now - 600}&end=${now + 600}`)
}

beforeAll(async () => {
  world = await startThreeAgents()
  run = await world.work()
  const targets = [new URL(world.weir.admin).host]
  prometheus = await startPrometheus({
    global: { scrape_interval: '500ms' },
    scrape_configs: [{ job_name: 'weir', static_configs: [{ targets }] }],
  })
}, 120_000)

afterAll(async () => {
  await prometheus.stop()
  await world.stop()
})

test('it is up, and the numbers are those of the calls', async () => {
  await vi.waitFor(async () => expect((await query('up')).map(({ value }) => value[1])).toEqual(['1']), waits)
  const value = async (text: string): Promise<number> => Number((await query(text))[0]?.value[1])
  await vi.waitFor(async () => expect(await value('sum(weir_requests_total{plane="a2a"})')).toBe(4), waits)
  expect(await value('weir_denials_total{code="policy_denied"}')).toBe(1)
  expect(await value('sum(weir_overhead_seconds_count)')).toBe(6)
  expect(await value('weir_upstream_seconds_count{plane="llm"}')).toBe(1)
  expect(await value('sum(weir_cost_micros_total)')).toBeGreaterThan(3070)
  expect(await value('histogram_quantile(0.5, sum by (le) (rate(weir_overhead_seconds_bucket[1m])))')).not.toBe(
    Infinity,
  )
})

test('it keeps the run behind a duration and behind a cost', async () => {
  for (const metric of ['weir_overhead_seconds_bucket', 'weir_upstream_seconds_bucket', 'weir_cost_micros_total']) {
    await vi.waitFor(async () => expect((await exemplarsOf(metric)).length).toBeGreaterThan(0), waits)
    const labels = (await exemplarsOf(metric)).flatMap(({ exemplars }) =>
      exemplars.map((each) => each.labels['run_id']),
    )
    expect(new Set(labels)).toEqual(new Set([run]))
  }
})

test('both formats are read, each by whoever asks for it, and its own checker finds nothing wrong', async () => {
  const read = async (accept: string) => {
    const answer = await fetch(`${world.weir.admin}/metrics`, { headers: { accept } })
    return { type: answer.headers.get('content-type'), page: await answer.text() }
  }
  const plain = await read('text/plain')
  expect(plain.type).toBe('text/plain; version=0.0.4')
  expect(plain.page).not.toMatch(/ # \{|# EOF/)
  expect(lint(plain.page)).toBeNull()
  const open = await read('application/openmetrics-text; version=1.0.0')
  expect(open.type).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8')
  expect(open.page).toContain(` # {run_id="${run}"} `)
})
