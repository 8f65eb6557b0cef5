import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ringMemory, RingWriter } from '../../../src/base/ring.ts'
import { type Disk, systemDisk } from '../../../src/ledger/disk.ts'
import { packEntry } from '../../../src/ledger/pack.ts'
import { readLedger } from '../../../src/ledger/read.ts'
import { Status } from '../../../src/ledger/status.ts'
import { Writer } from '../../../src/ledger/writer.ts'
import { hop, intent } from './entries.ts'
import { tempFolder } from './folder.ts'

/** A writer on a real folder and a disk whose methods a test may break. */
function bench(broken: Partial<Disk> = {}, segment_bytes = 1_000_000) {
  const dir = tempFolder()
  const status = new SharedArrayBuffer(Status.bytes)
  const setup = {
    dir,
    boot: 'b1',
    gw: 'https://weir.test',
    ring: ringMemory(65_536),
    status,
    segment_bytes,
    min_free_bytes: 1000,
    log: null,
  }
  const disk = { ...systemDisk, ...broken }
  const ring = new RingWriter(setup.ring)
  const push = (from: number, to: number): void => {
    for (let number = from; number <= to; number += 1) ring.push(packEntry(intent(hop(number))))
  }
  const shared = new Status(status)
  return { dir, disk, ring, push, status: shared, writer: new Writer(setup, { status: shared, disk, stages: [] }, 1) }
}

async function hopsIn(dir: string): Promise<readonly string[]> {
  const hops: string[] = []
  for await (const item of readLedger(dir)) {
    hops.push(item.kind === 'entry' && item.entry.kind === 'intent' ? item.entry.rid : item.kind)
  }
  return hops
}

const hops = (to: number): readonly string[] => Array.from({ length: to }, (_, place) => hop(place + 1))

test('a group is one write and one sync, and then the ring is free', async () => {
  let syncs = 0
  const { dir, disk, ring, push, status, writer } = bench()
  disk.sync = (file) => {
    syncs += 1
    systemDisk.sync(file)
  }
  push(1, 100)
  expect(writer.step()).toBeNull()
  expect({ syncs, durable: status.durable, free: ring.free }).toEqual({ syncs: 1, durable: 100, free: 65_536 })
  expect(await hopsIn(dir)).toEqual(hops(100))
})

test.each(['write', 'sync', 'create', 'free_bytes'] as const)(
  'while the disk fails in %s nothing leaves the ring, and afterwards nothing is lost or doubled',
  async (method) => {
    const { dir, disk, push, status, writer } = bench()
    push(1, 3)
    const well = disk[method]
    Object.assign(disk, {
      [method]: () => {
        throw new Error('EIO: i/o error')
      },
    })
    expect(writer.step()).toContain('EIO')
    push(4, 6)
    expect(writer.step()).toContain('EIO')
    expect(status.durable).toBe(0)
    Object.assign(disk, { [method]: well })
    expect(writer.step()).toBeNull()
    expect(status.durable).toBe(6)
    expect(await hopsIn(dir)).toEqual(hops(6))
  },
)

test('half a write that failed is written over, so no entry is torn in the middle of a file', async () => {
  const { dir, disk, push, writer } = bench()
  push(1, 2)
  writer.step()
  disk.write = (file, bytes, at) => {
    systemDisk.write(file, bytes.subarray(0, bytes.length >> 1), at)
    throw new Error('ENOSPC: no space left on device')
  }
  push(3, 4)
  expect(writer.step()).toContain('ENOSPC')
  disk.write = systemDisk.write
  expect(writer.step()).toBeNull()
  expect(await hopsIn(dir)).toEqual(hops(4))
})

test('below the mark the disk is called full but what is under way is still written, until little is left', () => {
  let free_bytes = 999
  const { push, status, writer } = bench({ free_bytes: () => free_bytes })
  push(1, 1)
  expect(writer.step()).toContain('only 999 bytes')
  expect(status.durable).toBe(1)
  free_bytes = 249
  push(2, 2)
  expect(writer.step()).toContain('only 249 bytes')
  expect(status.durable).toBe(1)
  free_bytes = 1000
  expect(writer.step()).toBeNull()
  expect(status.durable).toBe(2)
})

test('a file that has grown long enough is closed and the next one goes on with the numbers', async () => {
  const { dir, push, writer } = bench({}, 1000)
  for (const first of [1, 11, 21]) {
    push(first, first + 9)
    writer.step()
  }
  writer.close()
  expect(readdirSync(dir).length).toBeGreaterThan(1)
  expect(await hopsIn(dir)).toEqual(hops(30))
})

test('only the owner may read a segment', () => {
  const { dir, push, writer } = bench()
  push(1, 1)
  writer.step()
  expect(readdirSync(dir).map((name) => statSync(join(dir, name)).mode & 0o777)).toEqual([0o600])
})
