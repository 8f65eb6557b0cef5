/**
 * The two formats of the metrics page. Prometheus text 0.0.4 is what every scraper reads; OpenMetrics 1.0 has the total and
 * the unit apart from the name, canonical numbers, and exemplars: the run behind a number.
 */
import { DurationHistogram, type Exemplar } from './histogram.ts'
import type { Cell, Series } from './series.ts'

interface Head {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly name: string
  readonly help: string
}

export function textFamily({ name, help, type }: Head, series: readonly Series[]): string {
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`]
  for (const { labels, child } of series) {
    const texts = labelText(labels)
    if (child instanceof DurationHistogram) lines.push(...histogramLines(name, texts, child, [numberText, noExample]))
    else lines.push(`${name}${around(texts)} ${numberText(child.value)}`)
  }
  return `${lines.join('\n')}\n`
}

const total = '_total'

/** OpenMetrics 1.0, section "Text Format": the family of a counter is named without `_total`, its unit ends its name. */
export function openMetricsFamily({ name, help, type }: Head, series: readonly Series[]): string {
  const family = type === 'counter' && name.endsWith(total) ? name.slice(0, -total.length) : name
  const lines = [`# TYPE ${family} ${type}`]
  if (family.endsWith('_seconds')) lines.push(`# UNIT ${family} seconds`)
  lines.push(`# HELP ${family} ${escape(help)}`)
  for (const { labels, child } of series) {
    const texts = labelText(labels)
    if (child instanceof DurationHistogram) lines.push(...histogramLines(name, texts, child, [canonical, exampleOf]))
    else lines.push(`${name}${around(texts)} ${numberText(child.value)}${exampleOfCell(child, type)}`)
  }
  return `${lines.join('\n')}\n`
}

type Example = (histogram: DurationHistogram, place: number) => string

const noExample: Example = () => ''
const exampleOf: Example = (histogram, place) => exampleText(histogram.exemplar(place))

function exampleOfCell(cell: Cell, type: Head['type']): string {
  return type === 'counter' ? exampleText(cell.exemplar) : ''
}

/** Name and value of its one label have far fewer than the 128 characters that are allowed. */
function exampleText(exemplar: Exemplar | undefined): string {
  if (!exemplar) return ''
  return ` # {run_id="${exemplar.run}"} ${numberText(exemplar.value)} ${(exemplar.at / 1000).toFixed(3)}`
}

function histogramLines(
  name: string,
  labels: string,
  histogram: DurationHistogram,
  [bound, example]: Manner,
): readonly string[] {
  const before = labels === '' ? '' : `${labels},`
  return [
    ...histogram
      .buckets()
      .map(({ le, count }, place) => `${name}_bucket{${before}le="${bound(le)}"} ${count}${example(histogram, place)}`),
    `${name}_sum${around(labels)} ${numberText(histogram.sum_s)}`,
    `${name}_count${around(labels)} ${histogram.count}`,
  ]
}

type Manner = readonly [bound: (le: number) => string, example: Example]

function around(labels: string): string {
  return labels === '' ? '' : `{${labels}}`
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (Number.isFinite(value)) return String(value)
  return value > 0 ? '+Inf' : '-Inf'
}

/** Whole bounds have a point: `1.0`. */
function canonical(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : numberText(value)
}

/** `plane="a2a",agent="research"`, values escaped as the format asks. */
function labelText(values: Series['labels']): string {
  return values.map(([name, value]) => `${name}="${escape(value)}"`).join(',')
}

function escape(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

/** The media types of the two. */
export const metricsTypes = {
  text: 'text/plain; version=0.0.4',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
} as const

/** OpenMetrics only for a scraper that asks for it, and not less than for plain text (RFC 9110, section 12.5.1). */
export function metricsFormat(accept: string): keyof typeof metricsTypes {
  const wanted = { open: 0, plain: 0 }
  for (const item of accept.split(',', accept_max)) {
    const [type = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase())
    const value = (name: string): string | undefined =>
      parameters.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1)
    const q = Number(value('q') ?? 1)
    if (type === 'text/plain') wanted.plain = Math.max(wanted.plain, q)
    if (type === 'application/openmetrics-text' && (value('version') ?? '1.0.0') === '1.0.0')
      wanted.open = Math.max(wanted.open, q)
  }
  return wanted.open > 0 && wanted.open >= wanted.plain ? 'openmetrics' : 'text'
}

/** Scrapers name five types or so. */
const accept_max = 32
