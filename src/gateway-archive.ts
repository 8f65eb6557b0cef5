/** The archive and query threads of a gateway: what the ledger has becomes rows that can be asked, and nobody waits for it. */
import { join } from 'node:path'
import { moduleUrl } from './base/module-url.ts'
import type { Clock } from './base/clock.ts'
import type { Settings } from './config/settings.ts'
import { placeOfVault } from './gateway-vault.ts'
import { liveMemory } from './gateway-live.ts'
import { Archive } from './ledger/archive.ts'
import { openAsk } from './ledger/index/ask.ts'
import type { Ask } from './ledger/index/contract.ts'
import type { Ledger } from './ledger/ledger.ts'
import type { GatewayMetrics } from './observe/gateway-metrics.ts'
import type { Log } from './observe/log.ts'
import type { Road } from './pipeline/road.ts'
import { anomaliesName, earOfAnomalies } from './threads/archive-anomalies.ts'
import type { OtlpThreadSetup } from './threads/archive-otlp.ts'

interface ArchiveParts {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly log: Log
  /** For the listener `otlp`; null where nothing is exported. */
  readonly telemetry: OtlpThreadSetup | null
}

export interface RunsIndex {
  readonly archive: Archive
  readonly ask: Ask
  /** By which the archive thread knows of readers of the live stream. */
  readonly live: SharedArrayBuffer
  close(): Promise<void>
}

export function openRunsIndex({ state, ledger: kept, maximums, alerts }: Settings, parts: ArchiveParts): RunsIndex {
  const log = (level: 'info' | 'warn', sentence: string): void => parts.log[level](sentence)
  const stateDir = state.dir
  const live = liveMemory()
  const archive = new Archive({
    stateDir,
    dir: join(stateDir, 'ledger'),
    workerUrl: moduleUrl('./threads/archive-worker.ts', import.meta.url),
    ledger: parts.ledger,
    retention: { index_days: kept.index_days, index_hops: maximums.index_hops },
    listeners: {
      live,
      [anomaliesName]: alerts.anomalies,
      ...(parts.telemetry && { otlp: parts.telemetry }),
    },
    log,
  })
  const workerUrl = moduleUrl('./threads/query-worker.ts', import.meta.url)
  const ask = openAsk({ stateDir, workerUrl, clock: parts.clock, log, vault: placeOfVault({ state }) })
  return {
    archive,
    ask,
    live,
    async close() {
      await ask.close()
      await archive.close()
    },
  }
}

/** Shows how far the index is; what is odd is told by whatever webhooks are in use by then. */
export function watchIndex({ archive }: RunsIndex, metrics: GatewayMetrics, road: Road): void {
  metrics.indexBehind.child({}).readFrom(() => archive.behind)
  metrics.indexFailing.child({}).readFrom(() => (archive.failing ? 1 : 0))
  archive.hear(
    anomaliesName,
    earOfAnomalies((alert) => road.snapshot.alerts.send(alert)),
  )
}
