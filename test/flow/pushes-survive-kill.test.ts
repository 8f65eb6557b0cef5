import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { tempFolder } from '../unit/ledger/folder.ts'

const notifier = join(import.meta.dirname, 'push-notifier.ts')
const kills = 12

interface Delivery {
  readonly id: string
  readonly seq: number
}

/** A receiver that takes most of what it is told, fails some of it, and cuts some of it off after it has taken it. */
async function startReceiver(): Promise<{ readonly url: string; readonly taken: readonly Delivery[] }> {
  const taken: Delivery[] = []
  let asked = 0
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = Buffer.concat((await request.toArray()) as Buffer[])
    asked += 1
    if (asked % 31 === 0) return void response.writeHead(500).end()
    taken.push({ id: String(request.headers['weir-delivery-id']), seq: Number(body) })
    if (asked % 47 === 0) return void response.destroy()
    response.writeHead(204).end()
  }
  const server = createServer((request, response) => void receive(request, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, taken }
}

/** Lets a gateway take events for a while after its first, then kills it with SIGKILL; answers all it called kept. */
async function notifyUntilKilled(args: readonly string[], after_ms: number): Promise<readonly number[]> {
  const child = spawn(process.execPath, [notifier, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), after_ms))
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const [, signal] = (await once(child, 'close')) as readonly unknown[]
  expect(signal).toBe('SIGKILL')
  return text.split('\n').slice(0, -1).map(Number)
}

test('whatever is killed between taking an event and delivering it: each arrives in order, never not at all', async () => {
  const dir = tempFolder()
  const { url, taken } = await startReceiver()
  const kept: number[] = []
  for (let round = 0; round < kills; round += 1)
    kept.push(...(await notifyUntilKilled([dir, url, String(round * 1_000_000 + 1)], (round * 61) % 150)))
  const drained = spawn(process.execPath, [notifier, dir, url, 'drain'], { stdio: 'inherit' })
  expect(await once(drained, 'close')).toEqual([0, null])
  expect(kept.length).toBeGreaterThan(kills)
  const times = new Map<number, number>()
  const ids = new Map<number, Set<string>>()
  for (const { id, seq } of taken) {
    times.set(seq, (times.get(seq) ?? 0) + 1)
    ids.set(seq, (ids.get(seq) ?? new Set()).add(id))
  }
  expect(kept.filter((seq) => !times.has(seq))).toEqual([])
  const firsts = [...times.keys()]
  expect(firsts).toEqual(firsts.toSorted((a, b) => a - b))
  // What came again had the same id, so that its receiver can tell; and it came again because of a kill or a cut.
  expect([...ids.values()].filter(({ size }) => size !== 1)).toEqual([])
  expect(taken.length - times.size).toBeLessThanOrEqual(kills + Math.ceil(taken.length / 30))
})
