import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/base/json.ts'
import { FoundryDriver } from '../../src/relay/drivers/foundry.ts'
import { DriverTrial, type Heard, stateIn, textIn } from '../support/driver-bench.ts'
import { type FoundryEmulator, startFoundry } from '../support/foundry.ts'

const settings = { kind: 'foundry', agent_name: 'my-agent', agent_version: '3', api_version: null } as const

let service: FoundryEmulator
const trials: DriverTrial[] = []

type Overrides = ConstructorParameters<typeof DriverTrial>[2]

function trial(overrides: Overrides = {}, url = service.url, token = 'Bearer ENTRA.TOKEN'): DriverTrial {
  const make: ConstructorParameters<typeof DriverTrial>[1] = (upstream, bench) => {
    return new FoundryDriver({ ...upstream, fixed: ['authorization', token] }, bench, settings)
  }
  const made = new DriverTrial(url, make, overrides)
  trials.push(made)
  return made
}

const last = ({ said }: Heard): JsonObject | undefined => said.at(-1)
const usageIn = (event: JsonObject | undefined): unknown => {
  const { task, statusUpdate } = (event ?? {}) as Record<string, { metadata?: JsonObject } | undefined>
  return (task ?? statusUpdate)?.metadata?.['weir.dev/usage']
}

beforeAll(async () => {
  service = await startFoundry()
})

afterEach(async () => {
  for (const one of trials.splice(0)) await one.stop()
})

afterAll(() => service.stop())

describe('an agent of Microsoft Foundry', () => {
  it('answers a message with one whole task and the tokens it used', async () => {
    const heard = await trial().send('hi').heard
    expect(heard.said).toHaveLength(1)
    expect(stateIn(last(heard))).toBe('TASK_STATE_COMPLETED')
    expect(textIn(heard.said)).toBe('echo: hi (turn 1)')
    expect(usageIn(last(heard))).toEqual({ input_tokens: 3, output_tokens: 4, total_tokens: 7 })
  })

  it('streams a task, its text in pieces that say each word once, and its end', async () => {
    const heard = await trial().stream('hello there').heard
    expect(heard.said.slice(0, 2).map(stateIn)).toEqual(['TASK_STATE_SUBMITTED', 'TASK_STATE_WORKING'])
    expect(heard.said.length).toBeGreaterThan(4)
    expect(textIn(heard.said)).toBe('echo: hello there (turn 1)')
    expect(stateIn(last(heard))).toBe('TASK_STATE_COMPLETED')
    expect(usageIn(last(heard))).toMatchObject({ total_tokens: 7 })
  })

  it('goes on with a conversation, and remembers only its id', async () => {
    const driver = trial()
    const first = await driver.send('one', { contextId: 'ours' }).heard
    const { context } = first.memo
    expect(context).toEqual({ conversation: expect.stringMatching(/^conv_/) as string })
    expect(last(first)).toMatchObject({ task: { contextId: 'ours' } })
    const second = await driver.send('two', { contextId: 'ours', known: { context } }).heard
    expect(textIn(second.said)).toBe('echo: two (turn 2)')
  })

  it('asks for approval as a task that needs input, which the next message answers', async () => {
    const driver = trial()
    const asked = await driver.stream('ask').heard
    const { taskId, status } = (last(asked) as { statusUpdate: JsonObject }).statusUpdate as {
      taskId: string
      status: { state: string; message: { parts: readonly JsonObject[] } }
    }
    expect(status.state).toBe('TASK_STATE_INPUT_REQUIRED')
    expect(status.message.parts[1]).toMatchObject({ data: { type: 'mcp_approval_request', name: 'delete_file' } })
    const unclear = await driver.send('perhaps', { taskId, known: asked.memo }).heard
    expect(unclear.error).toMatchObject({ code: -32602 })
    const answered = await driver.stream('yes', { taskId, known: asked.memo }).heard
    expect(textIn(answered.said)).toBe('echo: approved (turn 2)')
    expect(last(answered)).toMatchObject({ statusUpdate: { taskId, status: { state: 'TASK_STATE_COMPLETED' } } })
  })

  it.each(['consent', 'login'])('shows the link of a consent as a task that needs authorization: %s', async (mood) => {
    const driver = trial()
    const asked = await driver.send(mood).heard
    expect(stateIn(last(asked))).toBe('TASK_STATE_AUTH_REQUIRED')
    expect(JSON.stringify(asked.said)).toContain('https://login.example/consent')
    const { task } = last(asked) as { task: { id: string } }
    const again = await driver.send('now', { taskId: task.id, known: asked.memo }).heard
    expect(last(again)).toMatchObject({ task: { id: task.id, status: { state: 'TASK_STATE_COMPLETED' } } })
  })

  it('returns at once where nobody waits, and can be asked later', async () => {
    const driver = trial()
    const heard = await driver.send('slow work', { immediately: true }).heard
    expect(stateIn(last(heard))).toMatch(/SUBMITTED|WORKING/)
    const { task } = last(heard) as { task: { id: string } }
    const live = await driver.follow('subscribe', task.id, heard.memo).heard
    expect(stateIn(last(live))).toBe('TASK_STATE_COMPLETED')
    expect(textIn(live.said)).toContain('echo: slow work')
    const got = await driver.follow('get', task.id, heard.memo).heard
    expect(textIn(got.said)).toContain('echo: slow work')
  })

  it('is heard again from the beginning by whoever subscribes to a stream', async () => {
    const driver = trial()
    const first = driver.stream('slow one two three')
    await first.until((event) => 'artifactUpdate' in event)
    const { task } = first.said[0] as { task: { id: string } }
    const memo = { task: { response: task.id, contextId: 'c', pending: [] } }
    const again = await driver.follow('subscribe', task.id, memo).heard
    expect(textIn(again.said)).toBe(textIn((await first.heard).said))
  })

  it('is cancelled in the service itself', async () => {
    const driver = trial()
    const held = driver.stream('hold')
    const { task } = (await held.until((event) => 'task' in event)) as { task: { id: string } }
    const memo = { task: { response: task.id, contextId: 'c', pending: [] } }
    const cancelled = await driver.follow('cancel', task.id, memo).heard
    expect(stateIn(last(cancelled))).toBe('TASK_STATE_CANCELED')
    expect(service.cancelled).toContain(task.id)
    // The service has no event for it: its stream just ends, and whoever hears it learns why.
    expect(stateIn(last(await held.heard))).toBe('TASK_STATE_CANCELED')
    const twice = await driver.follow('cancel', task.id, memo).heard
    expect(stateIn(last(twice))).toBe('TASK_STATE_CANCELED')
  })

  it('does not say that a finished task was cancelled', async () => {
    const driver = trial()
    const done = await driver.send('hi').heard
    const { task } = last(done) as { task: { id: string } }
    expect((await driver.follow('cancel', task.id, done.memo).heard).error).toMatchObject({ code: -32002 })
  })

  it.each([
    ['fail', 'The agent failed.'],
    ['incomplete', 'The agent reached its limit of output tokens before it was done.'],
  ])('tells that it failed with one fixed sentence: %s', async (mood, sentence) => {
    const heard = await trial().stream(mood).heard
    expect(stateIn(last(heard))).toBe('TASK_STATE_FAILED')
    expect(JSON.stringify(last(heard))).toContain(sentence)
    expect(JSON.stringify(heard.said)).not.toContain('secret-host')
  })

  it('passes on how long a rate limit lasts, and nothing else of it', async () => {
    const { error } = await trial().send('limit').heard
    expect(error).toMatchObject({ code: -32004 })
    expect(error?.data).toContain('"retryDelay":"7s"')
  })

  it.each([
    ['break', 'truncated'],
    ['truncate', 'truncated'],
    ['garbage', 'bad_answer'],
  ])('never takes a stream that breaks for an end: %s', async (mood, code) => {
    for (const operation of ['send', 'stream'] as const) {
      const heard = await trial()[operation](mood).heard
      expect(heard.fault).toMatchObject({ code, sent: true })
      expect(heard.said.every((event) => !/COMPLETED|FAILED/.test(stateIn(event) ?? ''))).toBe(true)
    }
  })

  it('takes no event and no answer beyond its maximum', async () => {
    const long = await trial({ event_bytes: 4096 }).stream('huge').heard
    expect(long.fault).toMatchObject({ code: 'too_large' })
    const large = await trial({ event_bytes: 4_194_304, answer_bytes: 65_536 }).send('huge').heard
    expect(large.fault).toMatchObject({ code: 'too_large' })
  })

  it('is not begun twice while it works on a conversation', async () => {
    const driver = trial()
    const held = driver.stream('hold', { contextId: 'busy' })
    await held.until((event) => 'task' in event)
    const conversation = `conv_${service.count('/conversations')}`
    const known = { context: { conversation } }
    const busy = await driver.send('hi', { contextId: 'busy', known }).heard
    expect(busy.error).toMatchObject({ code: -32004 })
    held.line.abort()
  })

  it('says that it does not know a task or a conversation without asking for more', async () => {
    const driver = trial()
    expect((await driver.follow('get', 'nope', {}).heard).error).toMatchObject({ code: -32001 })
    const known = { task: { response: 'resp_none', contextId: 'c', pending: [] } }
    for (const operation of ['get', 'cancel', 'subscribe'] as const) {
      expect((await driver.follow(operation, 'nope', known).heard).error).toMatchObject({ code: -32001 })
    }
    const lost = await driver.send('hi', { known: { context: { conversation: 'conv_none' } } }).heard
    expect(lost.error).toMatchObject({ code: -32602 })
  })

  it('gets no token of ours, which names the person', async () => {
    await trial().send('hi').heard
    expect(service.asked.some(({ headers }) => 'txn-token' in headers)).toBe(false)
    expect(service.asked.at(-1)?.headers).toMatchObject({ 'accept-encoding': 'identity' })
  })

  it('takes a refusal of our credentials for a mistake of ours', async () => {
    expect((await trial({}, service.url, 'Basic a').send('hi').heard).fault).toMatchObject({ code: 'bad_answer' })
  })

  it('is let go of in the middle, and nothing more is heard', async () => {
    const asking = trial().stream('slow one two three four five')
    await asking.until((event) => 'artifactUpdate' in event)
    expect(asking.line.sent).toBe(true)
    asking.line.abort()
    const heard = asking.said.length
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(asking.said).toHaveLength(heard)
  })

  it('works in the foreground where the service refuses the background', async () => {
    const plain = await startFoundry({ background: false })
    const driver = trial({}, plain.url)
    expect(textIn((await driver.stream('hi').heard).said)).toBe('echo: hi (turn 1)')
    expect(textIn((await driver.send('hi', { immediately: true }).heard).said)).toBe('echo: hi (turn 1)')
    expect(plain.count('/responses')).toBe(3)
    await plain.stop()
  })
})
