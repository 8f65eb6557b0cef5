import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/base/json.ts'
import { phaseOf, type TaskState } from '../../src/domain/task.ts'
import type { Known } from '../../src/relay/driver.ts'
import { FastA2aDriver } from '../../src/relay/drivers/fasta2a.ts'
import type { Emulator } from '../support/cloud-emulator.ts'
import { DriverTrial, type Heard, stateIn, textIn } from '../support/driver-bench.ts'
import { startFastA2a } from '../support/fasta2a.ts'

let service: Emulator
const trials: DriverTrial[] = []

function trial(overrides: ConstructorParameters<typeof DriverTrial>[2] = {}): DriverTrial {
  const made = new DriverTrial(service.url, (upstream, bench) => new FastA2aDriver(upstream, bench), overrides)
  trials.push(made)
  return made
}

interface TaskSaid {
  readonly id: string
  readonly contextId: string
  readonly history: readonly JsonObject[]
  readonly artifacts?: readonly { readonly parts: readonly JsonObject[] }[]
}

const taskIn = ({ said }: Heard): TaskSaid => (said.at(-1) as { task: TaskSaid }).task

/** Asks again until the task rests, as the relay does for agents that do not block. */
async function rest(driver: DriverTrial, taskId: string, known: Partial<Known>): Promise<Heard> {
  for (let tries = 0; tries < 200; tries += 1) {
    const heard = await driver.follow('get', taskId, known).heard
    const state = stateIn(heard.said[0])
    if (heard.error || heard.fault || phaseOf(state as TaskState) !== 'open') return heard
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error('it never came to rest')
}

beforeAll(async () => {
  service = await startFastA2a()
})

afterEach(async () => {
  for (const one of trials.splice(0)) await one.stop()
})

afterAll(() => service.stop())

describe('an agent behind FastA2A', () => {
  it('takes a message on at once, and is done when it is asked again', async () => {
    const driver = trial()
    const sent = await driver.send('hi').heard
    expect(stateIn(sent.said[0])).toBe('TASK_STATE_SUBMITTED')
    const done = await rest(driver, taskIn(sent).id, sent.memo)
    expect(stateIn(done.said[0])).toBe('TASK_STATE_COMPLETED')
    expect(textIn(done.said)).toBe('echo: hi (turn 1)')
    expect(JSON.stringify(done.said)).not.toContain('"kind"')
  })

  it('is not told a version it has never heard of', async () => {
    await trial().send('hi').heard
    expect(service.asked.at(-1)?.headers).not.toHaveProperty('a2a-version')
  })

  it('brings structured results as data', async () => {
    const driver = trial()
    const sent = await driver.send('data').heard
    const done = await rest(driver, taskIn(sent).id, sent.memo)
    expect(taskIn(done).artifacts?.[0]?.parts[0]).toMatchObject({
      data: { result: { value: expect.any(String) as string } },
    })
  })

  it('goes on with a conversation as a task of its own', async () => {
    const driver = trial()
    const first = await driver.send('one', { contextId: 'ours' }).heard
    const second = await driver.send('two', { contextId: 'ours' }).heard
    expect(taskIn(second).contextId).toBe('ours')
    expect(taskIn(second).id).not.toBe(taskIn(first).id)
    expect(textIn((await rest(driver, taskIn(second).id, second.memo)).said)).toBe('echo: two (turn 2)')
  })

  it('goes on with a task that needs input under the name its caller knows', async () => {
    const driver = trial()
    const sent = await driver.send('ask').heard
    const { id } = taskIn(sent)
    const asked = await rest(driver, id, sent.memo)
    expect(stateIn(asked.said[0])).toBe('TASK_STATE_INPUT_REQUIRED')
    expect(asked.said[0]).toMatchObject({ task: { status: { message: { parts: [{ text: 'Delete file a?' }] } } } })
    const answered = await driver.send('yes', { taskId: id, known: asked.memo }).heard
    expect(taskIn(answered)).toMatchObject({ id, history: [{ taskId: id }] })
    const done = await rest(driver, id, answered.memo)
    expect(taskIn(done).id).toBe(id)
    expect(textIn(done.said)).toBe('echo: yes (turn 2)')
  })

  it('is cancelled later than it says, and says so', async () => {
    const driver = trial()
    const sent = await driver.send('hold').heard
    const { id } = taskIn(sent)
    const told = await driver.follow('cancel', id, sent.memo).heard
    expect(phaseOf(stateIn(told.said[0]) as TaskState)).toBe('open')
    expect(stateIn((await rest(driver, id, sent.memo)).said[0])).toBe('TASK_STATE_CANCELED')
  })

  it('tells that it failed', async () => {
    const driver = trial()
    const sent = await driver.send('fail').heard
    expect(stateIn((await rest(driver, taskIn(sent).id, sent.memo)).said[0])).toBe('TASK_STATE_FAILED')
  })

  it('cannot stream or be subscribed to, and says so', async () => {
    const driver = trial()
    expect(driver.driver.features).toEqual({
      stream: false,
      get: true,
      subscribe: false,
      cancel: true,
      blocking: false,
    })
    expect((await driver.stream('hi').heard).error).toMatchObject({ code: -32004 })
    expect((await driver.follow('subscribe', 'task-1').heard).error).toMatchObject({ code: -32004 })
  })

  it('knows no other task', async () => {
    for (const operation of ['get', 'cancel'] as const) {
      expect((await trial().follow(operation, 'task-none').heard).error).toMatchObject({ code: -32001 })
    }
  })

  it.each([
    ['break', /truncated|reset/],
    ['garbage', /bad_answer/],
  ])('never takes a broken answer for one: %s', async (mood, code) => {
    const { fault } = await trial().send(mood).heard
    expect(fault?.code).toMatch(code)
    expect(fault?.sent).toBe(true)
  })

  it('passes on how long it wants to be left alone', async () => {
    expect((await trial().send('limit').heard).error?.data).toContain('"retryDelay":"5s"')
  })

  it('takes no answer beyond its maximum', async () => {
    const { fault } = await trial({ answer_bytes: 128 }).send('hi').heard
    expect(fault).toMatchObject({ code: 'too_large' })
  })

  it('is let go of before it answers, and nothing is heard', async () => {
    const asking = trial().send('hi')
    asking.line.abort()
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(asking.said).toHaveLength(0)
  })
})
