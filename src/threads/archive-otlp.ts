/** Telemetry on the archive thread: entries come from whoever follows the ledger, snapshots of the metrics from the main thread. */
import { BroadcastChannel } from 'node:worker_threads'
import type { Clock } from '../base/clock.ts'
import type { Numbered } from '../domain/record.ts'
import { readLedger } from '../ledger/read.ts'
import type { Snapshot } from '../observe/metrics.ts'
import { openOtlp, type Otlp } from '../observe/otlp/otlp.ts'
import type { OtlpSetup } from '../observe/otlp/setup.ts'

/** What the main thread hands over at the start. */
export interface OtlpThreadSetup {
  readonly otlp: OtlpSetup
  /** The folder of the ledger. */
  readonly ledger: string
}

/** Under which name the threads of one process hear of snapshots. */
export function snapshotsOf(boot: string): string {
  return `weir-otlp-${boot}`
}

const batch_max = 500

/** The listener of the archive thread; `metrics` is called by itself. */
export function openOtlpListener(setup: unknown, { clock }: { readonly clock: Clock }): Omit<Otlp, 'metrics'> {
  const { otlp: settings, ledger } = setup as OtlpThreadSetup
  const otlp = openOtlp(settings, { clock, missed: (from, before) => entriesBetween(ledger, from, before) })
  const channel = new BroadcastChannel(snapshotsOf(settings.boot))
  channel.addEventListener('message', (message) => {
    if ('data' in message) otlp.metrics(message.data as Snapshot)
  })
  channel.unref()
  return {
    name: otlp.name,
    entries: (batch) => otlp.entries(batch),
    tick: (now) => otlp.tick(now),
    async close() {
      channel.close()
      await otlp.close()
    },
  }
}

/** What an earlier process wrote, from `from` up to but without `before`. */
async function* entriesBetween(dir: string, from: number, before: number): AsyncGenerator<readonly Numbered[]> {
  let batch: Numbered[] = []
  for await (const item of readLedger(dir)) {
    if (item.kind !== 'entry' || item.seq < from) continue
    if (item.seq >= before) break
    batch.push({ seq: item.seq, boot: item.boot, entry: item.entry })
    if (batch.length < batch_max) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
