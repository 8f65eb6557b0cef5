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

interface TelemetryParts {
  readonly registry: Registry
  readonly clock: Clock
  readonly log: Log
  /** Names this process. */
  readonly boot: string
  readonly stack: AsyncDisposableStack
}

/**
 * The setup of the listener `otlp` of the archive thread, or null where nothing is exported. From now on the numbers of the
 * metrics page are handed to that thread once an interval; as data, so that the main thread only copies them.
 */
export function beginTelemetry(settings: Settings, parts: TelemetryParts): OtlpThreadSetup | null {
  const { registry, clock, log, boot, stack } = parts
  const { dir } = settings.state
  const otlp = otlpSetup(settings, { path: join(dir, 'index', 'otlp.json'), version, boot })
  if (otlp === null) return null
  const warning = warningOf(otlp)
  if (warning !== null) log.warn(warning)
  declareOtlpMetrics(registry, otlp.numbers)
  if (otlp.signals.metrics) {
    const channel = new BroadcastChannel(snapshotsOf(boot))
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
  return { otlp, ledger: join(dir, 'ledger') }
}
