/**
 * Cards between strangers: what others say of their agents opens nothing, what we say of them tells nobody more than they
 * may know, and an agent that begins to say something else is not called until somebody has looked.
 */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { cardAt, type CardAgent, searchSkill, startCardAgent } from '../support/card-agent.ts'
import { callHeaders, refusalOf, say } from '../support/caller.ts'
import { completedTask } from '../support/scripted-agent.ts'
import { apiKey, startWeir, type Weir } from '../support/weir.ts'

const pay = { id: 'pay', name: 'Pay', description: 'Moves money.', tags: ['money'] }

let weir: Weir
let agent: CardAgent
let inside: CardAgent

beforeAll(async () => {
  agent = await startCardAgent(JSON.stringify({ jsonrpc: '2.0', id: 1, result: completedTask('done') }))
  inside = await startCardAgent()
  const place = agent.origin.replace('http://', '')
  const description = `Finds <b>things</b> at ${agent.origin}/ or ${place}.`
  agent.card = cardAt(agent.origin, { description, skills: [searchSkill, pay], iconUrl: `${agent.origin}/icon.png` })
  const url = `${agent.origin}/`
  const card = { url: agent.url, refresh_s: 10 }
  weir = await startWeir({
    gateway: { outside: { allow: ['127.0.0.1'] } },
    identity: { api_keys: [apiKey('console', 'tomas'), apiKey('orchestrator', 'tomas'), apiKey('stranger')] },
    agents: {
      console: { groups: ['entrypoints'], may_start_runs: true },
      stranger: {},
      orchestrator: { url, card, may_start_runs: true },
      finder: { facet_of: 'orchestrator', skills: ['search'], groups: ['subagents'] },
      stub: { url, discovery: 'stub', groups: ['subagents'], description: 'Knows all salaries.' },
      open: { url, discovery: 'full', groups: ['subagents'], description: 'Tells the time.' },
      cloud: { url: 'http://169.254.169.254/', card: { url: 'http://169.254.169.254/card' }, groups: ['subagents'] },
    },
  })
  await vi.waitUntil(async () => (await shown('orchestrator')).digest !== null, { timeout: 10_000 })
  await vi.waitUntil(async () => (await shown('cloud')).card.problem !== null, { timeout: 10_000 })
})

afterAll(async () => {
  await weir.stop()
  await agent.stop()
  await inside.stop()
})

interface Shown {
  readonly state: string
  readonly digest: string | null
  readonly card: {
    readonly problem: string | null
    readonly changes: readonly string[]
    readonly pending: { readonly digest: string } | null
  }
}

const shown = (slug: string): Promise<Shown> => weir.ask<Shown>(`/api/v1/agents/${slug}`)

async function get(path: string, from: string | null, headers: Readonly<Record<string, string>> = {}) {
  const credential = from === null ? {} : { authorization: callHeaders(from)['authorization'] ?? '' }
  const answer = await fetch(`${weir.url}${path}`, { headers: { ...credential, ...headers } })
  const text = await answer.text()
  const json = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {}
  return { status: answer.status, headers: answer.headers, text, json }
}

const cardPath = (slug: string): string => `/a2a/${slug}/.well-known/agent-card.json`

describe('what is told of an agent', () => {
  test('is what it says, cleaned, at our address, and nothing of where it is', async () => {
    const { json, text } = await get(cardPath('orchestrator'), 'console')
    expect(json).toMatchObject({
      name: 'Finder',
      description: 'Finds things at or .',
      url: 'http://weir.test/a2a/orchestrator/',
      skills: [{ id: 'search' }, { id: 'pay' }],
      capabilities: { extensions: [{ params: { upstreamDigest: (await shown('orchestrator')).digest } }] },
    })
    expect(text).not.toContain(new URL(agent.origin).host)
    expect(text).not.toContain('127.0.0.1')
  })

  test('follows neither Host nor any header of proxies', async () => {
    const { text } = await get(cardPath('orchestrator'), 'console')
    const evil = { host: 'evil.example', 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' }
    const { text: same, headers } = await get(cardPath('orchestrator'), 'console', evil)
    expect(same).toBe(text)
    const { status } = await get(cardPath('orchestrator'), 'console', { 'if-none-match': headers.get('etag') ?? '' })
    expect(status).toBe(304)
  })

  test('is nothing at all without a credential, whether there is such an agent or not', async () => {
    for (const slug of ['orchestrator', 'finder', 'cloud', 'nobody']) {
      const { status, headers } = await get(cardPath(slug), null)
      expect([slug, status, headers.get('www-authenticate')?.startsWith('Bearer ')]).toEqual([slug, 401, true])
    }
  })

  test('is the same for a hidden agent and a missing one, byte for byte', async () => {
    const missing = await get(cardPath('nobody'), 'stranger')
    expect(missing.status).toBe(404)
    for (const slug of ['orchestrator', 'finder', 'stub', 'open', 'stranger', 'console']) {
      const hidden = await get(cardPath(slug), 'stranger')
      expect([slug, hidden.status, hidden.text]).toEqual([slug, missing.status, missing.text])
      expect([...hidden.headers.keys()]).toEqual([...missing.headers.keys()])
    }
  })

  test('is how to call it where the operator says stub, and all where the operator says full', async () => {
    const stub = await get(cardPath('stub'), null)
    expect(stub.json).toMatchObject({ name: 'stub', url: 'http://weir.test/a2a/stub/', securitySchemes: { weir: {} } })
    expect(stub.text).not.toContain('salaries')
    expect(stub.headers.get('cache-control')).toBe('public, max-age=60')
    expect((await get(cardPath('open'), null)).text).toContain('Tells the time.')
    expect((await get(cardPath('stub'), 'orchestrator')).text).toContain('salaries')
  })

  test('is nothing to who shows a credential that does not count, also where anybody else sees it', async () => {
    const { status } = await get(cardPath('open'), null, { authorization: 'Bearer wk_nobody_x' })
    expect(status).toBe(401)
  })
})

describe('the catalogue', () => {
  const slugsOf = (json: Record<string, unknown>): readonly string[] =>
    (json['agents'] as readonly { slug: string }[]).map(({ slug }) => slug)

  test('lists what the caller may invoke, with where the card is, and nothing else', async () => {
    const { json } = await get('/a2a', 'console')
    expect(json).toEqual({
      schema: 'weir.catalogue/v1',
      agents: [
        {
          slug: 'orchestrator',
          name: 'Finder',
          description: 'Finds things at or .',
          url: 'http://weir.test/a2a/orchestrator/.well-known/agent-card.json',
          skills: [
            { id: 'search', name: 'Search' },
            { id: 'pay', name: 'Pay' },
          ],
        },
      ],
      nextPageToken: '',
    })
    expect(slugsOf((await get('/a2a', 'stranger')).json)).toEqual([])
  })

  test('comes in pages that are bounded', async () => {
    const first = (await get('/a2a?pageSize=3', 'orchestrator')).json
    expect([slugsOf(first), first['nextPageToken']]).toEqual([['cloud', 'finder', 'open'], 'open'])
    const second = (await get('/a2a?pageSize=3&pageToken=open', 'orchestrator')).json
    expect([slugsOf(second), second['nextPageToken']]).toEqual([['stub'], ''])
    for (const query of ['pageSize=0', 'pageSize=101', 'pageSize=x', 'pageSize=-1', 'pageToken=A!', 'pageSize='])
      expect((await get(`/a2a?${query}`, 'console')).status).toBe(400)
  })
})

test('a facet shows its skills only, under its own name, and its calls reach the agent', async () => {
  const { json, text } = await get(cardPath('finder'), 'orchestrator')
  expect(json).toMatchObject({ name: 'finder', url: 'http://weir.test/a2a/finder/', skills: [{ id: 'search' }] })
  expect(text).not.toContain('pay')
  expect((await say(weir, { from: 'orchestrator', to: 'finder' })).body.result).toBeDefined()
  expect(refusalOf(await say(weir, { from: 'console', to: 'finder' }))).toBe('not_found')
})

test('a card at a metadata service is never fetched', async () => {
  const { card, state } = await shown('cloud')
  expect([card.problem, state]).toEqual([expect.stringContaining('refused_address') as string, 'ok'])
})

test('a changed skill puts an agent and its facets into quarantine until that very card is approved', async () => {
  agent.card = cardAt(agent.origin, { skills: [searchSkill, { ...pay, description: 'Moves all the money.' }] })
  await expect.poll(async () => (await shown('orchestrator')).state, { timeout: 20_000 }).toBe('quarantined')
  const refused = await say(weir, { from: 'console', to: 'orchestrator' })
  expect([refusalOf(refused), refused.headers.get('x-should-retry')]).toEqual(['agent_quarantined', 'false'])
  expect(refused.text).not.toContain(new URL(agent.origin).host)
  expect(refusalOf(await say(weir, { from: 'orchestrator', to: 'finder' }))).toBe('agent_quarantined')
  // Who may not call it does not learn of it.
  expect(refusalOf(await say(weir, { from: 'stranger', to: 'orchestrator' }))).toBe('not_found')
  expect((await get(cardPath('orchestrator'), 'console')).text).not.toContain('all the money')
  const { card } = await shown('orchestrator')
  expect(card.changes).toEqual(['description changed', 'skill pay changed'])
  const order = { reason: 'looked at it', actor: 'ops' }
  const approve = (body: object): Promise<Shown> => weir.ask<Shown>('/api/v1/agents/orchestrator/approve', body)
  await expect(approve({ ...order, digest: 'f'.repeat(64) })).rejects.toThrow('card_changed_again')
  await expect(approve({ digest: card.pending?.digest })).rejects.toThrow('400')
  expect((await approve({ ...order, digest: card.pending?.digest })).state).toBe('ok')
  expect(refusalOf(await say(weir, { from: 'console', to: 'orchestrator' }))).toBeNull()
  expect((await get(cardPath('orchestrator'), 'console')).text).toContain('all the money')
  await expect(approve(order)).rejects.toThrow('not_quarantined')
}, 40_000)
