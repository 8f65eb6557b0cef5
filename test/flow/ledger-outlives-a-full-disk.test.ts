import { execFileSync } from 'node:child_process'
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts'
import { readLedger } from '../../src/ledger/read.ts'
import { bootEntry, call, hop, intent, refusedCall } from '../unit/ledger/entries.ts'
import { tempFolder } from '../unit/ledger/folder.ts'

const workerUrl = new URL('../../src/threads/ledger-worker.ts', import.meta.url)

/** A disk of 2 MiB, or null where a test may not mount one; the writer's unit tests cover the same with a seam. */
function smallDisk(): string | null {
  const at = tempFolder()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', at], { stdio: 'ignore' })
  } catch {
    return null
  }
  onTestFinished(() => void execFileSync('umount', ['-l', at]))
  return at
}

async function open(dir: string, min_free_bytes: number): Promise<Ledger> {
  const settings = { dir, workerUrl, boot: 'b1', clock: systemClock, ring_bytes: 1 << 19, min_free_bytes }
  const ledger = await openLedger(settings)
  if (ledger.kind === 'ledger_problem') throw new Error(ledger.detail)
  onTestFinished(async () => void (await ledger.close()))
  return ledger
}

async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 20_000
  while (!holds() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(holds()).toBe(true)
}

async function count(dir: string): Promise<number> {
  let found = 0
  for await (const item of readLedger(dir)) {
    expect(item).toMatchObject({ kind: 'entry', seq: found + 1 })
    found += 1
  }
  return found
}

test('on a full disk new hops are refused, records of old ones are kept, and all are written when there is space', async (context) => {
  const disk = smallDisk() ?? context.skip('mounting is not permitted here')
  const dir = join(disk, 'ledger')
  const ledger = await open(dir, 0)
  writeFileSync(join(disk, 'ballast'), Buffer.alloc(statfsSync(disk).bavail * 4096 - 16_384))
  let admitted = 0
  while (ledger.append(intent(hop(admitted)))) {
    admitted += 1
    if (admitted % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await until(() => ledger.health().state === 'failing' && /ENOSPC|took no byte/.test(ledger.health().detail))
  expect(ledger.room).toBe(false)
  // Many more records than the ring has room for: each belongs to a hop that was let through.
  for (let owed = 0; owed < 3000; owed += 1) expect(ledger.append(call(hop(owed)))).toBe(true)
  expect(ledger.append(intent(hop(9999)))).toBe(false)
  expect(ledger.append(refusedCall(hop(9999)))).toBe(false)
  expect(ledger.durable).toBeLessThan(ledger.appended)
  execFileSync('mount', ['-o', 'remount,size=16m', disk])
  rmSync(join(disk, 'ballast'))
  await until(() => ledger.durable === ledger.appended && ledger.room)
  expect(ledger.health()).toEqual({ state: 'ok', detail: '' })
  expect(ledger.append(intent(hop(10_000)))).toBe(true)
  expect(await ledger.flush()).toBe(true)
  expect(await count(dir)).toBe(admitted + 3000 + 1)
})

test('the disk is called full before it is full, so that hops under way still get their records', async (context) => {
  const disk = smallDisk() ?? context.skip('mounting is not permitted here')
  const ledger = await open(join(disk, 'ledger'), 1 << 20)
  expect(ledger.append(bootEntry('b1'))).toBe(true)
  expect(ledger.append(intent(hop(1)))).toBe(true)
  writeFileSync(join(disk, 'ballast'), Buffer.alloc(1_400_000))
  // The flag comes over shared memory, the sentence in a message behind it.
  await until(() => !ledger.room && /bytes are free/.test(ledger.health().detail))
  expect(ledger.append(intent(hop(2)))).toBe(false)
  expect(ledger.append(call(hop(1)))).toBe(true)
  await until(() => ledger.durable === 3)
  rmSync(join(disk, 'ballast'))
  await until(() => ledger.room)
})
