/** Agents of the five frameworks behind Weir, called with the official clients as they ship: each is an A2A agent like any other. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { configFor, frameworkNames, type Frameworks, startFrameworks, words } from '../support/frameworks.ts'
import { shownIn, watched } from '../support/shown.ts'
import { type StockClient, stockKinds } from '../support/stock-clients.ts'
import { ledgerOf } from '../support/ledger-entries.ts'
import { startWeir, type Weir } from '../support/weir.ts'

let frameworks: Frameworks
let weir: Weir

beforeAll(async () => {
  frameworks = await startFrameworks()
  weir = await startWeir(configFor(frameworks))
})

afterAll(async () => {
  await weir.stop()
  await frameworks.stop()
})

/** Under way. */
const under = ['TASK_STATE_SUBMITTED', 'TASK_STATE_WORKING']

const cases = frameworkNames.flatMap((name) => stockKinds.map((kind) => ({ name, kind, client: kind.name })))

describe.each(cases)('$name with $client', ({ name, kind }) => {
  const word = words[name]
  let client: StockClient
  let second: StockClient

  beforeAll(async () => {
    const base = `${weir.url}/a2a/${name}/`
    client = await kind.connect(base, 'orchestrator')
    second = await kind.connect(base, 'orchestrator')
  })

  test('a message is answered with a task that is done, and can be asked about', async () => {
    const task = shownIn(await client.send('hello'))
    expect(task).toMatchObject({ state: 'TASK_STATE_COMPLETED', text: word.first })
    const again = shownIn(await second.get(task.taskId))
    expect(again).toMatchObject({ taskId: task.taskId, state: 'TASK_STATE_COMPLETED', text: word.first })
    const listed = await client.list?.(task.contextId)
    if (listed) expect(listed.map(shownIn)).toMatchObject([{ taskId: task.taskId, text: word.first }])
  })

  test('a stream tells the task, what it makes, and its end', async () => {
    const { events, whole } = watched(client.stream('hello'))
    const seen = await whole
    expect(Object.keys(events[0] ?? {})).toEqual(['task'])
    expect(seen.text).toBe(word.first)
    expect(seen.states.at(-1)).toBe('TASK_STATE_COMPLETED')
    expect(shownIn(await client.get(seen.taskId))).toMatchObject({ state: 'TASK_STATE_COMPLETED', text: word.first })
  })

  test('a conversation goes on', async () => {
    const first = shownIn(await client.send('hello'))
    const later = shownIn(await client.send('hello', { contextId: first.contextId }))
    expect(later).toMatchObject({ state: 'TASK_STATE_COMPLETED', contextId: first.contextId, text: word.second })
    expect(later.taskId).not.toBe(first.taskId)
  })

  test.each(['send', 'stream'] as const)(
    'a question is asked and its task goes on with the answer, %s',
    async (way) => {
      const say = async (text: string, taskId?: string) => {
        const wording = taskId === undefined ? {} : { taskId }
        if (way === 'send') return shownIn(await client.send(text, wording))
        return await watched(client.stream(text, wording)).whole
      }
      const asked = await say(word.ask)
      expect(asked.state).toBe('TASK_STATE_INPUT_REQUIRED')
      expect(asked.all).toContain(word.question)
      expect(shownIn(await client.get(asked.taskId)).state).toBe('TASK_STATE_INPUT_REQUIRED')
      const done = await say(word.reply, asked.taskId)
      expect(done).toMatchObject({ taskId: asked.taskId, contextId: asked.contextId, state: 'TASK_STATE_COMPLETED' })
      expect(done.text).toContain(word.resumed)
      expect(shownIn(await client.get(asked.taskId)).state).toBe('TASK_STATE_COMPLETED')
    },
  )

  test('a question that is given up is over', async () => {
    const asked = shownIn(await client.send(word.ask))
    expect(shownIn(await client.cancel(asked.taskId)).state).toBe('TASK_STATE_CANCELED')
    expect(shownIn(await second.get(asked.taskId)).state).toBe('TASK_STATE_CANCELED')
    await expect(client.send(word.reply, { taskId: asked.taskId })).rejects.toThrow()
    expect(shownIn(await second.get(asked.taskId)).state).toBe('TASK_STATE_CANCELED')
    const done = shownIn(await client.send('hello', { contextId: asked.contextId }))
    expect(done).toMatchObject({ state: 'TASK_STATE_COMPLETED', contextId: asked.contextId })
  })

  test('a task under way is asked about, followed by a second client, and cancelled', async () => {
    const stream = watched(client.stream(word.hold))
    const { taskId } = await stream.until(({ state }) => state === 'TASK_STATE_WORKING')
    // A server may say that a run waits for a worker while its stream has begun.
    expect(under).toContain(shownIn(await second.get(taskId)).state)
    const follower = watched(second.subscribe(taskId))
    expect((await follower.until(({ state }) => state === 'TASK_STATE_WORKING')).taskId).toBe(taskId)
    expect(shownIn(await second.cancel(taskId)).taskId).toBe(taskId)
    expect((await stream.whole).state).toBe('TASK_STATE_CANCELED')
    expect((await follower.whole).state).toBe('TASK_STATE_CANCELED')
    expect(shownIn(await second.get(taskId)).state).toBe('TASK_STATE_CANCELED')
    await expect(second.cancel(taskId)).rejects.toThrow()
  })

  test('a caller that does not wait finds its task again', async () => {
    const begun = shownIn(await client.send(word.slow, { immediately: true }))
    expect(under).toContain(begun.state)
    await expect
      .poll(async () => shownIn(await second.get(begun.taskId)).state, { timeout: 20_000 })
      .toBe('TASK_STATE_COMPLETED')
    expect(shownIn(await second.get(begun.taskId)).text).not.toBe('')
  })

  test.each(['send', 'stream'] as const)('what an agent fails with is for operators alone, %s', async (way) => {
    const failed =
      way === 'send' ? shownIn(await client.send(word.fail)) : await watched(client.stream(word.fail)).whole
    expect(failed.state).toBe('TASK_STATE_FAILED')
    const later = shownIn(await client.get(failed.taskId))
    expect(later.state).toBe('TASK_STATE_FAILED')
    for (const told of [failed.all, later.all]) expect(told).not.toMatch(/Traceback|kaboom|srv/)
    if (word.secret === null) return
    const entries = await ledgerOf(weir)
    const record = entries.find((entry) => entry.kind === 'call' && entry.outcome.task === failed.taskId)
    if (word.secret !== null) expect(JSON.stringify(record)).toContain(word.secret)
  })
})

test.each(['foundry', 'vertex'] as const)('%s is told neither who the person is nor given a token of ours', (name) => {
  const { asked } = frameworks[name]
  expect(asked.length).toBeGreaterThan(0)
  for (const { headers, body } of asked) {
    expect(headers).not.toHaveProperty('txn-token')
    expect(headers.authorization).toBe('Bearer operator-secret')
    expect(JSON.stringify([headers, body])).not.toMatch(/tomas|lindqvist/i)
  }
})

test('one person is one user of Agent Engine, by a pseudonym', () => {
  const users = new Set(frameworks.vertex.users)
  expect(users.size).toBe(1)
  expect([...users][0]).toMatch(/^[0-9a-f]{64}$/)
})
