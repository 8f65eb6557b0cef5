/** A collector that takes real OTLP over HTTP and decodes it by the public definitions, with none of our own code. */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import protobuf from 'protobufjs'

const { root } = protobuf.parse(readFileSync(join(import.meta.dirname, '../fixtures/otlp/otlp.proto'), 'utf8'))

type Attributes = Readonly<Record<string, unknown>>

export interface GotSpan {
  readonly traceId: string
  readonly spanId: string
  /** `''` for a root. */
  readonly parent: string
  readonly name: string
  readonly kind: string
  /** Milliseconds since the epoch, with fractions. */
  readonly from: number
  readonly to: number
  readonly attributes: Attributes
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly events: readonly string[]
  readonly status: string
  readonly message: string
}

export interface GotLog {
  readonly traceId: string
  readonly spanId: string
  readonly severity: string
  readonly body: unknown
  readonly attributes: Attributes
}

export interface GotPoint {
  readonly attributes: Attributes
  readonly value?: number
  readonly count?: number
  readonly sum?: number
  readonly counts?: readonly number[]
  readonly bounds?: readonly number[]
}

export interface GotMetric {
  readonly type: 'gauge' | 'sum' | 'histogram'
  readonly unit: string
  readonly temporality: string | null
  readonly points: readonly GotPoint[]
}

export interface Collector {
  readonly url: string
  readonly port: number
  readonly spans: GotSpan[]
  readonly logs: GotLog[]
  /** The newest of each name. */
  readonly metrics: Map<string, GotMetric>
  /** Of the resource of the last request. */
  resource: Attributes
  readonly headers: IncomingHttpHeaders[]
  /** What is answered in place of 200. */
  refuses: number | null
  stop(): Promise<void>
}

/** On `port`, if it is given: the one that a collector before it had. */
export async function startCollector(port = 0): Promise<Collector> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      collector.headers.push(request.headers)
      if (collector.refuses !== null) return response.writeHead(collector.refuses).end()
      take(collector, request.url ?? '', Buffer.concat(chunks))
      return response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address() as AddressInfo
  const collector: Collector = {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    spans: [],
    logs: [],
    metrics: new Map(),
    resource: {},
    headers: [],
    refuses: null,
    stop: () => stop(server),
  }
  return collector
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

/** Messages as protobufjs makes them of bytes: every member of the definitions that is looked at. */
interface AnyValue {
  readonly stringValue?: string
  readonly boolValue?: boolean
  readonly intValue?: string
  readonly doubleValue?: number
  readonly arrayValue?: { readonly values: readonly AnyValue[] }
}

interface KeyValue {
  readonly key: string
  readonly value?: AnyValue
}

interface SpanMessage {
  readonly traceId: Uint8Array
  readonly spanId: Uint8Array
  readonly parentSpanId?: Uint8Array
  readonly name: string
  readonly kind: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly KeyValue[]
  readonly links: readonly Pick<SpanMessage, 'traceId' | 'spanId'>[]
  readonly events: readonly { readonly name: string }[]
  readonly status?: { readonly code?: string; readonly message?: string }
}

interface LogMessage {
  readonly traceId?: Uint8Array
  readonly spanId?: Uint8Array
  readonly severityText: string
  readonly body: AnyValue
  readonly attributes: readonly KeyValue[]
}

interface PointMessage {
  readonly attributes: readonly KeyValue[]
  readonly asDouble?: number
  readonly asInt?: string
  readonly count?: string
  readonly sum?: number
  readonly bucketCounts?: readonly string[]
  readonly explicitBounds?: readonly number[]
}

interface DataMessage {
  readonly dataPoints: readonly PointMessage[]
  readonly aggregationTemporality?: string
}

type MetricMessage = { readonly name: string; readonly unit: string } & {
  readonly [Type in GotMetric['type']]?: DataMessage
}

type Resource = { readonly resource: { readonly attributes: readonly KeyValue[] } }
interface Traces {
  readonly resourceSpans: readonly (Resource & { scopeSpans: readonly { spans: readonly SpanMessage[] }[] })[]
}
interface Logs {
  readonly resourceLogs: readonly (Resource & { scopeLogs: readonly { logRecords: readonly LogMessage[] }[] })[]
}
interface Metrics {
  readonly resourceMetrics: readonly (Resource & { scopeMetrics: readonly { metrics: readonly MetricMessage[] }[] })[]
}

function take(collector: Collector, path: string, body: Buffer): void {
  const found = takers[path]
  if (!found) throw new Error(`nothing is sent to ${path}`)
  found(collector, body)
}

const takers: Readonly<Record<string, (collector: Collector, body: Buffer) => void>> = {
  '/v1/traces'(collector, body) {
    for (const { resource, scopeSpans } of (decode('ExportTraceServiceRequest', body) as Traces).resourceSpans) {
      collector.resource = attributesOf(resource.attributes)
      collector.spans.push(...scopeSpans.flatMap(({ spans }) => spans).map(spanOf))
    }
  },
  '/v1/logs'(collector, body) {
    for (const { resource, scopeLogs } of (decode('ExportLogsServiceRequest', body) as Logs).resourceLogs) {
      collector.resource = attributesOf(resource.attributes)
      collector.logs.push(...scopeLogs.flatMap(({ logRecords }) => logRecords).map(logOf))
    }
  },
  '/v1/metrics'(collector, body) {
    for (const { scopeMetrics } of (decode('ExportMetricsServiceRequest', body) as Metrics).resourceMetrics)
      for (const metric of scopeMetrics.flatMap(({ metrics }) => metrics))
        collector.metrics.set(metric.name, metricOf(metric))
  },
}

function decode(name: string, body: Buffer): object {
  const type = root.lookupType(`otlp.${name}`)
  return type.toObject(type.decode(body), { longs: String, enums: String, arrays: true })
}

function spanOf(span: SpanMessage): GotSpan {
  return {
    traceId: hex(span.traceId),
    spanId: hex(span.spanId),
    parent: hex(span.parentSpanId),
    name: span.name,
    kind: span.kind,
    from: Number(span.startTimeUnixNano) / 1e6,
    to: Number(span.endTimeUnixNano) / 1e6,
    attributes: attributesOf(span.attributes),
    links: span.links.map((link) => ({ traceId: hex(link.traceId), spanId: hex(link.spanId) })),
    events: span.events.map(({ name }) => name),
    status: span.status?.code ?? 'STATUS_CODE_UNSET',
    message: span.status?.message ?? '',
  }
}

function logOf(log: LogMessage): GotLog {
  return {
    traceId: hex(log.traceId),
    spanId: hex(log.spanId),
    severity: log.severityText,
    body: valueOf(log.body),
    attributes: attributesOf(log.attributes),
  }
}

function metricOf(metric: MetricMessage): GotMetric {
  const type = (['gauge', 'sum', 'histogram'] as const).find((each) => metric[each] !== undefined) ?? 'gauge'
  const { dataPoints = [], aggregationTemporality = null } = metric[type] ?? {}
  return { type, unit: metric.unit, temporality: aggregationTemporality, points: dataPoints.map(pointOf) }
}

function pointOf(point: PointMessage): GotPoint {
  const attributes = attributesOf(point.attributes)
  if (point.count === undefined) return { attributes, value: point.asDouble ?? Number(point.asInt ?? 0) }
  const { count, sum = 0, bucketCounts = [], explicitBounds: bounds = [] } = point
  return { attributes, count: Number(count), sum, counts: bucketCounts.map(Number), bounds }
}

function attributesOf(pairs: readonly KeyValue[]): Attributes {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, valueOf(value)]))
}

function valueOf(value: AnyValue | undefined): unknown {
  if (value?.arrayValue) return value.arrayValue.values.map(valueOf)
  if (value?.intValue !== undefined) return Number(value.intValue)
  return value?.stringValue ?? value?.doubleValue ?? value?.boolValue ?? null
}

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex')
}
