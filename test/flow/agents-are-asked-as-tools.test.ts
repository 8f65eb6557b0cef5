/** Agents for clients that speak nothing but MCP: `/mcp/_agents`, with the official clients of both generations. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunView } from '../support/admin-views.ts'
import { completedTask, ownClient, startAskedAgents, taskIn, type OwnClient } from '../support/agents-as-tools.ts'
import { generations } from '../support/mcp-weir.ts'
import { until } from '../support/relay.ts'
import { startWeir, type Weir } from '../support/weir.ts'

const path = '/mcp/_agents'
/** What the agents in the circle were told by their own calls. */
const inCircle: string[] = []
const asked = await startAskedAgents({
  helper: () => completedTask('forty-two'),
  vault: () => completedTask('gold'),
  clerk: ({ params }) => {
    const { taskId } = params['message'] as { taskId?: string }
    return taskId === undefined
      ? taskIn('TASK_STATE_INPUT_REQUIRED', 'Which account?')
      : taskIn('TASK_STATE_COMPLETED', 'Paid')
  },
  broken: () => taskIn('TASK_STATE_FAILED', 'No disk left', 'task-2'),
  talker: () => ({
    message: { messageId: 'm', role: 'ROLE_AGENT', contextId: 'c-2', parts: [{ text: 'just words' }] },
  }),
  painter: () => ({
    task: {
      id: 'task-3',
      contextId: 'c-3',
      status: { state: 'TASK_STATE_COMPLETED' },
      artifacts: [
        {
          artifactId: 'a',
          parts: [
            { text: 'two files' },
            { url: 'https://files.test/a.pdf', filename: 'a.pdf', mediaType: 'application/pdf' },
            { raw: 'aGk=', filename: 'b.bin', mediaType: 'application/octet-stream' },
            { data: { rows: 2 } },
          ],
        },
      ],
    },
  }),
  circle: async ({ headers }) => {
    const forwarded = { 'txn-token': String(headers['txn-token']) }
    await using client = await ownClient(weir, 'circle', { path, headers: forwarded })
    const heard = await client.call('ask_circle', { message: 'once more' })
    inCircle.push(heard.text)
    return completedTask('went round')
  },
})
let weir: Weir
beforeAll(async () => {
  weir = await startWeir(asked.config({ limits: { run: { laps_max: 1, cost_micros_max: 1_000_000 } } }))
})
afterAll(async () => {
  await weir.stop()
  await asked[Symbol.asyncDispose]()
})

const runs = async (): Promise<readonly RunView[]> => (await weir.ask<{ runs: RunView[] }>('/api/v1/runs')).runs
const names = async (client: OwnClient): Promise<readonly string[]> => (await client.tools()).map(({ name }) => name)

describe.each(generations)('with a client of %s', (generation) => {
  const at = { path, generation }

  test('everybody sees the agents that they may invoke, and no other', async () => {
    await using alice = await ownClient(weir, 'alice', at)
    await using carol = await ownClient(weir, 'carol', at)
    const shared = ['ask_broken', 'ask_circle', 'ask_clerk', 'ask_helper', 'ask_painter', 'ask_talker']
    expect(await names(alice)).toEqual(shared)
    expect(await names(carol)).toEqual([...shared, 'ask_vault'])
    const [first] = await alice.tools()
    expect(first?.description).toContain('The broken agent.')
  })

  test('an agent answers as a tool, and its call is one hop of one run', async () => {
    await using alice = await ownClient(weir, 'alice', at)
    const before = (await runs()).length
    const said = await alice.call('ask_helper', { message: 'What is it?' })
    expect(said).toMatchObject({
      isError: false,
      text: 'forty-two',
      structured: { state: 'completed', context_id: 'c1' },
    })
    const after = await runs()
    expect(after.length).toBe(before + 1)
    const newest = after.toSorted((a, b) => (a.id < b.id ? -1 : 1)).at(-1)
    expect(newest).toMatchObject({ calls: 1, spent: { cost_micros: 1000, tokens: 10 } })
  })

  test('an agent that asks back gets its answer by the handle', async () => {
    await using alice = await ownClient(weir, 'alice', at)
    const asks = await alice.call('ask_clerk', { message: 'Pay it' })
    expect(asks).toMatchObject({ isError: false, text: 'Which account?', structured: { state: 'input_required' } })
    const { task_id, context_id } = asks.structured ?? {}
    const done = await alice.call('ask_clerk', { message: 'The second', task_id, context_id })
    expect(done).toMatchObject({ text: 'Paid', structured: { state: 'completed', task_id } })
  })

  test('a failed task is an error that the model reads, in the promised form', async () => {
    await using alice = await ownClient(weir, 'alice', at)
    const said = await alice.call('ask_broken', { message: 'Work' })
    expect(said).toMatchObject({ isError: true, text: 'No disk left', structured: { state: 'failed' } })
  })

  test('words without a task are an answer', async () => {
    await using alice = await ownClient(weir, 'alice', at)
    const said = await alice.call('ask_talker', { message: 'Hello' })
    expect(said).toMatchObject({ text: 'just words', structured: { state: 'completed', context_id: 'c-2' } })
  })

  test('files come as resources', async () => {
    await using alice = await ownClient(weir, 'alice', at)
    const { content } = await alice.call('ask_painter', { message: 'Paint' })
    expect(content).toMatchObject([
      { type: 'text', text: 'two files' },
      { type: 'resource_link', uri: 'https://files.test/a.pdf', name: 'a.pdf', mimeType: 'application/pdf' },
      { type: 'resource', resource: { blob: 'aGk=', mimeType: 'application/octet-stream' } },
      { type: 'text', text: '{"rows":2}' },
    ])
  })

  test('an agent that may not be seen answers like a tool that does not exist', async () => {
    await using alice = await ownClient(weir, 'alice', at)
    const errorOf = async (name: string): Promise<string> =>
      alice.call(name, { message: 'x' }).then(
        () => 'it answered',
        (error: unknown) => (error instanceof Error ? error.message : '').replace(/hop_[0-9a-f]+/, 'hop'),
      )
    const [hidden, missing] = [await errorOf('ask_vault'), await errorOf('ask_nobody')]
    expect(hidden).toContain('not_found')
    expect(hidden).toBe(missing)
  })

  test('arguments that do not fit are told to the model, and nothing is called', async () => {
    await using alice = await ownClient(weir, 'alice', at)
    const before = asked.agents['helper']?.asked.length
    expect(await alice.call('ask_helper', {})).toMatchObject({ isError: true, structured: undefined })
    expect(asked.agents['helper']?.asked.length).toBe(before)
  })

  test('a loop through tools is cut, and the model reads the sentence', async () => {
    await using alice = await ownClient(weir, 'alice', at)
    inCircle.splice(0)
    const said = await alice.call('ask_circle', { message: 'Go' })
    await until(() => inCircle.some((text) => text.includes('[weir:loop_detected]')))
    expect(said).toMatchObject({ isError: true, structured: undefined })
    expect(said.text).toContain('[weir:run_halted]')
  })
})
