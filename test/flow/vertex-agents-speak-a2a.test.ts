import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/base/json.ts'
import { isPersonId, type PersonId } from '../../src/domain/ids.ts'
import { issueHop } from '../../src/domain/verdict.ts'
import { VertexDriver } from '../../src/relay/drivers/vertex.ts'
import { DriverTrial, type Heard, stateIn, textIn } from '../support/driver-bench.ts'
import { callOf, hopOf } from '../support/hop.ts'
import { startVertex, type VertexEmulator } from '../support/vertex.ts'

const settings = { kind: 'vertex', class_method: 'async_stream_query', user_id: 'person', token_stream: false } as const

let service: VertexEmulator
const trials: DriverTrial[] = []
type Overrides = ConstructorParameters<typeof DriverTrial>[2]

function trial(overrides: Overrides = {}, token = 'Bearer ya29.token'): DriverTrial {
  const make: ConstructorParameters<typeof DriverTrial>[1] = (upstream, bench) => {
    return new VertexDriver({ ...upstream, fixed: ['authorization', token] }, bench, { settings, salt: 'pepper' })
  }
  const made = new DriverTrial(service.url, make, overrides)
  trials.push(made)
  return made
}

function personOf(name: string): PersonId {
  const id = `user:${name}`
  if (!isPersonId(id)) throw new Error(`${id} is no person`)
  return id
}

const last = ({ said }: Heard): JsonObject | undefined => said.at(-1)
const usageIn = (event: JsonObject | undefined): unknown => {
  const { task, statusUpdate } = (event ?? {}) as Record<string, { metadata?: JsonObject } | undefined>
  return (task ?? statusUpdate)?.metadata?.['weir.dev/usage']
}

beforeAll(async () => {
  service = await startVertex()
})

afterEach(async () => {
  for (const one of trials.splice(0)) await one.stop()
})

afterAll(() => service.stop())

describe('an agent of Vertex AI Agent Engine', () => {
  it('answers a message with one whole task, named after its invocation', async () => {
    const heard = await trial().send('hi').heard
    expect(heard.said).toHaveLength(1)
    expect(last(heard)).toMatchObject({ task: { id: expect.stringMatching(/^e-/) as string } })
    expect(stateIn(last(heard))).toBe('TASK_STATE_COMPLETED')
    expect(textIn(heard.said)).toBe('echo: hi (turn 1)')
  })

  it('streams a text in pieces, and does not say the whole again that follows them', async () => {
    const heard = await trial().stream('hello there').heard
    expect(stateIn(heard.said[0])).toBe('TASK_STATE_WORKING')
    expect(heard.said.filter((event) => 'artifactUpdate' in event).length).toBeGreaterThan(3)
    expect(textIn(heard.said)).toBe('echo: hello there (turn 1)')
    expect(stateIn(last(heard))).toBe('TASK_STATE_COMPLETED')
  })

  it('is asked for pieces of text only where it is said to have them', async () => {
    const make: ConstructorParameters<typeof DriverTrial>[1] = (upstream, bench) => {
      const options = { settings: { ...settings, token_stream: true }, salt: 'pepper' }
      return new VertexDriver({ ...upstream, fixed: ['authorization', 'Bearer a'] }, bench, options)
    }
    const asking = new DriverTrial(service.url, make)
    trials.push(asking)
    await asking.stream('hi').heard
    expect(service.asked.at(-1)?.body).toMatchObject({ input: { run_config: { streaming_mode: 'sse' } } })
    await trial().stream('hi').heard
    expect(service.asked.at(-1)?.body?.['input']).not.toHaveProperty('run_config')
  })

  it('says a text that comes without pieces', async () => {
    expect(textIn((await trial().stream('whole').heard).said)).toBe('echo: whole (turn 1)')
  })

  it('counts the tokens of whole answers only', async () => {
    const expected = { input_tokens: 3, output_tokens: 4, total_tokens: 7 }
    expect(usageIn(last(await trial().stream('hello').heard))).toEqual(expected)
    expect(usageIn(last(await trial().send('hello').heard))).toEqual(expected)
  })

  it('keeps its thoughts to itself', async () => {
    const heard = await trial().stream('think').heard
    expect(JSON.stringify(heard.said)).not.toContain('secretly')
    expect(textIn(heard.said)).toBe('echo: think (turn 1)')
  })

  it('goes on with a session of a user nobody can name', async () => {
    const driver = trial()
    const first = await driver.send('one', { contextId: 'ours' }).heard
    const { context } = first.memo
    expect(last(first)).toMatchObject({ task: { contextId: 'ours' } })
    const second = await driver.send('two', { contextId: 'ours', known: { context } }).heard
    expect(textIn(second.said)).toBe('echo: two (turn 2)')
    expect(service.users.at(-1)).toMatch(/^[0-9a-f]{64}$/)
    await driver.send('three').heard
    expect(service.users.at(-1)).toBe(service.users.at(-2))
  })

  it.each([
    ['person', ['ada', 'ada', 'bob'], [true, false]],
    ['agent', ['ada', 'bob', 'cy'], [true, true]],
    ['context', ['ada', 'ada', 'ada'], [false, false]],
  ] as const)('tells users apart by %s', async (user_id, people, same) => {
    const make: ConstructorParameters<typeof DriverTrial>[1] = (upstream, bench) => {
      const options = { settings: { ...settings, user_id }, salt: 'pepper' }
      return new VertexDriver({ ...upstream, fixed: ['authorization', 'Bearer a'] }, bench, options)
    }
    const asking = new DriverTrial(service.url, make)
    trials.push(asking)
    for (const person of people) {
      const call = callOf({})
      const hop = hopOf(call)
      const warrant = issueHop({ ...hop, run: { ...hop.run, person: personOf(person) } })
      const params = () => ({ message: { parts: [{ text: 'hi' }] } })
      const known = { instance: null, task: null, context: null }
      await asking.ask({ operation: 'send', warrant, call, params, known }).heard
    }
    const [first, second, third] = service.users.slice(-3)
    expect([first === second, second === third]).toEqual(same)
    expect(service.users.join()).not.toMatch(/ada|bob/)
  })

  it('asks for confirmation as a task that needs input, which the next message answers', async () => {
    const driver = trial()
    const asked = await driver.stream('ask').heard
    const { taskId } = (last(asked) as { statusUpdate: { taskId: string } }).statusUpdate
    expect(stateIn(last(asked))).toBe('TASK_STATE_INPUT_REQUIRED')
    expect(JSON.stringify(last(asked))).toContain('Delete file a?')
    const unclear = await driver.send('perhaps', { taskId, known: asked.memo }).heard
    expect(unclear.error).toMatchObject({ code: -32602 })
    const answered = await driver.send('no', { taskId, known: asked.memo }).heard
    expect(textIn([...asked.said, ...answered.said])).toBe('let me see\nconfirmed: false (turn 2)')
    expect(last(answered)).toMatchObject({ task: { id: taskId, status: { state: 'TASK_STATE_COMPLETED' } } })
  })

  it.each(['fail', 'crash'])('tells that it failed with one fixed sentence: %s', async (mood) => {
    for (const operation of ['send', 'stream'] as const) {
      const heard = await trial()[operation](mood).heard
      expect(stateIn(last(heard))).toBe('TASK_STATE_FAILED')
      expect(JSON.stringify(heard.said)).toContain('The agent failed.')
      expect(JSON.stringify(heard.said)).not.toContain('Traceback')
    }
  })

  it('passes on how long a quota is used up', async () => {
    const { error } = await trial().stream('limit').heard
    expect(error).toMatchObject({ code: -32004 })
    expect(error?.data).toContain('"retryDelay":"9s"')
    expect(JSON.stringify(error)).not.toContain('aiplatform')
  })

  it.each([
    ['break', /truncated|reset/],
    ['truncate', /bad_answer|truncated/],
    ['garbage', /bad_answer/],
  ])('never takes a stream that breaks for an end: %s', async (mood, code) => {
    for (const operation of ['send', 'stream'] as const) {
      const heard = await trial()[operation](mood).heard
      expect(heard.fault?.code).toMatch(code)
      expect(heard.fault?.sent).toBe(true)
      expect(heard.said.every((event) => !/COMPLETED|FAILED/.test(stateIn(event) ?? ''))).toBe(true)
    }
  })

  it.each([
    ['empty', 'bad_answer'],
    ['vanish', 'truncated'],
    ['busy', 'bad_answer'],
  ])('does not take a silent failure of the app for an end or for a fault of the caller: %s', async (mood, code) => {
    for (const operation of ['send', 'stream'] as const) {
      expect((await trial()[operation](mood).heard).fault).toMatchObject({ code })
    }
  })

  it('takes no line and no answer beyond its maximum', async () => {
    expect((await trial({ event_bytes: 4096 }).stream('huge').heard).fault).toMatchObject({ code: 'too_large' })
    const large = trial({ event_bytes: 4_194_304, answer_bytes: 65_536 }).send('huge')
    expect((await large.heard).fault).toMatchObject({ code: 'too_large' })
  })

  it('cannot be asked about a task or told to stop, and says so', async () => {
    const driver = trial()
    expect(driver.driver.features).toMatchObject({ get: false, subscribe: false, cancel: false })
    for (const operation of ['get', 'cancel', 'subscribe'] as const) {
      expect((await driver.follow(operation, 'e-1').heard).error).toMatchObject({ code: -32004 })
    }
  })

  it('is let go of by closing the connection', async () => {
    const asking = trial().stream('hold')
    await asking.until((event) => 'artifactUpdate' in event)
    expect(asking.line.sent).toBe(true)
    asking.line.abort()
    const heard = asking.said.length
    service.release()
    await new Promise((resolve) => setTimeout(resolve, 40))
    expect(asking.said).toHaveLength(heard)
  })

  it('does not go on with a task it does not know', async () => {
    expect((await trial().send('hi', { taskId: 'e-none' }).heard).error).toMatchObject({ code: -32001 })
  })

  it('gets no token of ours, which names the person', async () => {
    await trial().send('hi').heard
    expect(service.asked.some(({ headers }) => 'txn-token' in headers)).toBe(false)
    expect(service.asked.at(-1)?.headers).toMatchObject({ 'accept-encoding': 'identity' })
  })

  it('takes a refusal of our credentials for a mistake of ours', async () => {
    expect((await trial({}, 'Basic a').send('hi').heard).fault).toMatchObject({ code: 'bad_answer' })
  })
})
