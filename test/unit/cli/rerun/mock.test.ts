/** The one server behind a replay: it holds calls of the run, answers the rest at once, and knows nobody but its gateway. */
import { expect, onTestFinished, test } from 'vitest'
import { type Arrival, openMock } from '../../../../src/cli/rerun/mock.ts'

async function open(): Promise<{ readonly url: string; readonly arrivals: readonly Arrival[] }> {
  const arrivals: Arrival[] = []
  const mock = await openMock({
    onArrival: (arrival) => void arrivals.push(arrival),
    toolsOf: () => ['read'],
    secret: 'known-to-its-gateway',
  })
  onTestFinished(() => mock[Symbol.asyncDispose]())
  return { url: mock.url, arrivals }
}

const send = (url: string, body: object, method = 'POST'): Promise<Response> =>
  fetch(url, { method, ...(method === 'POST' && { body: JSON.stringify(body) }) })

test('a call of the run waits for its answer, everything else has one at once', async () => {
  const { url, arrivals } = await open()
  const call = send(`${url}/agents/b`, { jsonrpc: '2.0', id: 1, method: 'SendMessage', params: {} })
  expect(await (await send(`${url}/agents/b`, { jsonrpc: '2.0', id: 2, method: 'GetTask' })).text()).toContain(
    'not found',
  )
  const listed = await send(`${url}/tools/files`, { jsonrpc: '2.0', id: 3, method: 'tools/list' })
  expect(await listed.text()).toContain('read')
  expect((await send(`${url}/tools/files`, {}, 'GET')).status).toBe(405)
  await expect.poll(() => arrivals.length).toBe(1)
  expect(arrivals[0]?.asked).toMatchObject({ path: '/agents/b', method: 'SendMessage', id: 1 })
  arrivals[0]?.answer('application/json', '{"late":true}')
  expect(await (await call).json()).toEqual({ late: true })
})

test('whoever does not know its address is told nothing', async () => {
  const { url, arrivals } = await open()
  const guessed = url.replace('known-to-its-gateway', 'agents')
  const answer = await send(`${guessed}/b`, { jsonrpc: '2.0', id: 1, method: 'SendMessage' })
  expect([answer.status, await answer.text(), arrivals.length]).toEqual([404, '', 0])
})

test('a target that breaks does so in the middle of the call', async () => {
  const { url, arrivals } = await open()
  const call = send(`${url}/agents/b`, { jsonrpc: '2.0', id: 1, method: 'SendMessage' })
  call.catch(() => undefined)
  await expect.poll(() => arrivals.length).toBe(1)
  arrivals[0]?.cut()
  await expect(call).rejects.toThrow()
})
