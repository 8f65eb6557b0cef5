/** What an exporter is told at its start: plain data, because it goes to another thread. */
import type { Settings } from '../../config/settings.ts'
import { otlpNumbers } from './numbers.ts'
import type { Signal } from './signals.ts'

export interface OtlpSetup {
  /** Without a trailing slash; `/v1/traces` and its like are added. */
  readonly endpoint: string
  /** They hold secrets. */
  readonly headers: Readonly<Record<string, string>>
  readonly signals: Readonly<Record<Signal, boolean>>
  readonly interval_ms: number
  readonly timeout_ms: number
  /** Spans, and log records, that may wait for the collector. */
  readonly queue_max: number
  /** Share of the runs whose spans are sent, by the trace id. */
  readonly sample_ratio: number
  readonly resource: Readonly<Record<string, string>>
  readonly user_id: boolean
  readonly join: 'run' | 'caller'
  /** Where the position is kept. */
  readonly path: string
  readonly version: string
  /** Names this process. */
  readonly boot: string
  /** What is counted on the way, for the metrics page of the main thread. */
  readonly numbers: SharedArrayBuffer
}

/** Null where nothing is exported. */
export function otlpSetup(
  { telemetry, gateway: { environment } }: Pick<Settings, 'telemetry' | 'gateway'>,
  { path, version, boot }: Pick<OtlpSetup, 'path' | 'version' | 'boot'>,
): OtlpSetup | null {
  const { otlp, resource, user_id, traces } = telemetry
  if (otlp === null) return null
  return {
    endpoint: otlp.endpoint.replace(/\/+$/, ''),
    headers: Object.fromEntries(otlp.headers.map(([name, value]) => [name, value.reveal()])),
    signals: otlp.signals,
    interval_ms: otlp.interval_s * 1000,
    timeout_ms: otlp.timeout_ms,
    queue_max: otlp.queue_max,
    sample_ratio: otlp.sample_ratio,
    resource: { 'deployment.environment.name': environment, ...resource },
    user_id,
    join: traces.join,
    path,
    version,
    boot,
    numbers: otlpNumbers(),
  }
}

const loopback = new Set(['127.0.0.1', '[::1]', 'localhost'])

/** What an operator should know of where telemetry goes, or null. */
export function warningOf({ endpoint }: Pick<OtlpSetup, 'endpoint'>): string | null {
  const { protocol, hostname } = new URL(endpoint)
  if (protocol === 'https:' || loopback.has(hostname)) return null
  return 'telemetry leaves this machine in clear text: give telemetry.otlp.endpoint an https URL'
}
