/** The driver of LangGraph against the development server its makers ship. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openLangGraph } from '../../src/relay/drivers/langgraph.ts'
import { DriverTrial, type Heard, stateIn, type Talk, textIn } from '../support/driver-bench.ts'
import { type FrameworkServer, startLangGraph } from '../support/langgraph.ts'

const options = { kind: 'langgraph', assistant_id: 'agent', api_key: null } as const
const usage = { input_tokens: 7, output_tokens: 5, total_tokens: 12 }

let server: FrameworkServer
let trial: DriverTrial

beforeAll(async () => {
  server = await startLangGraph()
  trial = new DriverTrial(server.url, (upstream, bench) => openLangGraph(options, upstream, bench))
})

afterAll(async () => {
  await trial.stop()
  await server.stop()
})

/** The task that was told last. */
function taskIn({
  said,
}: Heard): Readonly<Record<string, unknown>> & { readonly id: string; readonly contextId: string } {
  return said.findLast((event) => 'task' in event)?.['task'] as ReturnType<typeof taskIn>
}

/** What the next message of this task or conversation comes with. */
function after(heard: Heard): Talk & { readonly taskId: string; readonly contextId: string } {
  const { id, contextId } = taskIn(heard)
  return { taskId: id, contextId, known: heard.memo }
}

test('a message is answered with a completed task that holds the answer and its price', async () => {
  const heard = await trial.send('hi').heard
  expect(heard.said).toHaveLength(1)
  expect(stateIn(heard.said[0])).toBe('TASK_STATE_COMPLETED')
  expect(textIn(heard.said)).toBe('echo: hi (n=1)')
  expect(taskIn(heard)['metadata']).toEqual({ 'weir.dev/usage': usage })
})

test('a conversation goes on in one thread, and only new answers are counted', async () => {
  const first = await trial.send('hi', { contextId: 'my talk' }).heard
  const second = await trial.send('again', { contextId: 'my talk', known: { context: first.memo.context } }).heard
  expect(textIn(second.said)).toBe('echo: again (n=3)')
  expect(taskIn(second).id).not.toBe(taskIn(first).id)
  expect(taskIn(second).contextId).toBe('my talk')
  expect(taskIn(second)['metadata']).toEqual({ 'weir.dev/usage': usage })
})

test('the name of a conversation is no id of the server, and leads to its thread without a memory', async () => {
  const first = await trial.send('hi').heard
  const stranger = await trial.send('hi', { contextId: String(first.memo.context?.['thread']) }).heard
  expect(textIn(stranger.said)).toBe('echo: hi (n=1)')
  const forgotten = await trial.send('hi', { contextId: taskIn(first).contextId }).heard
  expect(textIn(forgotten.said)).toBe('echo: hi (n=3)')
})

test('a stream tells the task, the words as they come and how it ended', async () => {
  const { said } = await trial.stream('count').heard
  expect(said.map((event) => Object.keys(event)[0])).toEqual([
    'task',
    'artifactUpdate',
    'artifactUpdate',
    'artifactUpdate',
    'statusUpdate',
  ])
  expect(said.map((event) => stateIn(event)).filter(Boolean)).toEqual(['TASK_STATE_WORKING', 'TASK_STATE_COMPLETED'])
  expect(textIn(said)).toBe('one two three')
})

test('an answer that comes whole is told once', async () => {
  const { said } = await trial.stream('hi').heard
  expect(textIn(said)).toBe('echo: hi (n=1)')
  expect(said.at(-1)).toMatchObject({ statusUpdate: { metadata: { 'weir.dev/usage': usage } } })
})

test.each(['send', 'stream'] as const)('a question waits for its answer in the same task: %s', async (operation) => {
  const asked = await trial[operation]('ask').heard
  expect(stateIn(asked.said.at(-1))).toBe('TASK_STATE_INPUT_REQUIRED')
  expect(JSON.stringify(asked.said.at(-1))).toContain('need approval?')
  const waiting = await trial.follow('get', taskIn(asked).id, asked.memo).heard
  expect(stateIn(waiting.said[0])).toBe('TASK_STATE_INPUT_REQUIRED')
  const answered = await trial[operation]('yes', after(asked)).heard
  expect(stateIn(answered.said.at(-1))).toBe('TASK_STATE_COMPLETED')
  expect(textIn(answered.said)).toBe('resumed with "yes"')
  expect(taskIn(answered).id).toBe(taskIn(asked).id)
  const over = await trial.send('more', after(answered)).heard
  expect(over.error?.code).toBe(-32004)
})

test('a question may be answered with data', async () => {
  const asked = await trial.send('ask').heard
  const { said } = await trial.send('', { ...after(asked), parts: [{ data: { approved: true } }] }).heard
  expect(textIn(said)).toBe('resumed with {"approved":true}')
})

test('a question is dropped when the conversation goes on without it', async () => {
  const asked = await trial.send('ask').heard
  const { contextId } = taskIn(asked)
  const next = await trial.send('ask', { contextId, known: { context: asked.memo.context } }).heard
  const known = { task: asked.memo.task, context: next.memo.context }
  expect((await trial.send('yes', { ...after(asked), known }).heard).error?.code).toBe(-32004)
  const { said } = await trial.follow('get', taskIn(asked).id, known).heard
  expect(stateIn(said[0])).toBe('TASK_STATE_CANCELED')
})

test('a failure is told without the words of the exception', async () => {
  for (const operation of ['send', 'stream'] as const) {
    const heard = await trial[operation]('boom').heard
    expect(stateIn(heard.said.at(-1))).toBe('TASK_STATE_FAILED')
    expect(JSON.stringify(heard.said)).not.toContain('kaboom')
    expect(heard.detail).toContain('kaboom')
    const later = await trial.follow('get', taskIn(heard).id, heard.memo).heard
    expect(stateIn(later.said[0])).toBe('TASK_STATE_FAILED')
  }
})

test('who does not wait gets the task at once and looks for it later', async () => {
  const begun = await trial.send('pause', { immediately: true }).heard
  expect(stateIn(begun.said[0])).toBe('TASK_STATE_SUBMITTED')
  const { id } = taskIn(begun)
  const busy = await trial.send('hi', { contextId: taskIn(begun).contextId, known: { context: begun.memo.context } })
    .heard
  expect(busy.error?.code).toBe(-32004)
  const heard = await trial.follow('subscribe', id, begun.memo).heard
  expect(stateIn(heard.said[0])).toBe('TASK_STATE_WORKING')
  expect(stateIn(heard.said.at(-1))).toBe('TASK_STATE_COMPLETED')
  expect(textIn(heard.said)).toBe('paused')
  const later = await trial.follow('get', id, begun.memo).heard
  expect(stateIn(later.said[0])).toBe('TASK_STATE_COMPLETED')
  expect(textIn(later.said)).toBe('paused')
  expect(taskIn(later)['metadata']).toEqual({ 'weir.dev/usage': usage })
  expect((await trial.follow('subscribe', id, begun.memo).heard).error?.code).toBe(-32004)
})

test('a task that is heard again is heard from its beginning', async () => {
  const first = trial.stream('count')
  await first.until((event) => 'artifactUpdate' in event)
  first.line.abort()
  const [{ task }] = first.said as readonly [{ readonly task: { readonly id: string } }]
  const { said } = await trial.follow('subscribe', task.id, first.memo()).heard
  expect(textIn(said)).toBe('one two three')
})

test('a task that is cancelled stops and stays cancelled', async () => {
  const begun = await trial.send('slow', { immediately: true }).heard
  const { id } = taskIn(begun)
  const canceled = await trial.follow('cancel', id, begun.memo).heard
  expect(stateIn(canceled.said[0])).toBe('TASK_STATE_CANCELED')
  const later = await trial.follow('get', id, canceled.memo).heard
  expect(stateIn(later.said[0])).toBe('TASK_STATE_CANCELED')
  expect((await trial.follow('cancel', id, canceled.memo).heard).error?.code).toBe(-32002)
  const next = await trial.send('hi', { contextId: taskIn(begun).contextId, known: { context: begun.memo.context } })
    .heard
  expect(stateIn(next.said[0])).toBe('TASK_STATE_COMPLETED')
})

test('who hears a task learns that another has cancelled it', async () => {
  const stream = trial.stream('slow')
  const { task } = (await stream.until((event) => 'task' in event)) as { readonly task: { readonly id: string } }
  await trial.follow('cancel', task.id, stream.memo()).heard
  expect(stateIn((await stream.heard).said.at(-1))).toBe('TASK_STATE_CANCELED')
})

test('a question that is cancelled is no longer answered', async () => {
  const asked = await trial.send('ask').heard
  const canceled = await trial.follow('cancel', taskIn(asked).id, asked.memo).heard
  expect(stateIn(canceled.said[0])).toBe('TASK_STATE_CANCELED')
  expect((await trial.send('yes', { ...after(asked), known: canceled.memo }).heard).error?.code).toBe(-32004)
})

test('a task that is over is not cancelled', async () => {
  const done = await trial.send('hi').heard
  expect((await trial.follow('cancel', taskIn(done).id, done.memo).heard).error?.code).toBe(-32002)
})

test('a task nobody knows is not found', async () => {
  const done = await trial.send('hi').heard
  const id = '00000000-0000-4000-8000-000000000000'
  const task = { ...done.memo.task, run: id }
  for (const known of [{}, { task }]) {
    for (const operation of ['get', 'cancel', 'subscribe'] as const) {
      expect((await trial.follow(operation, id, known).heard).error?.code).toBe(-32001)
    }
    expect((await trial.send('hi', { taskId: id, known }).heard).error).toMatchObject({
      code: known.task ? -32004 : -32001,
    })
  }
})

test('an assistant that does not exist is a fault of ours', async () => {
  const wrong = new DriverTrial(server.url, (upstream, bench) =>
    openLangGraph({ ...options, assistant_id: 'nobody' }, upstream, bench),
  )
  const { fault } = await wrong.send('hi').heard
  expect(fault).toMatchObject({ code: 'bad_answer', sent: true })
  await wrong.stop()
})

test('a server that is not there is a fault before anything was sent', async () => {
  const lost = new DriverTrial('http://127.0.0.1:1', (upstream, bench) => openLangGraph(options, upstream, bench))
  expect((await lost.stream('hi').heard).fault).toMatchObject({ code: 'connect_failed', sent: false })
  await lost.stop()
})
