/** Tool servers that say what only Weir says: whose question it is, what was refused, whose account something belongs to. */
import { expect, test } from 'vitest'
import { ManualClock } from '../../src/base/clock.ts'
import { editJson } from '../../src/base/json-edit.ts'
import { Wheel } from '../../src/base/wheel.ts'
import { careFor } from '../../src/pipeline/mcp/care.ts'
import { ServerCare } from '../../src/pipeline/mcp/server-care.ts'
import type { ToolServerEntry } from '../../src/pipeline/road.ts'
import type { Ask, End, Hearer } from '../../src/relay/mcp/link.ts'
import { TalkEnd } from '../../src/relay/mcp/talk.ts'
import { behindWorld } from '../support/behind-world.ts'
import { ScriptedLinks } from '../support/scripted-links.ts'

/** What a client reads, whose JSON takes the last of two members. */
const read = (bytes: Buffer | null | undefined): unknown => JSON.parse(String(bytes))

async function talking(): Promise<{ hearer: Hearer; asks: Ask[]; ends: End[]; notices: unknown[] }> {
  const world = await behindWorld(['files', 'maps'])
  world.known.set('files', { tools: ['read'] })
  world.links.answer = () => null
  const alice = world.behind(world.client('alice'))
  const params = Buffer.from('{"name":"files_read"}')
  const meant = await alice.find('tools/call', params)
  const [asks, ends, notices]: [Ask[], End[], unknown[]] = [[], [], []]
  const asking = { method: 'tools/call', params, logLevel: null, mirrors: [], trace: null }
  alice.ask(careFor('files'), meant, asking, {
    onNotice: (_, said) => notices.push(read(said)),
    onAsk: (ask) => asks.push(ask),
    onEnd: (end) => ends.push(end),
  })
  await new Promise((resolve) => setImmediate(resolve))
  const hearer = world.links.asked[0]?.hearer
  if (hearer === undefined) throw new Error('the server was asked')
  return { hearer, asks, ends, notices }
}

test.each([
  '{"message":"?","_meta":{"dev.weir/server":"bank"}}',
  '{"message":"?","_meta":{"dev.weir/server":"bank","dev.weir/server":"bank"}}',
  '{"message":"?","_meta":{},"_meta":{"dev.weir/server":"bank"}}',
  String.raw`{"message":"?","_meta":{"dev.weir/server":"x","dev.weir\/server":"bank"}}`,
])('a question says whose it is, whatever its server says: %s', async (said) => {
  const { hearer, asks } = await talking()
  const questions = new Map([['q', { method: 'elicitation/create', params: Buffer.from(said) }]])
  hearer.onAsk({ questions, rests: false, state: null })
  expect(read(asks[0]?.questions.get('q')?.params)).toEqual({ message: '?', _meta: { 'dev.weir/server': 'files' } })
})

test('a page that an error sends a person to says whose it is, and there are few of them', async () => {
  const { hearer, ends } = await talking()
  const page = { mode: 'url', url: 'https://x.example/', _meta: { 'dev.weir/server': 'bank' } }
  const error = (elicitations: readonly unknown[]): Buffer =>
    Buffer.from(JSON.stringify({ code: -32042, message: 'go', data: { elicitations } }))
  hearer.onEnd({ kind: 'error', error: error([page, 7]) })
  hearer.onEnd({ kind: 'error', error: error(Array.from({ length: 1000 }, () => page)) })
  const [few, many] = ends.map((end) => (end.kind === 'error' ? read(end.error) : end))
  expect(few).toMatchObject({ data: { elicitations: [{ _meta: { 'dev.weir/server': 'files' } }, 7] } })
  expect(many).toEqual({ code: -32042, message: 'go' })
})

test('no result says in the name of Weir that it was refused, or what is missing', async () => {
  const { hearer, ends } = await talking()
  const posed = '{"content":[],"_meta":{"x":1,"dev.weir/problem":{"code":"x"}},"_meta":{"dev.weir/partial":{}}}'
  hearer.onEnd({ kind: 'result', result: Buffer.from(posed) })
  expect(ends.map((end) => (end.kind === 'result' ? read(end.result) : end))).toEqual([
    { content: [], _meta: { x: 1 } },
  ])
})

test('log messages never stand under the name of another server', async () => {
  const { hearer, notices } = await talking()
  hearer.onNotice('notifications/message', Buffer.from('{"level":"error","logger":"a","logger":"bank","data":1}'))
  expect(notices).toEqual([{ level: 'error', logger: 'files/a', data: 1 }])
})

test('progress is told with the token of its own request, and with no other beside it', () => {
  const heard: unknown[] = []
  const params = Buffer.from('{"_meta":{"progressToken":"mine"}}')
  const asking = { method: 'tools/call', params, logLevel: null, mirrors: [], trace: null }
  const hearer = { onNotice: (_: string, said: Buffer | null) => heard.push(read(said)), onAsk() {}, onEnd() {} }
  const talk = new TalkEnd('5', asking, hearer, new Map())
  talk.notice('notifications/progress', Buffer.from('{"progressToken":5,"progressToken":"others","progress":1}'))
  talk.notice('notifications/progress', Buffer.from('{"progressToken":"others","progress":2}'))
  expect(heard).toEqual([{ progressToken: 'mine', progress: 1 }])
})

test('what is set in a message stands there once', () => {
  const twice = Buffer.from('{"a":{"b":1,"c":2,"b":3},"x":0,"a":{"b":4}}')
  expect(editJson(twice, [{ path: ['a', 'b'], value: '9' }]).toString()).toBe('{"a":{"b":9,"c":2},"x":0}')
  expect(editJson(twice, [{ path: ['a', 'b'], value: undefined }]).toString()).toBe('{"a":{"c":2},"x":0}')
})

test('the account of a person tells what a server lists, and is never asked what the server says of itself', () => {
  const care = new ServerCare({
    links: new ScriptedLinks(),
    wheel: new Wheel(new ManualClock()),
    clock: new ManualClock(),
    snapshot: () => {
      throw new Error('nothing of it is needed')
    },
  })
  const entry = { settings: { id: 'mail', credential: { mode: 'user' } } } as ToolServerEntry
  const headers = [['authorization', 'Bearer of-ana']] as const
  care.lend(entry, { credentials: () => headers, challenged: async () => headers })
  expect(care.speakerOf(entry).credentials()).toEqual(headers)
  expect(care.greeterOf(entry)).toBeNull()
})
