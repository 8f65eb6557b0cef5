import { createServer, type Server } from 'node:http'
import { mkdtempSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { Wheel } from '../../src/base/wheel.ts'
import { Catalogue } from '../../src/catalogue/catalogue.ts'
import type { AskPage, ListKind } from '../../src/catalogue/contract.ts'
import { Lock, openLock } from '../../src/catalogue/lock.ts'
import type { ToolChange } from '../../src/catalogue/tool-change.ts'
import { maximums, tool } from '../support/catalogue.ts'

const methods: Readonly<Record<ListKind, string>> = {
  tools: 'tools/list',
  prompts: 'prompts/list',
  resources: 'resources/list',
  resourceTemplates: 'resources/templates/list',
}

/** Two cores may be busy with other things. */
function until(holds: () => void): Promise<void> {
  return vi.waitFor(holds, { timeout: 20_000, interval: 20 })
}

interface Paging {
  readonly url: string
  /** What its tools say. */
  description: string
  asked: number
}

/** A server that lists fifty tools on seven pages; the cursor of its second page is the empty text. */
async function pagingServer(): Promise<Paging> {
  const paging = { url: '', description: 'Reads', asked: 0 }
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const { method, params, id } = JSON.parse(body) as { method: string; params: { cursor?: string }; id: number }
      paging.asked += 1
      if (method !== 'tools/list')
        return void response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32601, message: 'no' } }))
      const { cursor } = params
      const at = cursor === undefined ? 0 : cursor === '' ? 1 : Number(cursor)
      const names = Array.from({ length: at === 6 ? 8 : 7 }, (_, i) => `tool_${at * 7 + i}`)
      const tools = names.map((name) => tool(name, { description: `${paging.description} ${name}` }))
      const next = at === 6 ? {} : { nextCursor: at === 0 ? '' : `${at + 1}` }
      return void response.end(JSON.stringify({ jsonrpc: '2.0', id, result: { tools, ...next } }))
    })
  })
  paging.url = await listening(server)
  return paging
}

/** Takes connections and never answers. */
function blackHole(): Promise<string> {
  return listening(createServer(() => undefined))
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((up) => void server.listen(0, '127.0.0.1', up))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function askOver(urls: Readonly<Record<string, string>>): AskPage {
  return async (server, list, cursor) => {
    try {
      const params = cursor === null ? {} : { cursor }
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: methods[list], params })
      const answer = (await (await fetch(urls[server] ?? '', { method: 'POST', body })).json()) as { result?: unknown }
      if (answer.result === undefined) return { kind: 'absent' }
      return { kind: 'page', result: Buffer.from(JSON.stringify(answer.result)) }
    } catch (error) {
      return { kind: 'failed', detail: String(error) }
    }
  }
}

async function open(urls: Readonly<Record<string, string>>, alarms: ToolChange[] = []): Promise<Catalogue> {
  const dir = mkdtempSync(join(tmpdir(), 'weir-drain-'))
  const files = { lock_file: join(dir, 'tools.lock'), state_file: join(dir, 'tools.json') }
  const lock = await openLock(systemClock, { approval: 'first_use', tool_pins: 1000, ...files })
  if (!(lock instanceof Lock)) throw new Error('no lock')
  const wheel = new Wheel(systemClock)
  const catalogue = new Catalogue({
    ask: askOver(urls),
    servers: () => Object.keys(urls).map((slug) => ({ slug })),
    clock: systemClock,
    wheel,
    settings: { refresh_s: 300, listing_ms: 3000, maximums },
    lock,
    onAlarm: (change) => alarms.push(change),
    onTrouble: (sentence) => {
      throw new Error(sentence)
    },
  })
  onTestFinished(async () => {
    await catalogue.close()
    wheel.stop()
  })
  return catalogue
}

test('three servers of seven pages, one of them a black hole: the others are whole, and it is said who is missing', async () => {
  const [a, b, hole] = await Promise.all([pagingServer(), pagingServer(), blackHole()])
  const catalogue = await open({ a: a.url, b: b.url, hole })
  await until(() => {
    for (const server of ['a', 'b']) expect(catalogue.listing(server).tools).toHaveLength(50)
  })
  expect(catalogue.listing('hole').health).toMatchObject({ state: 'missing' })
  await until(() => expect(catalogue.listing('hole').health.detail).toMatch(/no whole answer within 3000 ms/))
  const names = catalogue.listing('a').tools.map(({ name }) => name)
  expect(names).toEqual(names.toSorted())
  expect(new Set(names).size).toBe(50)
})

test('a definition that changes by one byte between list and call is not approved when the call asks', async () => {
  const server = await pagingServer()
  const alarms: ToolChange[] = []
  const catalogue = await open({ files: server.url }, alarms)
  await until(() => expect(catalogue.listing('files').tools).toHaveLength(50))
  server.description = 'reads'
  const { tools } = await catalogue.fresh('files', 0, ['tools'])
  expect(new Set(tools.map(({ state }) => state))).toEqual(new Set(['changed']))
  expect(alarms).toHaveLength(50)
  expect(alarms[0]?.lines).toEqual(['~ $.description: "Reads tool_0" -> "reads tool_0"'])
})

test('a storm of notices costs a server a look or two, and fifty calls one', async () => {
  const server = await pagingServer()
  const catalogue = await open({ files: server.url })
  await until(() => expect(catalogue.listing('files').tools).toHaveLength(50))
  server.asked = 0
  await Promise.all(Array.from({ length: 50 }, () => catalogue.fresh('files', 0, ['tools'])))
  expect(server.asked).toBeLessThanOrEqual(14)
  server.asked = 0
  for (let word = 0; word < 1000; word += 1) catalogue.changed('files', 'tools')
  await until(() => expect(server.asked).toBe(7))
})
