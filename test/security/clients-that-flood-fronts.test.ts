/** Callers and servers that make Weir keep something for them again and again, at the cost of everybody else. */
import { connect } from 'node:net'
import { afterAll, expect, test } from 'vitest'
import { isFault } from '../../src/domain/fault.ts'
import { cannotAnswer } from '../../src/pipeline/mcp/front/questions.ts'
import type { LiveSession } from '../../src/pipeline/mcp/front/live-session.ts'
import { Ear } from '../../src/pipeline/mcp/front/parked.ts'
import type { Ask } from '../../src/relay/mcp/link.ts'
import { begin, frontWeir, inSession, modern } from '../support/front-weir.ts'
import { asking, openLinksTo, permit, plainSpeaker } from '../support/mcp-links.ts'
import { plain, serveScript } from '../support/mcp-script.ts'
import { until } from '../support/relay.ts'

const weir = await frontWeir({
  tools: {
    waits: (turn) => new Promise((go) => turn.signal.addEventListener('abort', () => go('left'))),
    quick: () => 'done',
  },
})
afterAll(() => weir[Symbol.asyncDispose]())

const call = (name: string, id: number) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name } })

test('of two requests of one id that come at once one is refused, and the other can still be cancelled', async () => {
  const session = await begin(weir, { version: '2025-03-26' })
  const cancelled = weir.behind.cancelled.length
  const asked = weir.behind.asked.length
  const both = inSession(weir, session, JSON.stringify([call('waits', 5), call('waits', 5)]))
  await until(() => weir.behind.asked.length > asked)
  const params = { requestId: 5, reason: 'enough' }
  await inSession(weir, session, { jsonrpc: '2.0', method: 'notifications/cancelled', params })
  const answers = JSON.stringify(await (await both).json())
  expect(answers).toContain('busy')
  expect(weir.behind.asked.length - asked).toBe(1)
  expect(weir.behind.cancelled.slice(cancelled)).toEqual(['enough'])
})

test('an address that nobody configured is none, so nobody has as many sessions as there are names', async () => {
  const answer = await modern(weir, 'tools/list', {}, { path: '/mcp/made-up' })
  expect(answer.status).toBe(404)
  expect(await begin(weir, { path: '/mcp/made-up' })).toBe('')
})

test('servers are told of other roots no more often than their client may ask', async () => {
  const session = await begin(weir)
  const roots = { jsonrpc: '2.0', method: 'notifications/roots/list_changed' }
  await inSession(weir, session, roots)
  expect(weir.behind.told).toHaveLength(1)
  const { limits } = weir.world.road
  const taken = limits.takeAsk.bind(limits)
  Object.assign(limits, { takeAsk: () => 1000 })
  expect((await inSession(weir, session, roots)).status).toBe(202)
  expect(weir.behind.told).toHaveLength(1)
  Object.assign(limits, { takeAsk: taken })
})

test('a listener that does not read what it is told is let go of', async () => {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  }
  const params = { notifications: { resourceSubscriptions: ['file:///a'] }, _meta: meta }
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'subscriptions/listen', params })
  const { hostname, port } = new URL(weir.url)
  const socket = connect(Number(port), hostname)
  const head = ['POST /mcp HTTP/1.1', `host: ${hostname}:${port}`, 'authorization: Bearer alice']
  const more = ['content-type: application/json', 'accept: text/event-stream', 'mcp-protocol-version: 2026-07-28']
  socket.write(
    [...head, ...more, 'mcp-method: subscriptions/listen', `content-length: ${body.length}`, '', body].join('\r\n'),
  )
  socket.pause()
  await until(() => weir.behind.listening.some(({ wants }) => wants.resources.length === 1))
  const listening = weir.behind.listening.find(({ wants }) => wants.resources.length === 1)
  const uri = `file:///a/${'x'.repeat(100_000)}`
  const isOpen = (): boolean => listening?.closed === false
  for (let told = 0; told < 500 && isOpen(); told += 1) {
    weir.behind.change('notifications/resources/updated', { uri })
    if (told % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  expect(isOpen()).toBe(false)
  socket.destroy()
})

test('a server that asks for ever while nobody is there is not remembered for ever', () => {
  const ear = new Ear({ onNotice() {}, onAsk() {}, onEnd() {} })
  ear.use(null)
  for (let no = 0; no < 10_000; no += 1) {
    const questions = new Map([[`q${no}`, { method: 'roots/list', params: null }]])
    ear.onAsk({ questions, rests: false, state: null })
  }
  const heard: Ask[] = []
  ear.use({ onNotice() {}, onAsk: (ask) => heard.push(ask), onEnd() {} })
  expect(heard.map(({ questions }) => questions.size)).toEqual([64])
})

test('a client that has hundreds of questions to answer is not asked another one', () => {
  const session = { capabilities: Buffer.from('{"roots":{}}'), version: '2025-11-25' }
  const open = (size: number): LiveSession => ({ session, questions: { size } }) as unknown as LiveSession
  const question = { method: 'roots/list', params: null }
  expect(cannotAnswer(open(255), question)).toBeNull()
  expect(cannotAnswer(open(256), question)).toContain('too many')
})

const listsOnly = {
  toolsListChanged: true,
  promptsListChanged: false,
  resourcesListChanged: false,
  resources: [],
  tasks: [],
}
const deaf = { onNotice: () => undefined, onAsk: () => undefined, onEnd: () => undefined }

test('whoever declares something else each time does not take the links of everybody', async () => {
  await using server = await serveScript(plain)
  await using bench = openLinksTo(server.url, 'legacy')
  const opened = []
  for (let no = 0; no < 20; no += 1) {
    const speaker = plainSpeaker({ key: 'a', capabilities: Buffer.from(`{"x${no}":{}}`) })
    const link = await bench.links.open(permit, { server: 'files', speaker, era: 'legacy' })
    if ('about' in link) link.listen(permit, listsOnly, deaf)
    opened.push(link)
  }
  expect(opened.filter((link) => 'kind' in link && isFault(link))).toHaveLength(4)
  expect(bench.links.size).toBe(16)
  await bench.link('legacy', plainSpeaker({ key: 'b' }))
})

test('a request goes out with the credential of whoever makes it, although another one came meanwhile', async () => {
  await using server = await serveScript(plain)
  await using bench = openLinksTo(server.url, 'legacy')
  const speaks = (token: string) => plainSpeaker({ key: 'a', credentials: () => [['authorization', token]] })
  const [narrow, wide] = [speaks('narrow'), speaks('wide')]
  const link = await bench.link('legacy', narrow)
  await bench.link('legacy', wide)
  await new Promise<void>((resolve) => {
    link.ask(permit, { ...asking('resources/read'), speaker: narrow }, { ...deaf, onEnd: () => resolve() })
  })
  const read = server.seen.filter(({ rpc }) => rpc.method === 'resources/read')
  expect(read.map(({ headers }) => headers.authorization)).toEqual(['narrow'])
})
