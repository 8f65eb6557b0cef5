import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { declareGatewayMetrics } from '../../../src/observe/gateway-metrics.ts'
import { type Declared, type MetricTable, Registry } from '../../../src/observe/metrics.ts'
import { declareOtlpMetrics, otlpNumbers } from '../../../src/observe/otlp/numbers.ts'
import { dashboardQueries, readDashboard, readRules, readRuleTests } from '../../support/boards.ts'
import { namesIn } from '../../support/promql.ts'
import { root } from '../../tidy/source.ts'

/** A registry that tells what was declared. */
class Seen extends Registry {
  readonly rows: MetricTable[string][] = []

  override declare<const Table extends MetricTable>(table: Table): Declared<Table> {
    this.rows.push(...Object.values(table))
    return super.declare(table)
  }
}

const seen = new Seen()
declareGatewayMetrics(seen)
declareOtlpMetrics(seen, otlpNumbers())

/** Labels that Prometheus sets on what it scrapes. */
const scraped = ['job', 'instance'] as const

type Labels = Readonly<Record<string, readonly string[] | string>>

/** Every name that a scrape of a gateway leaves, with its labels; for recording rules those they are summed by. */
function known(): ReadonlyMap<string, Labels> {
  const names = new Map<string, Labels>([['up', {}]])
  for (const { type, name, labels } of seen.rows) {
    if (type !== 'histogram') names.set(name, labels)
    else
      for (const part of ['sum', 'count', 'bucket'])
        names.set(`${name}_${part}`, part === 'bucket' ? { ...labels, le: 'ours' } : labels)
  }
  for (const { record, expr } of readRules()) {
    if (record === undefined) continue
    const all: Labels = Object.fromEntries(
      namesIn(expr).selected.flatMap(({ metric }) => Object.entries(names.get(metric) ?? {})),
    )
    const { grouped } = namesIn(expr)
    names.set(
      record,
      Object.fromEntries(Object.entries(all).filter(([label]) => grouped.includes(label) && label !== 'le')),
    )
  }
  return names
}

const names = known()

/** What an expression and its legend name that no gateway has. */
function strangersIn(expr: string, legend: string): readonly string[] {
  const { selected, grouped } = namesIn(expr)
  const strangers: string[] = []
  const labels = new Set<string>(scraped)
  for (const { metric, matchers } of selected) {
    const has = names.get(metric)
    if (!has) strangers.push(metric)
    for (const label of Object.keys(has ?? {})) labels.add(label)
    for (const { label, operator, value } of matchers) {
      const values = has?.[label]
      if (values === undefined && !scraped.some((each) => each === label)) strangers.push(`${metric}{${label}}`)
      if (!Array.isArray(values) || value === '.*') continue
      const wanted = operator.endsWith('~') ? value.split('|') : [value]
      strangers.push(...wanted.filter((each) => !values.includes(each)).map((each) => `${metric}{${label}="${each}"}`))
    }
  }
  const shown = [...legend.matchAll(/\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}/g)].map((found) => found[1] ?? '')
  strangers.push(...[...grouped, ...shown].filter((label) => !labels.has(label)))
  // A label that is summed away cannot be shown.
  if (grouped.length > 0) strangers.push(...shown.filter((label) => !grouped.includes(label)))
  return strangers
}

test.each(dashboardQueries())('the dashboard asks only for what a gateway has: $of', ({ expr, legend }) => {
  expect(namesIn(expr).selected.length).toBeGreaterThan(0)
  expect(strangersIn(expr, legend)).toEqual([])
})

test.each(readRules().map((rule) => ({ ...rule, name: rule.alert ?? rule.record ?? '' })))(
  'the rules ask only for what a gateway has: $name',
  ({ expr, annotations = {} }) => {
    expect(namesIn(expr).selected.length).toBeGreaterThan(0)
    expect(strangersIn(expr, Object.values(annotations).join(' '))).toEqual([])
  },
)

test('a metric, a label or a value that was renamed is found', () => {
  expect(strangersIn('sum by (plane) (rate(weir_request_total[5m]))', '{{plane}}')).toEqual([
    'weir_request_total',
    'plane',
    'plane',
  ])
  expect(strangersIn('rate(weir_requests_total{result="failed"}[5m])', '')).toEqual(['weir_requests_total{result}'])
  expect(strangersIn('weir_requests_total{outcome=~"failed|lost"}', '')).toEqual([
    'weir_requests_total{outcome="lost"}',
  ])
  expect(strangersIn('sum by (plane) (weir_requests_total)', '{{agent}}')).toEqual(['agent'])
  expect(strangersIn('weir_overhead_seconds > 1', '')).toEqual(['weir_overhead_seconds'])
})

test('every metric of a gateway stands on the dashboard', () => {
  const asked = new Set(dashboardQueries().flatMap(({ expr }) => namesIn(expr).selected.map(({ metric }) => metric)))
  const elsewhere = [
    'weir_build_info',
    'weir_payloads_dropped_total',
    'weir_otlp_sent_total',
    'weir_otlp_failed_exports_total',
    'weir_otlp_queue',
  ]
  const missing = seen.rows.filter(({ name }) => !['', '_bucket', '_sum'].some((part) => asked.has(name + part)))
  expect(missing.map(({ name }) => name).toSorted()).toEqual(elsewhere.toSorted())
})

test('the dashboard has one data source, which is a variable, and panels that do not overlap', () => {
  const { schemaVersion, panels, templating } = readDashboard()
  expect(schemaVersion).toBeGreaterThanOrEqual(41)
  expect(templating.list[0]).toMatchObject({ type: 'datasource', name: 'datasource' })
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
  const shown = panels.filter(({ type }) => type !== 'row')
  expect(new Set(shown.map(({ datasource }) => datasource?.uid))).toEqual(new Set(['${datasource}']))
  expect(shown.filter(({ description = '' }) => description === '')).toEqual([])
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
  )
  expect(new Set(cells).size).toBe(cells.length)
})

const alerts = readRules().filter(({ alert }) => alert !== undefined)

test('every alert says what happened, how urgent it is, and where it is explained', () => {
  for (const { alert = '', labels, annotations = {}, for: wait } of alerts) {
    expect(['page', 'ticket'], alert).toContain(labels?.['severity'])
    expect(wait, alert).toMatch(/^\d+m$/)
    expect(Object.keys(annotations), alert).toEqual(['summary', 'description', 'runbook_url'])
    const [page = '', anchor] = (annotations['runbook_url'] ?? '').split('#')
    expect(anchor, alert).toBe(alert.toLowerCase())
    expect(readFileSync(join(root, page), 'utf8'), alert).toContain(`\n### ${alert}\n`)
  }
})

test('every alert is tried twice: that it comes, and that it does not', () => {
  const tried = readRuleTests()
  for (const { alert = '' } of alerts) {
    const counts = tried.filter(({ alertname }) => alertname === alert).map(({ exp_alerts }) => exp_alerts.length)
    expect(counts, alert).toContain(0)
    expect(Math.max(...counts), alert).toBeGreaterThan(0)
  }
})
