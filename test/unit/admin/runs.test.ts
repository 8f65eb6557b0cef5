import { anyAdmin } from '../../../src/admin/callers.ts'
import { beforeEach, describe, expect, test } from 'vitest'
import { runRoutes } from '../../../src/admin/runs.ts'
import type { PersonId } from '../../../src/domain/ids.ts'
import { pave, type TestRoad } from '../../support/road.ts'

const ana = 'user:ana' as PersonId

let trial: TestRoad

beforeEach(async () => {
  trial = await pave()
})

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

async function post(path: string, body: unknown): Promise<Answer> {
  const [, id = ''] = /\/runs\/([^/]+)\//.exec(path) ?? []
  const route = runRoutes(trial.road).find(
    (each) => each.method === 'POST' && each.path === path.replace(id || '-', ':id'),
  )
  if (!route) throw new Error(`no route for ${path}`)
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const answer = await route.answer({
    parameters: { id },
    query: new URLSearchParams(),
    headers: new Map(),
    caller: anyAdmin,
    body: Buffer.from(text),
  })
  return { status: answer.status, body: JSON.parse(answer.body) as Answer['body'] }
}

const open = (more: object = {}): Promise<Answer> =>
  post('/api/v1/runs', { agent: 'console', reason: 'nightly', actor: 'tomas', ...more })
const end = (id: unknown, more: object = { reason: 'done', actor: 'ana' }): Promise<Answer> =>
  post(`/api/v1/runs/${String(id)}/end`, more)
const runEntries = (): unknown[] => trial.entries.filter(({ kind }) => kind === 'run')

describe('runs that operators begin', () => {
  test('one is there before its first call, and its agent joins it by name', async () => {
    const { status, body } = await open({ person: 'ana' })
    expect(status).toBe(201)
    expect(body).toMatchObject({
      schema: 'weir.run/v1',
      state: 'active',
      root: 'agent:console',
      person: 'user:ana',
      calls: 0,
    })
    const headers = { 'weir-run-id': String(body['id']) }
    const going = trial.call('console', 'orchestrator', { person: ana, headers })
    await expect.poll(() => trial.sent.length).toBe(1)
    expect(trial.sent[0]?.hop.run.id).toBe(body['id'])
    expect(await end(body['id'])).toMatchObject({ status: 409, body: { code: 'run_busy' } })
    trial.sent[0]?.done({ kind: 'answered', status: 200 } as never)
    await going.catch(() => undefined)
  })

  test('names may be written in full, and nobody is somebody else', async () => {
    const full = await open({ agent: 'agent:console', person: 'user:ana' })
    expect(full.body).toMatchObject({ root: 'agent:console', person: 'user:ana' })
    const { body } = await open()
    expect(body).toMatchObject({ person: null })
    const headers = { 'weir-run-id': String(body['id']) }
    void trial.call('console', 'orchestrator', { person: ana, headers })
    await expect.poll(() => trial.sent.length).toBe(1)
    expect(trial.sent[0]?.hop.run.id).not.toBe(body['id'])
  })

  test('it waits as long as its wall clock, and not only while it is idle', async () => {
    const { body } = await open()
    trial.clock.advance(5 * 60_000)
    trial.road.runs.sweep(trial.clock.now())
    trial.road.runs.sweep(trial.clock.now())
    expect(trial.road.runs.list()).toMatchObject([{ id: body['id'], state: 'active' }])
  })

  test('its beginning and its end are recorded, each with who and why', async () => {
    const { body } = await open({ person: 'ana' })
    expect(await end(body['id'])).toMatchObject({ status: 200, body: { state: 'ended', id: body['id'] } })
    const run = { run: body['id'], root: 'agent:console', human: 'user:ana', code: 'operator' }
    expect(runEntries()).toMatchObject([
      { ...run, event: 'opened', reason: 'nightly', actor: 'tomas' },
      { ...run, event: 'ended', reason: 'done', actor: 'ana' },
    ])
  })

  test('what is over is not ended again', async () => {
    const [ended, halted] = [(await open()).body['id'], (await open()).body['id']]
    await end(ended)
    expect(await end(ended)).toMatchObject({ status: 409, body: { code: 'run_over' } })
    expect(await post(`/api/v1/runs/${String(halted)}/halt`, { reason: 'enough' })).toMatchObject({ status: 200 })
    expect(await end(halted)).toMatchObject({ status: 409, body: { code: 'run_over' } })
  })

  test.each([
    [404, 'not_found', { agent: 'nobody' }],
    [404, 'not_found', { agent: 'user:console' }],
    [404, 'not_found', { agent: 7 }],
    [404, 'not_found', { agent: undefined }],
    [403, 'run_context_required', { agent: 'research' }],
    [400, 'invalid_request', { person: 'a b' }],
    [400, 'invalid_request', { person: 7 }],
    [400, 'invalid_request', { person: 'agent:console' }],
    [400, 'invalid_request', { reason: ' ' }],
    [400, 'invalid_request', { reason: undefined }],
    [400, 'invalid_request', { actor: 7 }],
  ])('%s %s for %j, and no run is opened', async (status, code, more) => {
    expect(await open(more)).toMatchObject({ status, body: { status, code } })
    expect(trial.road.runs.list()).toEqual([])
    expect(trial.entries).toEqual([])
  })

  test('what is no order at all is refused', async () => {
    for (const body of ['', '{', '[]', 'null', '{"reason":'])
      expect(await post('/api/v1/runs', body)).toMatchObject({ status: 400 })
    const { body } = await open()
    expect(await end(body['id'], {})).toMatchObject({ status: 400 })
    expect(await end('run_0')).toMatchObject({ status: 404 })
  })

  test('a full table and a ledger that takes nothing are said, and leave no run behind', async () => {
    trial = await pave({ maximums: { runs: 1 } })
    const going = trial.call('console', 'orchestrator')
    await expect.poll(() => trial.sent.length).toBe(1)
    expect(await open()).toMatchObject({ status: 503, body: { code: 'busy' } })
    void going
    trial = await pave()
    Object.assign(trial.road.ledger, { append: () => false })
    expect(await open()).toMatchObject({ status: 503, body: { code: 'busy' } })
    expect(trial.road.runs.active).toBe(0)
  })
})
