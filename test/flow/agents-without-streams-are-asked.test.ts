import { afterEach, expect, test } from 'vitest'
import { deny } from '../../src/domain/verdict.ts'
import { openA2a, usualOptions } from '../../src/relay/drivers/a2a.ts'
import { withPolling } from '../../src/relay/polling.ts'
import { usualInterfaces, upstreamAt } from '../../src/relay/wire/upstream.ts'
import { eventsIn, RelayBench } from '../support/relay.ts'
import { type Asked, bareTask, startRpcTarget, task } from '../support/rpc-target.ts'
import type { Target } from '../support/target.ts'
import type { Driver } from '../../src/relay/driver.ts'

const opened: (Target | RelayBench)[] = []

afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop()
})

/** A bench whose agents neither stream nor wait. */
class DullBench extends RelayBench {
  override driverAt(url: string): Driver {
    const options = { ...usualOptions, stream: false, blocking: false }
    return withPolling(openA2a(upstreamAt(url, [], usualInterfaces), this.relay.bench, options), this.relay.bench)
  }
}

/** A bench whose agents are taken to do everything. */
class PolledBench extends RelayBench {
  override driverAt(url: string): Driver {
    return withPolling(openA2a(upstreamAt(url, [], usualInterfaces), this.relay.bench), this.relay.bench)
  }
}

const stages = [
  bareTask('TASK_STATE_SUBMITTED'),
  bareTask('TASK_STATE_WORKING'),
  bareTask('TASK_STATE_WORKING', { artifacts: [{ artifactId: 'a1', parts: [{ text: 'one' }] }] }),
  bareTask('TASK_STATE_COMPLETED', { artifacts: [{ artifactId: 'a1', parts: [{ text: 'one' }, { text: 'two' }] }] }),
]

/** Answers at once, and shows one stage more each time it is asked. */
async function standFor(): Promise<{ readonly target: Target; readonly asked: Asked[]; readonly bench: RelayBench }> {
  const asked: Asked[] = []
  let looks = 0
  const target = await startRpcTarget((one) => {
    asked.push(one)
    if (one.method === 'SendMessage') one.answer(task('TASK_STATE_SUBMITTED'))
    else one.answer(stages[Math.min((looks += 1), 3)])
  })
  const bench = new DullBench()
  opened.push(target, bench)
  return { target, asked, bench }
}

test('a caller that asks for a stream gets one, made of looks at the task', async () => {
  const { target, asked, bench } = await standFor()
  const { reply, outcome } = bench.stream(target.url, { body: Buffer.from(sendBody('SendStreamingMessage')) })
  expect(await outcome).toMatchObject({ kind: 'answered', task: { state: 'TASK_STATE_COMPLETED' } })
  const kinds = eventsIn(reply.text).map((event) => (event as { readonly result: object }).result)
  expect(kinds).toMatchObject([
    { task: { status: { state: 'TASK_STATE_SUBMITTED' } } },
    { statusUpdate: { status: { state: 'TASK_STATE_WORKING' } } },
    { artifactUpdate: { artifact: { parts: [{ text: 'one' }] }, append: false } },
    { artifactUpdate: { artifact: { parts: [{ text: 'two' }] }, append: true } },
    { statusUpdate: { status: { state: 'TASK_STATE_COMPLETED' } } },
  ])
  expect(asked[0]?.params).toMatchObject({ configuration: { returnImmediately: true } })
})

test('a caller that waits for the end of its task gets the end, though its agent answers at once', async () => {
  const { target, bench } = await standFor()
  const { outcome } = bench.unary(target.url, { body: Buffer.from(sendBody('SendMessage')) })
  const { answer } = await outcome
  expect(JSON.parse(String(answer?.body))).toMatchObject({
    id: 1,
    result: { task: { status: { state: 'TASK_STATE_COMPLETED' } } },
  })
})

test('a caller that does not want to wait does not', async () => {
  const { target, asked, bench } = await standFor()
  const body = sendBody('SendMessage', { configuration: { returnImmediately: true } })
  const { outcome } = bench.unary(target.url, { body: Buffer.from(body) })
  expect(JSON.parse(String((await outcome).answer?.body))).toMatchObject({
    result: { task: { status: { state: 'TASK_STATE_SUBMITTED' } } },
  })
  expect(asked).toHaveLength(1)
})

test('an agent that says it has no streams is asked without one', async () => {
  const target = await startRpcTarget((asked) => {
    if (asked.method === 'SendStreamingMessage') asked.fail(-32_004, 'no streams here')
    else asked.answer(task('TASK_STATE_COMPLETED'))
  })
  const bench = new RelayBench()
  opened.push(target, bench)
  const { reply, outcome } = bench.stream(target.url, { body: Buffer.from(sendBody('SendStreamingMessage')) })
  expect((await outcome).kind).toBe('answered')
  expect(eventsIn(reply.text)).toMatchObject([{ result: { task: { status: { state: 'TASK_STATE_COMPLETED' } } } }])
})

const working = bareTask('TASK_STATE_WORKING')

test('an agent that shows a task which goes on to a caller that waits is asked until it is over', async () => {
  let looks = 0
  const target = await startRpcTarget((asked) => {
    if (asked.method === 'SendMessage') asked.answer(task('TASK_STATE_SUBMITTED'))
    else asked.answer((looks += 1) < 3 ? working : stages[3])
  })
  const bench = new PolledBench()
  opened.push(target, bench)
  const { outcome } = bench.unary(target.url, { body: Buffer.from(sendBody('SendMessage')) })
  expect(JSON.parse(String((await outcome).answer?.body))).toMatchObject({
    id: 1,
    result: { task: { status: { state: 'TASK_STATE_COMPLETED' } } },
  })
  expect(looks).toBe(3)
})

test('what an agent showed stands where it cannot be asked again', async () => {
  const target = await startRpcTarget((asked) => {
    if (asked.method === 'SendMessage') asked.answer(task('TASK_STATE_WORKING'))
    else asked.fail(-32_601, 'no such method')
  })
  const bench = new PolledBench()
  opened.push(target, bench)
  const { outcome } = bench.unary(target.url, { body: Buffer.from(sendBody('SendMessage')) })
  expect(JSON.parse(String((await outcome).answer?.body))).toMatchObject({
    id: 1,
    result: { task: { status: { state: 'TASK_STATE_WORKING' } } },
  })
})

test.each(['exchange', 'caller'] as const)(
  'a halt where the %s cancels reaches the task that is waited for, though nobody was told of it yet',
  async (cancels) => {
    const cancelled = Promise.withResolvers<unknown>()
    const looked = Promise.withResolvers<void>()
    const target = await startRpcTarget((asked) => {
      if (asked.method === 'SendMessage') asked.answer(task('TASK_STATE_WORKING'))
      else if (asked.method === 'GetTask') asked.answer(working)
      if (asked.method === 'GetTask') looked.resolve()
      if (asked.method === 'CancelTask') cancelled.resolve(asked.params['id'])
    })
    const bench = new PolledBench()
    opened.push(target, bench)
    const { exchange, outcome } = bench.unary(target.url, { body: Buffer.from(sendBody('SendMessage')) })
    await looked.promise
    exchange.halt(deny('run_halted', 'a person said so'), cancels)
    expect(await cancelled.promise).toBe('t1')
    expect(await outcome).toMatchObject({ kind: 'halted', task: { id: 't1' } })
  },
)

function sendBody(method: string, more: object = {}): string {
  const message = { messageId: 'm1', role: 'ROLE_USER', parts: [{ text: 'hi' }] }
  return JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { message, ...more } })
}
