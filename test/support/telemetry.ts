/** Follows the ledger of a gateway that runs, as its archive thread does, and hands its entries to the exporter. */
import { join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import type { Numbered } from '../../src/domain/record.ts'
import { readLedger } from '../../src/ledger/read.ts'
import { otlpNumbers } from '../../src/observe/otlp/numbers.ts'
import { openOtlp, type Otlp } from '../../src/observe/otlp/otlp.ts'
import type { OtlpSetup } from '../../src/observe/otlp/setup.ts'

export interface Followed {
  readonly otlp: Otlp
  /** The number of the last entry that was handed on. */
  readonly seq: number
  [Symbol.asyncDispose](): Promise<void>
}

const look_ms = 25

/** Everything in `dir`, which is that of the state; entries of before are those of an earlier process. */
export async function follow(dir: string, setup: OtlpSetup): Promise<Followed> {
  const ledger = join(dir, 'ledger')
  let seq = (await entriesAfter(ledger, 0)).at(-1)?.seq ?? 0
  const otlp = openOtlp(setup, {
    clock: systemClock,
    backoff_ms: [20, 50],
    missed: async function* (from, before) {
      yield (await entriesAfter(ledger, from - 1)).filter((each) => each.seq < before)
    },
  })
  const look = async (): Promise<void> => {
    const batch = await entriesAfter(ledger, seq)
    if (batch.length > 0) otlp.entries(batch)
    seq = batch.at(-1)?.seq ?? seq
    otlp.tick(systemClock.now())
  }
  const ending = new AbortController()
  const looking = (async () => {
    while (!ending.signal.aborted) {
      await look()
      await new Promise((resolve) => setTimeout(resolve, look_ms))
    }
  })()
  return {
    otlp,
    get seq() {
      return seq
    },
    async [Symbol.asyncDispose]() {
      ending.abort()
      await looking
      await look()
      await otlp.close()
    },
  }
}

async function entriesAfter(dir: string, seq: number): Promise<readonly Numbered[]> {
  const entries: Numbered[] = []
  for await (const item of readLedger(dir)) if (item.kind === 'entry' && item.seq > seq) entries.push(item)
  return entries
}

export function setupFor(url: string, path: string, more: Partial<OtlpSetup> = {}): OtlpSetup {
  return {
    endpoint: url,
    headers: {},
    signals: { traces: true, metrics: true, logs: true },
    interval_ms: 1000,
    timeout_ms: 1000,
    queue_max: 16_384,
    sample_ratio: 1,
    resource: {},
    user_id: false,
    join: 'run',
    path,
    version: '0.0.0',
    boot: 'of-the-test',
    numbers: otlpNumbers(),
    ...more,
  }
}
