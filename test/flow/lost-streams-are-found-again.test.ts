import { afterEach, expect, test } from 'vitest'
import { eventsIn, RelayBench, until } from '../support/relay.ts'
import { type Asked, bareTask, piece, startRpcTarget, status, task } from '../support/rpc-target.ts'
import type { Target } from '../support/target.ts'

const opened: (Target | RelayBench)[] = []

afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop()
})

function keep<T extends Target | RelayBench>(one: T): T {
  opened.push(one)
  return one
}

/** A target whose stream is cut after two events; what it says to everything else is up to the test. */
async function cutting(how: 'end' | 'reset', then: (asked: Asked) => void): Promise<Target> {
  return keep(
    await startRpcTarget((asked) => {
      if (asked.method !== 'SendStreamingMessage') return then(asked)
      asked.begin(task('TASK_STATE_WORKING'), piece('a1', 'one'))
      setTimeout(() => asked[how](), 20)
    }),
  )
}

const results = (text: string): readonly unknown[] =>
  eventsIn(text.replaceAll(/^:\n\n/gm, '')).map((event) => (event as { readonly result: unknown }).result)

test.each(['end', 'reset'] as const)('a stream cut by %s goes on where the agent lets us subscribe', async (how) => {
  const target = await cutting(how, (asked) => {
    const artifacts = [{ artifactId: 'a1', parts: [{ text: 'one' }] }]
    asked.begin(task('TASK_STATE_WORKING', { artifacts }), piece('a1', 'two', true), status('TASK_STATE_COMPLETED'))
    asked.end()
  })
  const { reply, outcome } = keep(new RelayBench({ recover_tries: 3 })).stream(target.url)
  expect(await outcome).toMatchObject({ kind: 'answered', task: { state: 'TASK_STATE_COMPLETED' } })
  expect(results(reply.text).at(-1)).toEqual(status('TASK_STATE_COMPLETED'))
  expect(results(reply.text)).toContainEqual(piece('a1', 'two', true))
  expect(target.requests.filter((request) => request.includes('SubscribeToTask'))).toHaveLength(1)
})

test('where the task is over meanwhile, its caller gets it whole and the stream ends', async () => {
  const target = await cutting('reset', (asked) => {
    if (asked.method === 'SubscribeToTask') asked.fail(-32_004)
    else asked.answer(bareTask('TASK_STATE_COMPLETED', { artifacts: [{ artifactId: 'a1', parts: [{ text: 'all' }] }] }))
  })
  const { reply, outcome } = keep(new RelayBench({ recover_tries: 3 })).stream(target.url)
  expect((await outcome).kind).toBe('answered')
  expect(results(reply.text).at(-1)).toMatchObject({
    task: { status: { state: 'TASK_STATE_COMPLETED' }, artifacts: [{ parts: [{ text: 'all' }] }] },
  })
})

test('an agent that cannot be found again ends the stream with an error, after a few tries', async () => {
  const target = await cutting('reset', (asked) => asked.reset())
  const { reply, outcome } = keep(new RelayBench({ recover_tries: 2 })).stream(target.url)
  expect(await outcome).toMatchObject({ kind: 'fault', denial: { code: 'upstream_unavailable' } })
  expect(eventsIn(reply.text).at(-1)).toMatchObject({ error: { code: 1503 } })
  expect(target.requests).toHaveLength(3)
})

test('an agent that has forgotten the task ends the stream with an error and is not asked again', async () => {
  const target = await cutting('end', (asked) => asked.fail(-32_001, 'Task not found'))
  const { reply, outcome } = keep(new RelayBench({ recover_tries: 3 })).stream(target.url)
  expect((await outcome).kind).toBe('fault')
  expect(eventsIn(reply.text).at(-1)).toMatchObject({ error: { code: 1503 } })
  await until(() => target.requests.length === 2)
})
