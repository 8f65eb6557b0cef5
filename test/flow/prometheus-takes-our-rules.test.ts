/** A real Prometheus has scraped a real gateway and runs the rules of Weir; it is asked everything the dashboard asks. */
import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { dashboardQueries, prometheusFile, readRules, rulesFile, rulesTestFile } from '../support/boards.ts'
import { type Prometheus, startPrometheus } from '../support/prometheus.ts'
import { startThreeAgents, type ThreeAgents } from '../support/three-agents.ts'

let world: ThreeAgents
let prometheus: Prometheus

const waits = { timeout: 30_000, interval: 200 }

interface Sample {
  readonly metric: Readonly<Record<string, string>>
}

interface Group {
  readonly rules: readonly { readonly name: string; readonly health: string; readonly state?: string }[]
}

const query = async (text: string): Promise<readonly Sample[]> =>
  (await prometheus.ask<{ readonly result: readonly Sample[] }>(`query?query=${encodeURIComponent(text)}`)).result

const rulesOf = async (): Promise<Group['rules']> =>
  (await prometheus.ask<{ readonly groups: readonly Group[] }>('rules')).groups.flatMap(({ rules }) => rules)

beforeAll(async () => {
  world = await startThreeAgents()
  await world.work()
  const targets = [new URL(world.weir.admin).host]
  prometheus = await startPrometheus({
    global: { scrape_interval: '500ms', evaluation_interval: '500ms' },
    rule_files: [rulesFile],
    scrape_configs: [{ job_name: 'weir', static_configs: [{ targets }] }],
  })
  await vi.waitFor(async () => expect((await query('up == 1')).length).toBe(1), waits)
  await world.work()
}, 120_000)

afterAll(async () => {
  await prometheus.stop()
  await world.stop()
})

test.each([
  ['the rules are rules', ['check', 'rules', rulesFile]],
  ['the example is a configuration', ['check', 'config', prometheusFile]],
  ['every alert comes when it should and only then', ['test', 'rules', rulesTestFile]],
])('%s', (_, args) => {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' })
  expect(`${stdout}${stderr}`).toContain('SUCCESS')
  expect(status, `${stdout}${stderr}`).toBe(0)
})

test.each(dashboardQueries())('the dashboard is answered: $of', async ({ expr }) => {
  expect(Array.isArray(await query(expr))).toBe(true)
})

/** Of these nothing has happened, or they are of parts that this gateway does not have. */
const empty =
  /^(Limits hit|Calls without a price|Open at instances|Calls tried again|Instances left|Telemetry given up|Runs halted|Configurations)/

test('what the gateway did stands on the dashboard', async () => {
  await vi.waitFor(async () => {
    const answers = await Promise.all(
      dashboardQueries().map(async ({ of, expr }) => ({ of, found: (await query(expr)).length })),
    )
    expect(answers.filter(({ of, found }) => found === 0 && !empty.test(of)).map(({ of }) => of)).toEqual([])
  }, waits)
})

test('every rule is evaluated, and of a gateway that is well nothing is alerted', async () => {
  await vi.waitFor(async () => {
    const rules = await rulesOf()
    expect(rules.map(({ name }) => name).toSorted()).toEqual(
      readRules()
        .map(({ alert, record }) => alert ?? record ?? '')
        .toSorted(),
    )
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([])
  }, waits)
  expect((await rulesOf()).filter(({ state }) => state === 'firing')).toEqual([])
  expect(await query('weir:agent_cost_dollars:per_minute')).not.toEqual([])
})
