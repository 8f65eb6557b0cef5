/** The driver of AgentCore against a real container app, behind a front that checks signatures with AWS's own signer. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Secret } from '../../src/config/secret.ts'
import type { AgentCoreSettings } from '../../src/config/settings-drivers.ts'
import { openAgentCore } from '../../src/relay/drivers/agentcore.ts'
import { type AgentCoreServer, awsKeys, runtimeArn, startAgentCore } from '../support/agentcore.ts'
import { DriverTrial, type Heard, stateIn, textIn } from '../support/driver-bench.ts'

const { region, access_key_id } = awsKeys
const options: AgentCoreSettings = {
  kind: 'agentcore',
  runtime_arn: runtimeArn,
  qualifier: 'DEFAULT',
  aws: {
    region,
    access_key_id,
    secret_access_key: new Secret(awsKeys.secret),
    session_token: new Secret(awsKeys.session),
  },
  request_template: '{}',
  prompt_pointer: '/prompt',
  response_pointer: null,
  event_pointer: null,
  question_pointer: null,
}
const usage = { 'weir.dev/usage': { input_tokens: 3, output_tokens: 2, total_tokens: 5 } }

let server: AgentCoreServer
const trials: DriverTrial[] = []
let trial: DriverTrial

beforeAll(async () => {
  server = await startAgentCore()
  trial = trialWith({})
})

afterAll(async () => {
  for (const each of trials) await each.stop()
  await server.stop()
})

function trialWith(other: Partial<AgentCoreSettings>, url = server.url): DriverTrial {
  const made = new DriverTrial(url, (upstream, bench) => openAgentCore({ ...options, ...other }, upstream, bench))
  trials.push(made)
  return made
}

function taskIn({ said }: Pick<Heard, 'said'>): {
  readonly id: string
  readonly contextId: string
  readonly metadata: unknown
} {
  return said.findLast((event) => 'task' in event)?.['task'] as ReturnType<typeof taskIn>
}

test('a message is answered with a completed task that holds the answer and its price', async () => {
  const heard = await trial.send('hi').heard
  expect(heard.said).toHaveLength(1)
  expect(stateIn(heard.said[0])).toBe('TASK_STATE_COMPLETED')
  expect(textIn(heard.said)).toBe('echo hi (n=1)')
  expect(taskIn(heard).metadata).toEqual(usage)
})

test.each(['short', 'long-enough-to-be-the-name-of-a-session-itself'])(
  'a conversation stays in one session: %s',
  async (contextId) => {
    await trial.send('hi', { contextId }).heard
    const second = await trial.send('again', { contextId }).heard
    expect(textIn(second.said)).toBe('echo again (n=2)')
    expect(taskIn(second).contextId).toBe(contextId)
    expect(textIn((await trial.send('hi', { contextId: `${contextId}-` }).heard).said)).toBe('echo hi (n=1)')
  },
)

test('a stream tells the task, the words as they come and how it ended', async () => {
  const { said } = await trial.stream('stream').heard
  expect(said.map((event) => Object.keys(event)[0])).toEqual([
    'task',
    'artifactUpdate',
    'artifactUpdate',
    'statusUpdate',
  ])
  expect(textIn(said)).toBe('one two')
  expect(stateIn(said.at(-1))).toBe('TASK_STATE_COMPLETED')
  expect(said.at(-1)).toMatchObject({ statusUpdate: { metadata: usage } })
})

test('an app that streams answers who waits, and one that does not answers who streams', async () => {
  const waited = await trial.send('stream').heard
  expect(textIn(waited.said)).toBe('one two')
  expect(taskIn(waited).metadata).toEqual(usage)
  const { said } = await trial.stream('hi').heard
  expect(said.map((event) => stateIn(event))).toEqual(['TASK_STATE_WORKING', null, 'TASK_STATE_COMPLETED'])
  expect(textIn(said)).toBe('echo hi (n=1)')
})

test('a slow task is told before its app answers', async () => {
  const asking = trial.stream('slow')
  await asking.until((event) => stateIn(event) === 'TASK_STATE_WORKING')
  expect(asking.said).toHaveLength(1)
  expect(stateIn((await asking.heard).said.at(-1))).toBe('TASK_STATE_COMPLETED')
})

test('the delivery token reaches the app, which is handed few headers', async () => {
  expect(textIn((await trial.send('token').heard).said)).toBe('delivery-token')
})

test('an answer without a text is told as data', async () => {
  const { said } = await trial.send('data').heard
  expect(said[0]).toMatchObject({ task: { artifacts: [{ parts: [{ data: { rows: [1, 2] } }] }] } })
})

test('the operator says where prompt and answer are', async () => {
  const other = trialWith({ request_template: '{"mode":"x"}', prompt_pointer: '/prompt', response_pointer: '/rows/1' })
  const { said } = await other.send('data').heard
  expect(said[0]).toMatchObject({ task: { artifacts: [{ parts: [{ data: 2 }] }] } })
})

test.each([
  ['send', 'boom'],
  ['stream', 'boom'],
  ['send', 'break'],
  ['stream', 'break'],
] as const)('a failure is told without the words of the exception: %s %s', async (operation, prompt) => {
  const heard = await trial[operation](prompt).heard
  expect(stateIn(heard.said.at(-1))).toBe('TASK_STATE_FAILED')
  expect(JSON.stringify(heard.said)).not.toContain('kaboom')
  // The real app leaves its body empty where events were asked for.
  expect(heard.detail).toMatch(/kaboom|status 500/)
})

test('a task is cancelled by stopping its session', async () => {
  const asking = trial.stream('hang')
  await asking.until((event) => 'artifactUpdate' in event)
  const canceled = await trial.follow('cancel', taskIn(asking).id, asking.memo()).heard
  expect(stateIn(canceled.said[0])).toBe('TASK_STATE_CANCELED')
  expect(server.stopped.at(-1)).toBe(asking.memo().task?.['session'])
  const heard = await asking.heard
  expect(heard.fault).toBeNull()
  expect(stateIn(heard.said.at(-1))).toBe('TASK_STATE_CANCELED')
})

test('a task that is not alone in its session is not stopped', async () => {
  const [one, two] = [trial.stream('hang', { contextId: 'shared' }), trial.stream('hang', { contextId: 'shared' })]
  await Promise.all([one, two].map(async (each) => each.until((event) => 'artifactUpdate' in event)))
  const before = server.stopped.length
  expect((await trial.follow('cancel', taskIn(one).id, one.memo()).heard).error?.code).toBe(-32004)
  expect(server.stopped).toHaveLength(before)
  two.line.abort()
  expect(stateIn((await trial.follow('cancel', taskIn(one).id, one.memo()).heard).said[0])).toBe('TASK_STATE_CANCELED')
})

test('a task takes no second message, and a task nobody knows is not found', async () => {
  const done = await trial.send('hi').heard
  const { id } = taskIn(done)
  expect((await trial.send('more', { taskId: id, known: done.memo }).heard).error?.code).toBe(-32004)
  expect((await trial.send('more', { taskId: id }).heard).error?.code).toBe(-32001)
  expect((await trial.follow('cancel', id).heard).error?.code).toBe(-32001)
})

test('a throttled call says when to try again', async () => {
  const { error } = await trial.send('throttle').heard
  expect(error?.code).toBe(-32004)
  expect(error?.data).toContain('RetryInfo')
})

test('bytes are refused before anything is sent', async () => {
  const asking = trial.send('', { parts: [{ raw: 'AAAA', mediaType: 'image/png' }] })
  expect((await asking.heard).error?.code).toBe(-32005)
  expect(asking.line.sent).toBe(false)
})

test('keys the platform does not know, and a runtime it does not know, are faults of ours', async () => {
  const { aws } = options
  const wrong = trialWith({ aws: aws && { ...aws, secret_access_key: new Secret('other') } })
  expect((await wrong.send('hi').heard).fault?.detail).toContain('403')
  const lost = trialWith({ runtime_arn: `${runtimeArn}x` })
  expect((await lost.stream('hi').heard).fault?.detail).toContain('404')
})

test('a container is spoken to by itself where no runtime is named', async () => {
  const bare = trialWith({ runtime_arn: null, aws: null }, server.container)
  expect(bare.driver.features.cancel).toBe(false)
  const heard = await bare.send('hi').heard
  expect(textIn(heard.said)).toBe('echo hi (n=1)')
  expect((await bare.follow('cancel', taskIn(heard).id, heard.memo).heard).error?.code).toBe(-32004)
})
