/**
 * Whoever asks about work of somebody else, by whatever method, dialect and id, is answered as if it had never been: the
 * same bytes, nothing for the agent to hear, and a record that names the refusal.
 */
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DialectName } from '../../src/domain/call.ts'
import { versionOf } from '../../src/protocol/a2a/methods.ts'
import { say } from '../support/caller.ts'
import { ledgerOf } from '../support/ledger-entries.ts'
import { policyOpen } from '../support/loop.ts'
import { type ScriptedAgent, startScriptedAgent } from '../support/scripted-agent.ts'
import { dialects, type WayToName, waysToName, writeList, writeQuestion } from '../support/task-asker.ts'
import { apiKey, keyOf, startWeir, type Weir } from '../support/weir.ts'

let weir: Weir
let agent: ScriptedAgent
let tasks = 0
/** Tasks by who started them: alice at the root of a run, middle in a run of console, mallory and bob themselves. */
const started = { root: '', deep: '', twin: '', mallory: '', bob: '' }
const contexts: Record<string, string> = {}
/** What the owner of `deep` and its ancestor show. */
const inRun = { token: '', run: '' }

/** Works for ever on what it is sent; knows everybody's tasks, as agents behind a gateway do. */
const script: Parameters<typeof startScriptedAgent>[0] = ({ method, params, id }, response) => {
  const state = method === 'CancelTask' ? 'TASK_STATE_CANCELED' : 'TASK_STATE_WORKING'
  if (method === 'GetTask' || method === 'CancelTask') return { id: params['id'], contextId: 'c', status: { state } }
  const { taskId, contextId } = (params['message'] ?? {}) as Readonly<Record<string, string | undefined>>
  const named = method === 'SubscribeToTask' ? params['id'] : taskId
  if (named === undefined) tasks += 1
  const task = { id: named ?? `task-${tasks}`, contextId: contextId ?? `context-${tasks}`, status: { state } }
  if (method === 'SendMessage') return { task }
  const done = {
    statusUpdate: { taskId: task.id, contextId: task.contextId, status: { state: 'TASK_STATE_INPUT_REQUIRED' } },
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const result of [{ task }, done]) response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`)
  response.end()
  return undefined
}

interface Answer {
  readonly status: number
  /** Status, headers and body without what differs from call to call. */
  readonly bytes: string
}

interface Asker {
  readonly key: string
  readonly headers?: Readonly<Record<string, string>>
}

/** By hand, so that no client tidies up a path. */
function ask(
  asker: Asker,
  dialect: DialectName,
  written: ReturnType<typeof writeQuestion>,
  to = 'helper',
): Promise<Answer> {
  const { method, path, body } = written
  const headers = {
    authorization: `Bearer ${keyOf(asker.key)}`,
    'a2a-version': versionOf(dialect),
    ...(body === null ? {} : { 'content-type': 'application/json' }),
    ...asker.headers,
  }
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const { hostname, port } = new URL(weir.url)
  const sending = request({ hostname, port, path: `/a2a/${to}${path}`, method, headers }, (answer) => {
    const chunks: Buffer[] = []
    answer.on('data', (chunk: Buffer) => chunks.push(chunk))
    answer.on('end', () => {
      const names = Object.entries(answer.headers).filter(([name]) => name !== 'date')
      const text = JSON.stringify([answer.statusCode, names, Buffer.concat(chunks).toString()])
      resolve({ status: answer.statusCode ?? 0, bytes: text.replaceAll(/hop_[0-9a-f]{16}|run_[0-9a-f]{32}/g, '<id>') })
    })
  })
  sending.on('error', reject)
  sending.end(body ?? undefined)
  return promise
}

function about(asker: Asker, dialect: DialectName, way: WayToName, id: unknown): Promise<Answer> {
  return ask(asker, dialect, writeQuestion({ dialect, way, id }))
}

async function start(from: string, to: string, headers: Readonly<Record<string, string>> = {}) {
  const said = await say(weir, { from, to, headers })
  const { task } = said.body.result as { readonly task: { readonly id: string; readonly contextId: string } }
  contexts[task.id] = task.contextId
  return { id: task.id, run: said.headers.get('weir-run-id') ?? '' }
}

beforeAll(async () => {
  agent = await startScriptedAgent(script)
  const bob = { ...apiKey('bob', 'bob'), agent: 'alice' }
  weir = await startWeir({
    gateway: { outside: { allow: ['127.0.0.1'] } },
    identity: {
      api_keys: [
        apiKey('console', 'carla'),
        apiKey('alice', 'alice'),
        bob,
        apiKey('mallory', 'mallory'),
        apiKey('middle'),
      ],
    },
    agents: {
      console: { may_start_runs: true },
      alice: { may_start_runs: true },
      middle: { url: agent.url },
      mallory: { may_start_runs: true },
      helper: { url: agent.url },
      twin: { url: agent.url },
    },
    policy: { dir: policyOpen },
  })
  started.root = (await start('alice', 'helper')).id
  started.bob = (await start('bob', 'helper')).id
  started.mallory = (await start('mallory', 'helper')).id
  started.twin = (await start('mallory', 'twin')).id
  inRun.run = (await start('console', 'middle')).run
  inRun.token = String(agent.asked.at(-1)?.headers['txn-token'])
  started.deep = (await start('middle', 'helper', { 'txn-token': inRun.token })).id
})

afterAll(async () => {
  await weir.stop()
  await agent.stop()
})

/** Ids that nobody may touch, mallory and bob alike. */
const foreign = (): readonly string[] => [started.root, started.deep, started.twin]
const odd = [
  '__proto__',
  'constructor',
  'Aufgabe é ☃ 😀',
  'a/b',
  'a%2Fb',
  '..%2f',
  'x'.repeat(256),
  'a\nb',
  "' OR 1=1 --",
  ' ',
]
const malformed = ['x'.repeat(257), 'x'.repeat(100_000), 7, null, true, ['task-1'], { id: 'task-1' }, '\ud800', '..']
const strangers = [
  ['another agent', 'mallory'],
  ['the same agent for another person', 'bob'],
] as const

describe.each(strangers)('%s', (_who, key) => {
  test.each(dialects)(
    'learns nothing over %s: foreign, missing and strange ids are answered alike',
    async (dialect) => {
      const heard = agent.asked.length
      for (const way of waysToName) {
        // A conversation nobody has is one's own to begin, so a foreign one is compared with a foreign task.
        const missing = await about(
          { key },
          dialect,
          way.replace('contextId', 'taskId') as WayToName,
          'task-nobody-has',
        )
        expect(missing.bytes, way).toMatch(/-32001|TASK_NOT_FOUND|There is no such task/)
        // The edge reads paths in one spelling only, whoever asks for whatever.
        const strange = odd.filter((id) => !dialect.endsWith('rest') || way.includes(' ') || !/[/%\n]/.test(id))
        const conversations = [started.root, started.deep].map((id) => contexts[id])
        const ids = way.endsWith('contextId') ? conversations : [...foreign(), ...strange]
        for (const id of ids) expect((await about({ key }, dialect, way, id)).bytes, `${way} ${id}`).toBe(missing.bytes)
      }
      expect(agent.asked).toHaveLength(heard)
    },
  )

  test.each(dialects)(
    'is told over %s what is wrong with an id that can be none, and no agent hears of it',
    async (dialect) => {
      const heard = agent.asked.length
      const rest = dialect.endsWith('rest')
      for (const way of waysToName.filter((one) => !one.endsWith('Id') || one.endsWith('taskId')))
        for (const id of malformed) {
          // Null is absent in ProtoJSON: a message without a task is one that begins another.
          if (way.includes(' ') ? id === null : rest && !(typeof id === 'string' && id.isWellFormed())) continue
          const answer = await about({ key }, dialect, way, id)
          expect([200, 400, 404, 413, 414, 431], `${way} ${JSON.stringify(id).slice(0, 20)}`).toContain(answer.status)
          expect(answer.bytes).not.toMatch(/"result"|\\"task\\"/)
        }
      expect(agent.asked.slice(heard)).toEqual([])
    },
  )

  test.each(dialects)('lists over %s what is its own and nothing else, whatever it filters by', async (dialect) => {
    const own = key === 'bob' ? started.bob : started.mallory
    const all = (await ask({ key }, dialect, writeList(dialect, {}))).bytes
    expect(all).toContain(own)
    for (const id of [started.root, started.deep, key === 'bob' ? started.mallory : started.bob])
      expect(all).not.toContain(`"${id}\\"`)
    const nothing = (await ask({ key }, dialect, writeList(dialect, { contextId: 'context-nobody-has' }))).bytes
    for (const id of [started.root, started.deep]) {
      const filtered = (await ask({ key }, dialect, writeList(dialect, { contextId: contexts[id] ?? '' }))).bytes
      expect(filtered).toBe(nothing)
    }
  })
})

test.each(dialects)('the owner may do all of it over %s, so the matrix asks what can be answered', async (dialect) => {
  for (const way of waysToName.filter((one) => one !== 'cancel')) {
    const id = way.endsWith('contextId') ? contexts[started.root] : started.root
    const answer = await about({ key: 'alice' }, dialect, way, id)
    expect(answer.bytes, way).not.toMatch(/error/i)
    expect([200, 201, 204], way).toContain(answer.status)
  }
})

test.each(dialects)('an ancestor in the run may look over %s, within that run only', async (dialect) => {
  const within = { key: 'console', headers: { 'weir-run-id': inRun.run } }
  for (const way of ['get', 'subscribe', 'push_list'] as const) {
    expect((await about(within, dialect, way, started.deep)).bytes, way).not.toMatch(/error/i)
    for (const other of [
      { key: 'console' },
      { key: 'bob', headers: within.headers },
      { key: 'mallory', headers: within.headers },
    ])
      expect((await about(other, dialect, way, started.deep)).bytes).toBe(
        (await about(other, dialect, way, 'task-nobody-has')).bytes,
      )
  }
})

test('cursors of others, and those somebody has changed, are no cursors', async () => {
  for (let n = 0; n < 3; n += 1) await start('mallory', 'helper')
  const page = await ask({ key: 'mallory' }, 'a2a-1.0-jsonrpc', writeList('a2a-1.0-jsonrpc', { pageSize: 1 } as never))
  const [, cursor = ''] = /nextPageToken\\":\\"([^"\\]+)/.exec(page.bytes) ?? []
  expect(cursor).not.toBe('')
  const turned = Array.from(
    cursor,
    (_, at) => cursor.slice(0, at) + (cursor[at] === 'A' ? 'B' : 'A') + cursor.slice(at + 1),
  )
  const tried = [['bob', cursor], ['alice', cursor], ...turned.slice(0, -1).map((one) => ['mallory', one])] as const
  for (const [key = '', pageToken = ''] of tried) {
    const answer = await ask({ key }, 'a2a-1.0-jsonrpc', writeList('a2a-1.0-jsonrpc', { pageToken }))
    expect(answer.bytes).toContain('-32602')
  }
  const rest = await ask({ key: 'bob' }, 'a2a-1.0-rest', writeList('a2a-1.0-rest', { pageToken: cursor }))
  expect(rest.status).toBe(400)
})

test('the record of every question of a stranger names why it was refused', async () => {
  const before = (await ledgerOf(weir)).length
  for (const dialect of dialects)
    for (const way of waysToName.filter((one) => !one.includes('contextId')))
      await about({ key: 'mallory' }, dialect, way, started.root)
  const entries = (await ledgerOf(weir)).slice(before).filter((entry) => entry.kind === 'call')
  expect(entries).toHaveLength(dialects.length * (waysToName.length - 2))
  for (const { agent: who, decision, rule, outcome } of entries)
    expect({ who, decision, rule, status: outcome.status }).toEqual({
      who: 'agent:mallory',
      decision: 'deny',
      rule: 'task.owner',
      status: 'refused',
    })
})
