import { spawn } from 'node:child_process'
import { appendFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isHopId } from '../../src/domain/ids.ts'
import { readLedger } from '../../src/ledger/read.ts'
import { tempFolder } from '../unit/ledger/folder.ts'

const appender = join(import.meta.dirname, 'ledger-appender.ts')

interface Killed {
  readonly cuts: readonly string[]
  readonly from: number
  /** The last durable number it told us. */
  readonly durable: number
}

/** Lets a process append for a while after its first durable entry, then kills it with SIGKILL. */
function appendUntilKilled(dir: string, boot: string, after_ms: number): Promise<Killed> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [appender, dir, boot], { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    let started = false
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const [first = '', ...rest] = text.split('\n').slice(0, -1)
      if (started || !(Number(rest.at(-1)) > from(first))) return
      started = true
      setTimeout(() => child.kill('SIGKILL'), after_ms)
    })
    child.on('error', reject)
    child.on('close', (_code, signal) => {
      expect(signal).toBe('SIGKILL')
      const [first = '{}', ...rest] = text.split('\n').slice(0, -1)
      const told = JSON.parse(first) as Omit<Killed, 'durable'>
      resolve({ ...told, durable: Number(rest.at(-1)) })
    })
  })
}

function from(firstLine: string): number {
  return (JSON.parse(firstLine) as Killed).from
}

/** Every entry in order with its number; fails on a gap, and tells the places that cannot be read. */
async function survey(dir: string) {
  let last = 0
  const torn: string[] = []
  for await (const item of readLedger(dir)) {
    if (item.kind === 'unreadable') {
      torn.push(item.file)
      continue
    }
    expect(item.seq).toBe(last + 1)
    last = item.seq
    const { entry } = item
    if (entry.kind === 'intent') expect(isHopId(entry.rid) && Number.parseInt(entry.rid.slice(4), 16)).toBe(last - 1)
  }
  return { last, torn }
}

test('whenever the gateway is killed, every entry it called durable is there, in order, and the next start goes on', async () => {
  const dir = tempFolder()
  let before = 0
  for (let round = 0; round < 6; round += 1) {
    const killed = await appendUntilKilled(dir, `b${round}`, (round * 37) % 120)
    const { last } = await survey(dir)
    expect(killed.from).toBe(before)
    expect(killed.durable).toBeGreaterThan(before)
    expect(last).toBeGreaterThanOrEqual(killed.durable)
    before = last
  }
  expect(readdirSync(dir).length).toBeGreaterThan(7)
})

test('a torn tail is named by the reader, cut off by the next start, which reports it, and then gone', async () => {
  const dir = tempFolder()
  await appendUntilKilled(dir, 'b1', 20)
  const newest = readdirSync(dir)
    .filter((name) => name.endsWith('.wlog'))
    .toSorted()
    .at(-1)
  appendFileSync(join(dir, newest ?? ''), Buffer.from([200, 0, 0, 0, 1, 2, 3, 4, 5]))
  const torn = await survey(dir)
  expect(torn.torn).toEqual([newest])
  const next = await appendUntilKilled(dir, 'b2', 20)
  expect(next).toMatchObject({ from: torn.last, cuts: [expect.stringContaining(newest ?? '')] })
  expect((await survey(dir)).last).toBeGreaterThanOrEqual(next.durable)
})
