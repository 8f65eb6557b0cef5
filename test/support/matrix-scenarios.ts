/** What every client of the matrix does with every agent, and what it must see: the rows of the published table. */
import { expect } from 'vitest'
import { all, errorOf, freshWord, type Pair, type Scenario, taskIn, told, until } from './matrix-pair.ts'
import { pushScenarios } from './matrix-push.ts'
import type { PlainPart } from './matrix-script.ts'
import { textsOf, type View } from './matrix-view.ts'

const sent: readonly PlainPart[] = [
  { bytes: 'aGVsbG8gd29ybGQ=', mediaType: 'application/octet-stream', name: 'hello.bin' },
  { url: 'https://example.com/a.png', mediaType: 'image/png', name: 'a.png' },
  { data: { price: 4.5, deep: { list: [1, null, 'x'] } } },
  { data: 42 },
]

/** What is left of the parts that were sent behind what the SDK of either side loses. */
function keptBy({ clientKind, agentKind }: Pair): readonly unknown[] {
  if (!clientKind.protobuf03 && !agentKind.protobuf03) return sent
  return sent.map((part) => {
    if ('name' in part) return { ...part, name: '' }
    return 'data' in part && typeof part.data !== 'object' ? { data: { value: part.data } } : part
  })
}

/** Begins a task that goes on until its gate opens, and reads its stream up to the first artifact. */
async function heldTask({ client }: Pair, word: string) {
  const stream = client.stream({ text: `hold ${word}` })
  const seen: View[] = []
  while (!told(seen).text.includes('before')) {
    const next = await stream.next()
    if (next.done) throw new Error(`the stream ended: ${JSON.stringify(seen)}`)
    seen.push(next.value)
  }
  return { id: told(seen).id, seen, stream }
}

const calls: Readonly<Record<string, Scenario>> = {
  'a message is answered with a message': async ({ client, agentKind }) => {
    const view = await client.send({ text: 'say hello' })
    // An agent like FastA2A knows tasks only.
    if (!agentKind.lively) expect(textsOf(taskIn(view))).toBe('said: say hello')
    else expect(view).toMatchObject({ kind: 'message', parts: [{ text: 'said: say hello' }] })
  },
  'a message is answered with a message in a stream': async ({ client, agentKind }) => {
    const events = await all(client.stream({ text: 'say hello' }))
    if (!agentKind.lively) expect(told(events).text).toBe('said: say hello')
    else expect(events).toMatchObject([{ kind: 'message', parts: [{ text: 'said: say hello' }] }])
  },
  'a task is waited for, with its artifact': async ({ client }) => {
    const task = taskIn(await client.send({ text: 'work' }))
    expect([task.state, textsOf(task)]).toEqual(['completed', 'chunk0 chunk1 '])
    expect(await client.get(task.id)).toMatchObject({ id: task.id, contextId: task.contextId, state: 'completed' })
    expect(await client.get(task.id, 0)).toMatchObject({ history: 0 })
  },
  'a task is streamed to its end': async ({ client, agentKind, clientKind }) => {
    const events = await all(client.stream({ text: 'work' }))
    expect(events[0]?.kind).toBe('task')
    const { states, text } = told(events, clientKind.protobuf03)
    expect([states.at(-1), text]).toEqual(['completed', 'chunk0 chunk1 '])
    if (agentKind.lively) expect(states).toEqual(['working', 'completed'])
    if (agentKind.lively) expect(events.filter(({ kind }) => kind === 'artifact')).toHaveLength(2)
  },
  'a task that fails says why': async ({ client }) => {
    expect(await client.send({ text: 'fail' })).toMatchObject({ state: 'failed', said: 'out of copper' })
    expect(await all(client.stream({ text: 'fail' }))).toContainEqual(
      expect.objectContaining({ state: 'failed', said: 'out of copper' }),
    )
  },
  'an agent that breaks leaves a task that failed': async ({ client, clientKind, agentKind }) => {
    // The servers of the SDKs put the words of the exception into the task; what an agent says in a task is its own.
    const said = agentKind.lively ? { said: 'Agent execution error: kaboom: no agent plays boom' } : {}
    expect(await client.send({ text: 'boom' })).toMatchObject({ kind: 'task', state: 'failed', ...said })
    const events = await all(client.stream({ text: 'boom' }))
    expect(told(events).states.at(-1)).toBe('failed')
    // Servers of 0.3 begin with the status here, and streams of 1.0 with the task.
    if (clientKind.speaks === '1.0') expect(events[0]?.kind).toBe('task')
  },
  'a task asks, and goes on with the answer': async ({ client }) => {
    const asks = taskIn(await client.send({ text: 'ask' }))
    expect(asks).toMatchObject({ state: 'input-required', said: 'which one?' })
    const { id: taskId, contextId } = asks
    const done = taskIn(await client.send({ text: 'ask the red one', taskId, contextId }))
    expect([done.id, done.state, textsOf(done)]).toEqual([taskId, 'completed', 'you said: ask the red one'])
  },
  'a task asks in a stream that ends there, and goes on with the answer': async ({ client }) => {
    const asks = told(await all(client.stream({ text: 'ask' })))
    expect(asks.states.at(-1)).toBe('input-required')
    const done = told(await all(client.stream({ text: 'ask the blue one', taskId: asks.id })))
    expect([done.id, done.states.at(-1), done.text]).toEqual([asks.id, 'completed', 'you said: ask the blue one'])
  },
  'a task that runs is cancelled': async (pair) => {
    const { id, stream } = await heldTask(pair, freshWord())
    expect(await pair.second.cancel(id)).toMatchObject({ id, state: 'canceled' })
    expect(told(await all(stream)).states.at(-1)).toBe('canceled')
    expect(await pair.client.get(id)).toMatchObject({ state: 'canceled' })
  },
  'a second client follows a task that runs': async (pair) => {
    const word = freshWord()
    const { id, seen, stream } = await heldTask(pair, word)
    const joined = pair.second.subscribe(id)
    const first = (await joined.next()).value as View
    expect(first).toMatchObject({ kind: 'task', id, state: 'working' })
    pair.gates.gate(word).resolve()
    const [one, two] = await Promise.all([all(stream), all(joined)])
    for (const events of [
      [...seen, ...one],
      [first, ...two],
    ])
      expect(told(events, pair.clientKind.protobuf03)).toMatchObject({ id, text: 'before after ' })
    expect([told(one).states.at(-1), told(two).states.at(-1)]).toEqual(['completed', 'completed'])
  },
  'a task is not waited for, and asked about until it is over': async ({ client }) => {
    const { id, state } = taskIn(await client.send({ text: 'slow', blocking: false }))
    expect(['submitted', 'working']).toContain(state)
    const done = await until(
      () => client.get(id),
      (task) => task.state === 'completed',
    )
    expect(textsOf(done)).toBe('at last')
  },
  'files, links and data go there and back': async (pair) => {
    const task = taskIn(await pair.client.send({ text: 'parts', parts: sent }))
    expect(task.artifacts.flatMap(({ parts }) => parts)).toEqual(keptBy(pair))
  },
  'files, links and data go there and back in a stream': async (pair) => {
    const events = await all(pair.client.stream({ text: 'parts', parts: sent }))
    expect(events.flatMap((event) => (event.kind === 'artifact' ? event.parts : []))).toEqual(keptBy(pair))
  },
  'tasks are listed, those of one conversation alone': async ({ client, base, fetch: asCaller }) => {
    const { id, contextId } = taskIn(await client.send({ text: 'work' }))
    await client.send({ text: 'work' })
    if (client.list) {
      expect(await client.list(contextId)).toMatchObject([{ id, state: 'completed' }])
      return
    }
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ListTasks', params: { contextId } })
    const headers = { 'content-type': 'application/json', 'a2a-version': '1.0' }
    const answer = await asCaller(base, { method: 'POST', headers, body })
    expect(await answer.json()).toMatchObject({
      result: { tasks: [{ id, status: { state: 'TASK_STATE_COMPLETED' } }], nextPageToken: '', totalSize: 1 },
    })
  },
  'the extended card is shown': async ({ client, agentKind }) => {
    expect(await client.extendedCard()).toMatchObject({ name: agentKind.slug })
  },
  'errors keep their kind and their sentence': async ({ client }) => {
    const unknown = [
      client.get('no-such-task'),
      client.cancel('no-such-task'),
      all(client.subscribe('no-such-task')),
      client.send({ text: 'work', taskId: 'no-such-task' }),
      all(client.stream({ text: 'work', taskId: 'no-such-task' })),
      client.getPush('no-such-task', 'c1'),
    ]
    for (const error of await Promise.all(unknown.map(errorOf))) expect(kindOf(error)).toMatch(/TaskNotFound|-32001/)
    const { id } = taskIn(await client.send({ text: 'work' }))
    expect(kindOf(await errorOf(client.cancel(id)))).toContain('TaskNotCancelable')
    expect(kindOf(await errorOf(all(client.subscribe(id))))).toMatch(/UnsupportedOperation|-32004/)
  },
}

/** The class of an error, and its words: in a stream over JSON-RPC the SDKs have no class for it, but say the code. */
function kindOf(error: Error): string {
  return `${error.constructor.name} ${error.name}: ${error.message}`
}

export const scenarios: Readonly<Record<string, Scenario>> = { ...calls, ...pushScenarios }
