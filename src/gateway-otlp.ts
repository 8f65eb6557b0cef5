/** Telemetry of a gateway: what its archive thread is told at the start, and the numbers it is handed while it runs. */
import { join } from 'node:path'
import { BroadcastChannel } from 'node:worker_threads'
import type { Clock } from './base/clock.ts'
import type { Settings } from './config/settings.ts'
import type { Log } from './observe/log.ts'
import type { Registry, Snapshot } from './observe/metrics.ts'
import { declareOtlpMetrics } from './observe/otlp/numbers.ts'
import { otlpSetup, warningOf } from './observe/otlp/setup.ts'
import { type OtlpThreadSetup, snapshotsOf } from './threads/archive-otlp.ts'
import { version } from './version.ts'

/** What the archive thread is given for its listener `otlp`; null where nothing is exported. `boot` names this process. */
export function planTelemetry(settings: Settings, boot: string): OtlpThreadSetup | null {
  const { dir } = settings.state
  const otlp = otlpSetup(settings, { path: join(dir, 'index', 'otlp.json'), version, boot })
  return otlp && { otlp, ledger: join(dir, 'ledger') }
}

interface TelemetryParts {
  readonly registry: Registry
  readonly clock: Clock
  readonly log: Log
  readonly stack: AsyncDisposableStack
}

/**
 * Puts the numbers of the exporter on the metrics page, and hands those of the page to the archive thread once an interval:
 * as data, so that the main thread only copies them.
 */
export function beginTelemetry({ otlp }: OtlpThreadSetup, { registry, clock, log, stack }: TelemetryParts): void {
  const warning = warningOf(otlp)
  if (warning !== null) log.warn(warning)
  declareOtlpMetrics(registry, otlp.numbers)
  if (!otlp.signals.metrics) return
  const channel = new BroadcastChannel(snapshotsOf(otlp.boot))
  const since = clock.now()
  const measure = (): void => {
    const snapshot: Snapshot = { since, at: clock.now(), families: registry.snapshot() }
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel between threads has no origin
    channel.postMessage(snapshot)
  }
  const measuring = setInterval(measure, otlp.interval_ms)
  stack.defer(() => {
    clearInterval(measuring)
    channel.close()
  })
}
