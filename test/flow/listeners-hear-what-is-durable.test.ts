/** The archive thread's life over a real ledger: the index follows, listeners hear of this process only, each entry once. */
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { ArchiveStatus } from '../../src/ledger/archive-status.ts'
import type { Numbered } from '../../src/domain/record.ts'
import { openIndexHere } from '../../src/ledger/index/here.ts'
import { indexPath } from '../../src/ledger/index/path.ts'
import { Ledger, openLedger } from '../../src/ledger/ledger.ts'
import type { Listener } from '../../src/ledger/listener.ts'
import { type ArchiveNews, runArchive } from '../../src/ledger/run-archive.ts'
import { bootEntry, call, hop, intent } from '../unit/ledger/entries.ts'
import { tempFolder } from '../unit/ledger/folder.ts'

async function ledgerIn(state: string, boot: string): Promise<Ledger> {
  const workerUrl = new URL('../../src/threads/ledger-worker.ts', import.meta.url)
  const sizes = { ring_bytes: 1 << 20, segment_bytes: 20_000, min_free_bytes: 0 }
  const ledger = await openLedger({ dir: join(state, 'ledger'), workerUrl, boot, clock: systemClock, ...sizes })
  if (!(ledger instanceof Ledger)) throw new Error(ledger.detail)
  ledger.append(bootEntry(boot))
  return ledger
}

function archiveOf(state: string, ledger: Ledger, listeners: readonly Listener[]) {
  // That of its boot is on the way.
  const from = ledger.appended
  const ending = new AbortController()
  const told: ArchiveNews[] = []
  const memory = new SharedArrayBuffer(ArchiveStatus.bytes)
  const retention = { index_days: 36_500, index_hops: 1_000_000 }
  const where = {
    dir: join(state, 'ledger'),
    path: indexPath(state),
    ledger: ledger.shared,
    status: memory,
    retention,
    from,
  }
  const tell = (news: ArchiveNews): void => void told.push(news)
  const life = runArchive(where, { clock: systemClock, tell, listeners, signal: ending.signal })
  const end = (): Promise<void> => {
    ending.abort()
    return life
  }
  return { told, status: new ArchiveStatus(memory), end }
}

function append(ledger: Ledger, from: number, to: number): void {
  for (let id = from; id <= to; id += 1) {
    ledger.append(intent(hop(id)))
    ledger.append(call(hop(id)))
  }
}

class Ear implements Listener {
  readonly name = 'ear'
  readonly heard: Numbered[] = []
  ticks = 0
  closed = false

  async entries(batch: readonly Numbered[]): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 1))
    this.heard.push(...batch)
  }

  tick(): void {
    this.ticks += 1
  }

  close(): void {
    this.closed = true
  }
}

test('listeners hear every entry of this process once and in order, over files that rotate, and those before are in the index only', async () => {
  const state = tempFolder()
  const before = await ledgerIn(state, 'b1')
  append(before, 1, 100)
  await before.close()

  const ledger = await ledgerIn(state, 'b2')
  const ear = new Ear()
  const broken: Listener = {
    name: 'broken',
    entries: () => {
      throw new Error('cannot')
    },
  }
  const archive = archiveOf(state, ledger, [broken, ear])
  append(ledger, 101, 200)
  await ledger.flush()
  await vi.waitFor(() => expect(archive.status.seq).toBe(ledger.durable), 10_000)
  await vi.waitFor(() => expect(ear.ticks).toBeGreaterThan(0), 10_000)
  append(ledger, 201, 300)
  await ledger.close()
  await archive.end()

  const numbers = ear.heard.map(({ seq }) => seq)
  expect(numbers).toEqual(Array.from({ length: 401 }, (_, place) => ledger.durable - 400 + place))
  expect(new Set(ear.heard.map(({ boot }) => boot))).toEqual(new Set(['b2']))
  expect(ear.closed).toBe(true)
  expect(archive.told).toContainEqual({ kind: 'log', level: 'warn', sentence: 'broken: cannot' })
  const here = await openIndexHere(state)
  if (here.kind === 'index_problem') throw new Error(here.sentence)
  expect(here.queries.state({})).toMatchObject({ seq: ledger.durable, hops: 300 })
  here.close()
})
