import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts'
import { readLedger } from '../../src/ledger/read.ts'
import { bootEntry, call, hop, intent } from '../unit/ledger/entries.ts'
import { tempFolder } from '../unit/ledger/folder.ts'

const workerUrl = new URL('../../src/threads/ledger-worker.ts', import.meta.url)

async function open(dir: string, boot: string): Promise<Ledger> {
  const ledger = await openLedger({ dir, workerUrl, boot, clock: systemClock, ring_bytes: 1, min_free_bytes: 0 })
  if (ledger.kind === 'ledger_problem') throw new Error(ledger.detail)
  return ledger
}

test('what was appended before a close is all there after it, and the next start goes on with the numbers', async () => {
  const dir = join(tempFolder(), 'state', 'ledger')
  for (const boot of ['b1', 'b2']) {
    const ledger = await open(dir, boot)
    ledger.append(bootEntry(boot))
    for (let number = 0; number < 500; number += 1) ledger.append(intent(hop(number)))
    for (let number = 0; number < 500; number += 1) ledger.append(call(hop(number)))
    expect(await ledger.close()).toBe(true)
    expect(ledger.append(bootEntry('late'))).toBe(false)
    expect(ledger.health()).toMatchObject({ state: 'failing' })
  }
  const seen: string[] = []
  for await (const item of readLedger(dir)) {
    if (item.kind === 'entry') seen.push(`${item.seq} ${item.boot} ${item.entry.kind}`)
  }
  expect(seen).toHaveLength(2002)
  expect([seen[0], seen[1000], seen[1001], seen[2001]]).toEqual([
    '1 b1 boot',
    '1001 b1 call',
    '1002 b2 boot',
    '2002 b2 call',
  ])
})

test('a record of a hop that was let through is taken even when the ring is full, an intent is refused before that', async () => {
  const ledger = await open(tempFolder(), 'b1')
  const started = intent(hop(0))
  let admitted = 0
  let seen = ledger.health()
  // The writer makes room at any moment, also between a refusal and the look at it.
  while (seen.state === 'ok') {
    while (ledger.append(started)) admitted += 1
    seen = ledger.health()
  }
  expect(seen).toEqual({ state: 'failing', detail: 'the record ring is full' })
  for (let number = 0; number < admitted; number += 1) expect(ledger.append(call(hop(number)))).toBe(true)
  expect(await ledger.flush()).toBe(true)
  expect(ledger.durable).toBe(2 * admitted)
  expect(ledger.room).toBe(true)
  await ledger.close()
})

test('a second gateway on the same ledger is refused, and may come when the first has gone', async () => {
  const dir = tempFolder()
  const first = await open(dir, 'b1')
  const second = await openLedger({ dir, workerUrl, boot: 'b2', clock: systemClock, ring_bytes: 1 })
  expect(second).toEqual({ kind: 'ledger_problem', detail: expect.stringContaining('another process') as unknown })
  await first.close()
  await (await open(dir, 'b3')).close()
})

test('a folder that cannot be made is a problem with a reason and not a crash', async () => {
  const file = join(tempFolder(), 'file')
  writeFileSync(file, '')
  const ledger = await openLedger({ dir: join(file, 'x'), workerUrl, boot: 'b', clock: systemClock, ring_bytes: 1 })
  expect(ledger).toMatchObject({ kind: 'ledger_problem', detail: expect.stringContaining('ENOTDIR') as unknown })
})
