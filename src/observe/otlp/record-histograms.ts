/** The histograms that the conventions name, made of the records of calls: they have labels the metrics page does not. */
import type { Attributes } from '@opentelemetry/api'
import type { CallRecord } from '../../domain/record.ts'
import type { SnapshotFamily } from '../metrics.ts'
import { errorOf, operationOf } from './hop-words.ts'
import { metricTable, names } from './names.ts'
import { said } from './resource.ts'

/** Bounds as the conventions ask for them. */
const duration_s = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
const mcpDuration_s = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300]
const tokens = [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864]

const families = {
  tokenUsage: { ...metricTable.tokenUsage, unit: '{token}', bounds: tokens },
  modelDuration: { ...metricTable.modelDuration, unit: 's', bounds: duration_s },
  toolDuration: { ...metricTable.toolDuration, unit: 's', bounds: mcpDuration_s },
} as const

type Family = keyof typeof families

/** Names of models and tools come from the configuration, but nothing here relies on it. */
const series_max = 1000

interface Series {
  readonly labels: Readonly<Record<string, string>>
  readonly counts: number[]
  sum: number
  count: number
}

export class RecordHistograms {
  readonly #series: Record<Family, Map<string, Series>> = {
    tokenUsage: new Map(),
    modelDuration: new Map(),
    toolDuration: new Map(),
  }

  take(record: CallRecord): void {
    const operation = operationOf(record)
    if (operation === null || record.decision === 'deny') return
    const { target, outcome, method } = record
    const name = target.slice(target.indexOf(':') + 1)
    const common = { [names.operation]: operation, [names.errorType]: errorOf(record) }
    if (operation === 'execute_tool')
      return this.#record('toolDuration', outcome.ms / 1000, {
        ...common,
        [names.mcpMethod]: method,
        [names.toolName]: name,
      })
    const { metered } = outcome
    const isModel = target.startsWith('model:')
    const provider = isModel && metered?.model.includes('/') === true ? metered.model.split('/', 1)[0] : null
    const of = { [names.provider]: provider, [names.requestModel]: isModel ? name : null }
    this.#record('modelDuration', outcome.upstream_ms / 1000, { ...common, ...of })
    if (!isModel || metered?.source !== 'provider') return
    const { input_tokens, output_tokens } = metered.usage
    const counted = { [names.operation]: operation, ...of }
    this.#record('tokenUsage', input_tokens, { ...counted, [names.tokenType]: 'input' })
    this.#record('tokenUsage', output_tokens, { ...counted, [names.tokenType]: 'output' })
  }

  snapshot(): readonly SnapshotFamily[] {
    return Object.entries(families).map(([key, { name, says, unit, bounds }]) => ({
      name,
      help: says,
      type: 'histogram',
      unit,
      points: [...this.#series[key as Family].values()].map(({ labels, counts, sum, count }) => ({
        labels,
        histogram: { bounds: [...bounds], counts: [...counts], sum, count },
      })),
    }))
  }

  #record(family: Family, value: number, labels: Parameters<typeof said>[0]): void {
    const of = textsOf(said(labels))
    const all = this.#series[family]
    let key = JSON.stringify(of)
    const full = !all.has(key) && all.size >= series_max
    if (full) key = other
    const { bounds } = families[family]
    const series = all.get(key) ?? { labels: full ? {} : of, counts: bounds.map(() => 0).concat(0), sum: 0, count: 0 }
    all.set(key, series)
    const place = bounds.findIndex((bound) => value <= bound)
    const at = place === -1 ? bounds.length : place
    series.counts[at] = (series.counts[at] ?? 0) + 1
    series.sum += value
    series.count += 1
  }
}

const other = 'other'

function textsOf(attributes: Attributes): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, String(value)]))
}
