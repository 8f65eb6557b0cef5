/** Five hundred callers of one task through a gateway: its agent hears of one, and nobody waits for whoever does not read. */
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callHeaders } from '../support/caller.ts'
import { policyOpen } from '../support/loop.ts'
import { openStream } from '../support/open-stream.ts'
import { eventsIn, until } from '../support/relay.ts'
import { type SlowAgent, startSlowAgent } from '../support/slow-agent.ts'
import { apiKey, keyOf, startWeir, type Weir } from '../support/weir.ts'

let agent: SlowAgent

beforeAll(async () => {
  agent = await startSlowAgent(false)
})

afterAll(() => agent.stop())

async function withWeir<T>(work: (weir: Weir) => Promise<T>): Promise<T> {
  const weir = await startWeir({
    identity: { api_keys: [apiKey('alice', 'alice')] },
    agents: { alice: { may_start_runs: true }, slow: { url: agent.url } },
    policy: { dir: policyOpen },
  })
  try {
    return await work(weir)
  } finally {
    await weir.stop()
  }
}

async function begin(weir: Weir): Promise<{ readonly id: string; readonly first: Promise<readonly unknown[]> }> {
  const { events, ended } = await openStream(weir, 'alice', 'slow')
  const [event] = events() as readonly { readonly result: { readonly task: { readonly id: string } } }[]
  return { id: event?.result.task.id ?? '', first: ended }
}

function subscription(id: string): string {
  return JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SubscribeToTask', params: { id } })
}

interface Reading {
  /** Resolves when it has read its first event. */
  readonly begun: Promise<void>
  readonly all: Promise<readonly unknown[]>
}

function read(weir: Weir, id: string): Reading {
  const begun = Promise.withResolvers<void>()
  const all = (async () => {
    const asked = { method: 'POST', headers: callHeaders('alice'), body: subscription(id) }
    const answer = await fetch(`${weir.url}/a2a/slow/`, asked)
    const chunks: string[] = []
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      chunks.push(chunk)
      if (chunk.includes('data: ')) begun.resolve()
    }
    return eventsIn(chunks.join('').replaceAll(/^:\n\n/gm, ''))
  })()
  return { begun: begun.promise, all }
}

/** Asks for the task and never reads what comes. */
async function stall(weir: Weir, id: string): Promise<Socket> {
  const { hostname, port } = new URL(weir.url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  const body = subscription(id)
  const head = `POST /a2a/slow/ HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${keyOf('alice')}\r\na2a-version: 1.0\r\n`
  socket.write(`${head}content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  await new Promise((resolve) => socket.once('readable', resolve))
  return socket
}

test('five hundred subscribers of one task cost its agent one connection and read the same', async () => {
  await withWeir(async (weir) => {
    const { id, first } = await begin(weir)
    const readers = Array.from({ length: 499 }, () => read(weir, id))
    await Promise.all(readers.map(({ begun }) => begun))
    expect(agent.streams()).toBe(1)
    const asked = agent.asked.length
    for (let n = 0; n < 40; n += 1) agent.tell(id, `piece ${n}`)
    agent.finish(id)
    const expected = await first
    expect(expected).toHaveLength(42)
    for (const { all } of readers) expect(await all).toEqual(expected)
    expect(agent.asked).toHaveLength(asked)
  })
})

const stalled = 12
const piece_bytes = 65_536
const pieces = 400

/** The highest resident size of the process so far. Unit: kB. */
function peakOf({ pid }: Weir): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

/** Sends 25 MB to a task with five readers who read and so many who do not; what the process took at most. */
async function peakWith(notReading: number): Promise<number> {
  return await withWeir(async (weir) => {
    const { id, first } = await begin(weir)
    const sockets = await Promise.all(Array.from({ length: notReading }, () => stall(weir, id)))
    const readers = Array.from({ length: 4 }, () => read(weir, id))
    await Promise.all(readers.map(({ begun }) => begun))
    for (let n = 0; n < pieces; n += 1) {
      agent.tell(id, `${n} ${'x'.repeat(piece_bytes)}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    agent.finish(id)
    // Everybody else has everything while these still have not read on.
    for (const all of [first, ...readers.map((one) => one.all)]) expect(await all).toHaveLength(pieces + 2)
    const peak = peakOf(weir)
    for (const socket of sockets) socket.destroy()
    await until(() => agent.streams() === 0)
    return peak
  })
}

test('readers that stop reading delay nobody and hold no more than their share of memory', async () => {
  const without = await peakWith(0)
  const beside = await peakWith(stalled)
  // Unbounded, each of them would hold most of 25 MB: as much together as the whole process without them.
  expect(beside / without).toBeLessThan(1.3)
}, 120_000)
