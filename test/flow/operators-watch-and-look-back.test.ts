/** A real gateway and its operators: the live stream, history by pages, and what each role may. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { say } from '../support/caller.ts'
import { openEvents } from '../support/event-stream.ts'
import { completedTask, type ScriptedAgent, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, startWeir, type Weir } from '../support/weir.ts'

/** The machine may be busy with other things. */
const patient = { timeout: 20_000 }
let agent: ScriptedAgent
let weir: Weir
let token = ''
const viewer = 'viewer'.padEnd(40, '-')
const counter = 'counter'.padEnd(40, '-')

beforeAll(async () => {
  agent = await startScriptedAgent(() => completedTask('done'))
  weir = await startWeir({
    gateway: {
      admin_tokens: [
        { name: 'ana', roles: ['viewer'], secret: viewer },
        { name: 'carl', roles: ['finance'], secret: counter },
      ],
    },
    identity: { api_keys: [apiKey('console', 'tomas')] },
    agents: { console: { groups: ['entrypoints'], may_start_runs: true }, orchestrator: { url: agent.url } },
  })
  token = readFileSync(join(weir.directory, 'state', 'admin.token'), 'utf8').trim()
})

afterAll(async () => {
  await weir.stop()
  await agent.stop()
})

const call = (to = 'orchestrator'): Promise<unknown> => say(weir, { from: 'console', to })

interface Hops {
  readonly rows: readonly { readonly id: string; readonly target: string; readonly decision: string }[]
  readonly next: string | null
}

test('whoever watches sees calls as they end, and after a break what came meanwhile, once', async () => {
  const first = await openEvents(weir.admin, viewer, { path: '/api/v1/events?topics=hops,runs' })
  await call()
  await call('nobody')
  const calls = (events: typeof first.events) => events.filter(({ event }) => event === 'call')
  await expect.poll(() => calls(first.events).length, patient).toBe(2)
  const last = first.events.findLast(({ event }) => event === 'call')
  first.close()
  await call()
  await call()
  // What was heard while nobody read is told to whoever comes back.
  const second = await openEvents(weir.admin, viewer, { path: '/api/v1/events?topics=hops', lastId: last?.id ?? '' })
  await expect.poll(() => calls(second.events).length, patient).toBe(2)
  expect(second.events.map(({ event }) => event)).not.toContain('reset')
  const seen = [...calls(first.events), ...calls(second.events)].map(({ data }) => (data['row'] as { id: string }).id)
  expect(new Set(seen).size).toBe(4)
  second.close()
})

test('a place nobody knows is a reset, and a filter shows what passes it', async () => {
  const stream = await openEvents(weir.admin, viewer, {
    path: '/api/v1/events?topics=denials&filter=decision:deny%20target:agent:nobody',
    lastId: '999999999',
  })
  await call()
  await call('nobody')
  await expect.poll(() => stream.events.map(({ event }) => event), patient).toEqual(['ready', 'reset', 'call'])
  stream.close()
})

test('a halt reaches who looks at halts', async () => {
  const stream = await openEvents(weir.admin, token, { path: '/api/v1/events?topics=halts' })
  const run = await weir.ask<{ id: string }>('/api/v1/runs', { agent: 'console', reason: 'nightly' })
  await weir.ask(`/api/v1/runs/${run.id}/halt`, { reason: 'enough' })
  await expect
    .poll(() => stream.events.find(({ event }) => event === 'run')?.data['row'])
    .toMatchObject({ run: run.id })
  stream.close()
})

test('pages of calls repeat nothing and lose nothing while new ones come in', async () => {
  for (let calls = 0; calls < 12; calls++) await call()
  const known = async (): Promise<number> => (await weir.ask<Hops>('/api/v1/hops?limit=1000')).rows.length
  await expect.poll(known, patient).toBeGreaterThanOrEqual(12)
  const before = (await weir.ask<Hops>('/api/v1/hops?limit=1000')).rows.map(({ id }) => id)
  const walked: string[] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const query = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const page: Hops = await weir.ask<Hops>(`/api/v1/hops?limit=3${query}`)
    walked.push(...page.rows.map(({ id }) => id))
    cursor = page.next
    await call()
  }
  expect(new Set(walked).size).toBe(walked.length)
  expect(walked.filter((id) => before.includes(id))).toEqual(before)
})

test('runs, their stories, cost and the busiest agents come from the index', async () => {
  const { runs } = await weir.ask<{ runs: { id: string; calls: number }[] }>('/api/v1/runs?filter=root:console&limit=2')
  expect(runs.length).toBeGreaterThan(0)
  const [run] = runs
  // It may be younger than the index.
  const tell = (): Promise<unknown> => weir.ask(`/api/v1/runs/${run?.id}/story`).catch(() => null)
  await expect.poll(tell, patient).toMatchObject({ schema: 'weir.story/v1', run: { id: run?.id }, complete: true })
  const about = (what: string): Promise<unknown> => weir.ask(`/api/v1/runs/${run?.id}/${what}`)
  expect(await about('story?last=1')).toMatchObject({ schema: 'weir.story/v1', hops: [{}], complete: true })
  expect(await about('tree')).toMatchObject({ schema: 'weir.run_tree/v1', rows: [{ kind: 'hop', hop: { number: 1 } }] })
  expect(await about('explain')).toMatchObject({ schema: 'weir.explanation/v1', run: { id: run?.id } })
  await expect(about('story?last=0')).rejects.toThrow('400')
  const keys = async (): Promise<readonly string[]> =>
    (await weir.ask<{ rows: { key: string }[] }>('/api/v1/cost?filter=since:1h')).rows.map(({ key }) => key)
  await expect.poll(keys, patient).toContain('agent:console')
  const top = await weir.ask<{ rows: { agent: string; runs: number }[] }>('/api/v1/top?window=600')
  expect(top.rows[0]).toMatchObject({ agent: 'agent:console' })
})

test('each token may what its roles may, and a filter that cannot be read says where', async () => {
  const ask = async (shown: string, path: string): Promise<readonly [number, unknown]> => {
    const answer = await fetch(`${weir.admin}${path}`, { headers: { authorization: `Bearer ${shown}` } })
    return [answer.status, await answer.json()]
  }
  expect(await ask(counter, '/api/v1/runs')).toMatchObject([403, { code: 'role_required' }])
  expect(await ask(counter, '/api/v1/cost?by=team')).toMatchObject([200, { schema: 'weir.cost/v1' }])
  expect(await ask(viewer, '/api/v1/hops?filter=agnet:x')).toMatchObject([400, { code: 'bad_filter' }])
  expect(await ask(`${viewer}x`, '/api/v1/hops')).toMatchObject([401, {}])
})

test('streams end with the gateway', async () => {
  const stopping = await startWeir({ identity: { api_keys: [] }, agents: {} })
  const own = readFileSync(join(stopping.directory, 'state', 'admin.token'), 'utf8').trim()
  const stream = await openEvents(stopping.admin, own)
  expect(await stopping.stop()).toBe(0)
  await stream.ended
})
