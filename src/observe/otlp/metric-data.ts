/** A snapshot of the metrics page as the official exporter wants it: sums and histograms since the start, and gauges. */
import { ValueType } from '@opentelemetry/api'
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics'
import type { Snapshot, SnapshotFamily } from '../metrics.ts'
import { hrTime, type Source } from './resource.ts'

/** Everything in one request, and how many points that are. */
export interface MetricRequest {
  readonly metrics: ResourceMetrics
  readonly points: number
}

export function metricRequest(source: Source, { since, at, families }: Snapshot): MetricRequest {
  const seen = families.filter(({ points }) => points.length > 0)
  const metrics = seen.map((family) => metricOf(family, { since, at }))
  return {
    metrics: { resource: source.resource, scopeMetrics: [{ scope: source.scope, metrics }] },
    points: seen.reduce((sum, { points }) => sum + points.length, 0),
  }
}

function metricOf(
  { name, help, type, unit, points }: SnapshotFamily,
  { since, at }: Omit<Snapshot, 'families'>,
): MetricData {
  const when = { startTime: hrTime(since), endTime: hrTime(at) }
  const common = {
    descriptor: { name, description: help, unit, valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  }
  if (type === 'histogram') {
    const dataPoints = points.flatMap(({ labels, histogram }) =>
      histogram
        ? [
            {
              ...when,
              attributes: labels,
              value: {
                buckets: { boundaries: [...histogram.bounds], counts: [...histogram.counts] },
                sum: histogram.sum,
                count: histogram.count,
              },
            },
          ]
        : [],
    )
    return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints }
  }
  const dataPoints = points.map(({ labels, value = 0 }) => ({ ...when, attributes: labels, value }))
  if (type === 'gauge') return { ...common, dataPointType: DataPointType.GAUGE, dataPoints }
  return { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
}
