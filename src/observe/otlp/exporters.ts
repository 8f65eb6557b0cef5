/** The official exporters of OTLP over HTTP with protobuf, with their answers as values. */
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import type { OtlpSetup } from './setup.ts'
import type { Signal } from './signals.ts'
import type { Sent } from './shipper.ts'

export interface Exporters {
  traces(spans: readonly ReadableSpan[]): Promise<Sent>
  logs(logs: readonly ReadableLogRecord[]): Promise<Sent>
  metrics(metrics: ResourceMetrics): Promise<Sent>
  close(): Promise<void>
}

/** Each of them retries what may be retried (408, 429, 5xx, no connection) until its timeout is over. */
export function openExporters(setup: Pick<OtlpSetup, 'endpoint' | 'headers' | 'timeout_ms'>): Exporters {
  const traces = new OTLPTraceExporter(optionsOf(setup, 'traces'))
  const logs = new OTLPLogExporter(optionsOf(setup, 'logs'))
  const metrics = new OTLPMetricExporter(optionsOf(setup, 'metrics'))
  return {
    traces: (spans) => asked((done) => traces.export([...spans], done)),
    logs: (records) => asked((done) => logs.export([...records], done)),
    metrics: (all) => asked((done) => metrics.export(all, done)),
    async close() {
      await Promise.allSettled([traces.shutdown(), logs.shutdown(), metrics.shutdown()])
    },
  }
}

function optionsOf(
  { endpoint, headers, timeout_ms }: Pick<OtlpSetup, 'endpoint' | 'headers' | 'timeout_ms'>,
  of: Signal,
) {
  return { url: `${endpoint}/v1/${of}`, headers: { ...headers }, timeoutMillis: timeout_ms, concurrencyLimit: 1 }
}

interface Told {
  readonly code: number
  readonly error?: Error
}

/** The code of the exporters for what was taken. */
const success = 0

function asked(ask: (done: (told: Told) => void) => void): Promise<Sent> {
  return new Promise((resolve) => {
    try {
      ask(({ code, error }) => resolve(code === success ? 'sent' : isRefusal(error) ? 'refused' : 'later'))
    } catch {
      resolve('refused')
    }
  })
}

/** A status of 4xx that the exporter did not try again: the same request will never be taken. */
function isRefusal(error: Error | undefined): boolean {
  const status = error && 'code' in error ? error.code : null
  return typeof status === 'number' && status >= 400 && status < 500 && !waiting.has(status)
}

/** A collector that asks to wait, or does not know us yet: an operator may put that right. */
const waiting: ReadonlySet<number> = new Set([401, 403, 404, 408, 429])
