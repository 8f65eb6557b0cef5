/** The ids of tasks and conversations are names and not keys: whoever learns one of another's can do nothing with it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Party } from '../../src/domain/task.ts'
import { callHeaders, type Said, sendMessage } from '../support/caller.ts'
import { agentId } from '../support/hop.ts'
import { policyOpen } from '../support/loop.ts'
import { type ScriptedAgent, startScriptedAgent } from '../support/scripted-agent.ts'
import { MemoryPaper, naming, taskRow, tasksOn } from '../support/tasks.ts'
import { person } from '../support/token-endpoint.ts'
import { apiKey, keyOf, startWeir, type Weir } from '../support/weir.ts'

let weir: Weir
let agent: ScriptedAgent
let chatter: ScriptedAgent
let tasks = 0

/** Names a new task and conversation, or goes on with those it is asked about. */
const script: Parameters<typeof startScriptedAgent>[0] = ({ params }) => {
  const { taskId, contextId } = params['message'] as { readonly taskId?: string; readonly contextId?: string }
  tasks += 1
  const status = { state: 'TASK_STATE_INPUT_REQUIRED' }
  return { task: { id: taskId ?? `task-${tasks}`, contextId: contextId ?? `context-${tasks}`, status } }
}

beforeAll(async () => {
  agent = await startScriptedAgent(script)
  chatter = await startScriptedAgent(({ id }) => ({
    message: {
      messageId: `m-${String(id)}`,
      contextId: 'named-in-a-message',
      role: 'ROLE_AGENT',
      parts: [{ text: 'hi' }],
    },
  }))
  const keys = [apiKey('alice', 'alice'), { ...apiKey('other', 'bob'), agent: 'alice' }, apiKey('mallory', 'mallory')]
  weir = await startWeir({
    identity: { api_keys: keys },
    agents: {
      alice: { may_start_runs: true },
      mallory: { may_start_runs: true },
      helper: { url: agent.url },
      twin: { url: agent.url },
      chatter: { url: chatter.url },
    },
    policy: { dir: policyOpen },
  })
})

afterAll(async () => {
  await weir.stop()
  await agent.stop()
  await chatter.stop()
})

interface Names {
  readonly taskId?: string
  readonly contextId?: string
}

async function send(from: string, names: Names = {}, to = 'helper', method = 'SendMessage'): Promise<Said['body']> {
  const body = sendMessage('hello')
    .replace(
      '"messageId"',
      `${JSON.stringify(names).slice(1, -1)}${Object.keys(names).length > 0 ? ',' : ''}"messageId"`,
    )
    .replace('SendMessage', method)
  const headers = {
    ...callHeaders(from),
    authorization: `Bearer ${keyOf(from)}`,
    'a2a-version': method.includes('/') ? '0.3' : '1.0',
  }
  const answer = await fetch(`${weir.url}/a2a/${to}/`, { method: 'POST', headers, body })
  const text = await answer.text()
  return JSON.parse(text.replace(/^data: /, '')) as Said['body']
}

async function taskOf(from: string): Promise<Required<Names>> {
  const { task } = (await send(from)).result as { readonly task: { readonly id: string; readonly contextId: string } }
  return { taskId: task.id, contextId: task.contextId }
}

const bare = (body: unknown): string => JSON.stringify(body).replaceAll(/hop_[0-9a-f]{16}|run_[0-9a-f]{32}/g, 'id')

describe('threat 25: the task of somebody else', () => {
  test('is answered like one that never was, and its agent hears nothing', async () => {
    const { taskId, contextId } = await taskOf('alice')
    const asked = agent.asked.length
    for (const method of ['SendMessage', 'SendStreamingMessage']) {
      const unknown = await send('mallory', { taskId: 'task-nobody-has' }, 'helper', method)
      expect(unknown).toMatchObject({ error: { code: -32_001 } })
      for (const names of [{ taskId }, { taskId, contextId }, { contextId }, { taskId, contextId: 'own' }])
        expect(bare(await send('mallory', names, 'helper', method))).toBe(bare(unknown))
    }
    expect(agent.asked).toHaveLength(asked)
  })

  test('goes on for whom it was made, in one message after the other', async () => {
    const { taskId, contextId } = await taskOf('alice')
    for (const names of [{ taskId, contextId }, { taskId }, { contextId }])
      expect(await send('alice', names)).toHaveProperty('result')
  })

  test('is not known to the same agent for another person, nor at another target', async () => {
    const { taskId } = await taskOf('alice')
    expect(await send('other', { taskId })).toMatchObject({ error: { code: -32_001 } })
    expect(await send('alice', { taskId }, 'twin')).toMatchObject({ error: { code: -32_001 } })
  })

  test.each([
    'GetTask',
    'CancelTask',
    'SubscribeToTask',
    'ListTasks',
    'tasks/get',
    'tasks/cancel',
    'tasks/resubscribe',
  ])('is not read, cancelled or followed by %s', async (method) => {
    const { taskId } = await taskOf('alice')
    const asked = agent.asked.length
    const version = method.includes('/') ? '0.3' : '1.0'
    const answers = [taskId, 'task-nobody-has'].map(async (id) => {
      const headers = { ...callHeaders('mallory'), 'a2a-version': version }
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { id } })
      return bare(await (await fetch(`${weir.url}/a2a/helper/`, { method: 'POST', headers, body })).text())
    })
    const [known, unknown] = await Promise.all(answers)
    expect(known).toBe(unknown)
    expect(agent.asked).toHaveLength(asked)
  })

  test('nor is a conversation open to others that was named in a message and belongs to no task', async () => {
    const { message } = (await send('alice', {}, 'chatter')).result as { readonly message: Required<Names> }
    expect(await send('mallory', { contextId: message.contextId }, 'chatter')).toMatchObject({
      error: { code: -32_001 },
    })
    expect(await send('alice', { contextId: message.contextId }, 'chatter')).toHaveProperty('result')
  })

  test('is not taken over by a context id that its caller made up first', async () => {
    expect(await send('alice', { contextId: 'made-up-by-alice' })).toHaveProperty('result')
    expect(await send('mallory', { contextId: 'made-up-by-alice' })).toMatchObject({ error: { code: -32_001 } })
    expect(await send('mallory', { contextId: 'made-up-by-mallory' })).toHaveProperty('result')
  })
})

describe('threat 25: what is remembered of conversations', () => {
  const target = agentId('agent:helper')
  const by = (name: string): Party => ({ agent: agentId(`agent:${name}`), person: person(name), run: null })

  test('of one party is not crowded out by a flood of another', async () => {
    const tasks = tasksOn(new MemoryPaper())
    await tasks.put(taskRow('t', by('alice'), { target, contextId: 'c' }))
    tasks.contexts.tell(target, 'c', by('alice'))
    for (let n = 0; n < 20_000; n += 1) tasks.contexts.use(target, `flood-${n}`, by('mallory'))
    expect(tasks.mayName(naming('t', 'c'), by('alice'))).toBeNull()
    expect(tasks.mayName(naming(null, 'c'), by('mallory'))).toBe('context')
    expect(tasks.mayName(naming('t', null), by('mallory'))).toBe('task')
  })

  test('is never mixed up by ids that look like parts of others', async () => {
    const tasks = tasksOn(new MemoryPaper())
    for (const id of ['a\nb', 'agent:helper', 'x'.repeat(2000), '', '__proto__'])
      await tasks.put(taskRow(id, by('alice'), { target, contextId: id }))
    for (const id of ['a', 'b', 'a\nb', 'agent:helper', '__proto__', 'constructor', ''])
      expect(tasks.mayName(naming(id, null), by('mallory'))).toBe('task')
    expect(tasks.mayName(naming('a\nb', null), by('alice'))).toBeNull()
  })
})
