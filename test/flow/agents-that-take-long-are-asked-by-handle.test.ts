/** Long work behind `ask_<agent>`: its caller gets a handle, comes back with it, and what is halted is told as halted. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunView } from '../support/admin-views.ts'
import { type OwnClient, ownClient, startAskedAgents } from '../support/agents-as-tools.ts'
import { generations, modernPost, messageOf } from '../support/mcp-weir.ts'
import { until } from '../support/relay.ts'
import { startSlowAgent } from '../support/slow-agent.ts'
import { startWeir, type Weir, type WeirConfig } from '../support/weir.ts'

const path = '/mcp/_agents'
const asked = await startAskedAgents({})
const slow = await startSlowAgent(false)
let weir: Weir
const config = (over: WeirConfig = {}): WeirConfig => {
  const base = asked.config(over)
  const rows = base['agents'] as Record<string, object>
  return { ...base, agents: { ...rows, slow: { url: slow.url, groups: ['asked'], price: { call_micros: 1000 } } } }
}
beforeAll(async () => {
  weir = await startWeir(config({ timeouts: { ask_wait_ms: 5000 } }))
})
afterAll(async () => {
  await weir.stop()
  await slow.stop()
  await asked[Symbol.asyncDispose]()
})

const idOf = ({ structured }: Awaited<ReturnType<OwnClient['call']>>): string => String(structured?.['task_id'])
/** The one run in which a call is under way. */
const openRun = async (): Promise<RunView> => {
  const { runs } = await weir.ask<{ runs: RunView[] }>('/api/v1/runs')
  const open = runs.filter((run) => run.open > 0)
  expect(open).toHaveLength(1)
  return open[0] as RunView
}

describe.each(generations)('with a client of %s', (generation) => {
  test('whoever does not wait has a handle at once, and looks at the task by it', async () => {
    await using alice = await ownClient(weir, 'alice', { path, generation })
    const handle = await alice.call('ask_slow', { message: 'Work', wait: false })
    expect(handle).toMatchObject({ isError: false, structured: { state: 'working' } })
    const task_id = idOf(handle)
    expect(handle.text).toContain(`{"task_id": ${JSON.stringify(task_id)}}`)
    expect(await alice.call('ask_slow', { task_id })).toMatchObject({ structured: { state: 'working', task_id } })
    slow.finish(task_id)
    expect(await alice.call('ask_slow', { task_id })).toMatchObject({ structured: { state: 'completed', task_id } })
  })

  test('whoever waits hears on the way, and has a handle when it has waited long enough', async () => {
    await using alice = await ownClient(weir, 'alice', { path, generation })
    const heard: string[] = []
    const before = slow.streams()
    const calling = alice.call('ask_slow', { message: 'Work' }, (message) => heard.push(message))
    await until(() => slow.streams() > before)
    const last = [...slow.asked].filter(({ method }) => method === 'SendStreamingMessage').length - 1
    slow.tell(`slow-${last}`, 'half of it')
    const handle = await calling
    expect(handle).toMatchObject({ structured: { state: 'working', task_id: `slow-${last}` } })
    expect(heard).toEqual(['half of it'])
    expect(handle.text).toContain('half of it')
    slow.finish(idOf(handle))
  })

  test('whoever comes back may wait for the end', async () => {
    await using alice = await ownClient(weir, 'alice', { path, generation })
    const task_id = idOf(await alice.call('ask_slow', { message: 'Work', wait: false }))
    const before = slow.asked.filter(({ method }) => method === 'SubscribeToTask').length
    const waiting = alice.call('ask_slow', { task_id, wait: true })
    await until(() => slow.asked.some(({ method, params }) => method === 'GetTask' && params['id'] === task_id))
    slow.finish(task_id)
    expect(await waiting).toMatchObject({ structured: { state: 'completed', task_id } })
    expect(slow.asked.filter(({ method }) => method === 'SubscribeToTask').length - before).toBeLessThanOrEqual(1)
  })

  test('the task of somebody else is none', async () => {
    await using alice = await ownClient(weir, 'alice', { path, generation })
    await using bob = await ownClient(weir, 'bob', { path, generation })
    const task_id = idOf(await alice.call('ask_slow', { message: 'Work', wait: false }))
    const [theirs, nobodys] = [await bob.call('ask_slow', { task_id }), await bob.call('ask_slow', { task_id: 'none' })]
    expect(theirs).toMatchObject({ isError: true, structured: undefined })
    expect(theirs).toEqual(nobodys)
    slow.finish(task_id)
  })

  test('a run that is halted under a call says so to its caller', async () => {
    await using alice = await ownClient(weir, 'alice', { path, generation })
    const before = slow.streams()
    const calling = alice.call('ask_slow', { message: 'Work' })
    await until(() => slow.streams() > before)
    const { id } = await openRun()
    await weir.ask(`/api/v1/runs/${id}/halt`, { reason: 'enough', actor: 'user:ana' })
    const said = await calling
    expect(said).toMatchObject({ isError: true, structured: undefined })
    expect(said.text).toContain('[weir:run_halted]')
    expect(said.meta?.['dev.weir/problem']).toMatchObject({ code: 'run_halted', runId: id })
  })
})

test('a call that goes on for nobody does not hold up the gateway when it stops', async () => {
  const other = await startWeir(config())
  const alice = await ownClient(other, 'alice', { path })
  expect(await alice.call('ask_slow', { message: 'Work', wait: false })).toMatchObject({
    structured: { state: 'working' },
  })
  await alice[Symbol.asyncDispose]()
  // It would wait for half a minute for a caller that listens.
  const began = performance.now()
  expect(await other.stop()).toBe(0)
  expect(performance.now() - began).toBeLessThan(15_000)
})

test('a call of a tool leaves one record, that of the hop', async () => {
  const answer = await modernPost(weir, 'alice', {
    path,
    method: 'tools/call',
    params: { name: 'ask_slow', arguments: { message: 'Work', wait: false } },
  })
  const [hop, run] = [answer.headers.get('weir-hop-id'), answer.headers.get('weir-run-id')]
  const { result } = await messageOf(answer)
  slow.finish((result as { structuredContent: { task_id: string } }).structuredContent.task_id)
  const records = async () => (await weir.ask<{ hops: { id: string }[] }>(`/api/v1/runs/${run}`)).hops
  expect((await records()).map(({ id }) => id)).toEqual([hop])
})
