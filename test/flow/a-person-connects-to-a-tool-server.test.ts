import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { eventually } from '../kit/edge.ts'
import { agree, followLink, openLink } from '../support/connect-browser.ts'
import { type Guarded, guard } from '../support/guarded-server.ts'
import { type McpFixture, serveMcpFixture } from '../support/mcp-server.ts'
import { configForTools, filesServer, messageOf, modernPost, toolClient } from '../support/mcp-weir.ts'
import { apiKey, keyOf, startWeir, type Weir } from '../support/weir.ts'

let fixture: McpFixture
let guarded: Guarded
let weir: Weir
/** Nobody has connected before: one agent and one person for each test, and one for somebody else. */
let [alice, person, bob] = ['', '', '']
let turn = 0

beforeAll(async () => {
  fixture = await serveMcpFixture(() => filesServer())
  guarded = await guard(fixture)
  weir = await startWeir(config())
})

beforeEach(() => {
  turn += 2
  alice = `a${turn}`
  person = `user:p${turn}`
  bob = `a${turn + 1}`
  Object.assign(guarded, { wants: ['files'], lifetime_s: 3600, login: `p${turn}` })
  for (const list of [guarded.grants, guarded.authorizations, guarded.shown]) list.length = 0
})

afterAll(async () => {
  await weir.stop()
  await guarded[Symbol.asyncDispose]()
  await fixture[Symbol.asyncDispose]()
})

function config() {
  const names = Array.from({ length: 40 }, (_, at) => at)
  const user = { groups: ['users'], may_start_runs: true }
  return configForTools(
    guarded.url,
    { headers: {}, credential: { mode: 'user' } },
    {
      gateway: { public_url: undefined },
      agents: Object.fromEntries(names.map((at) => [`a${at}`, user])),
      identity: {
        api_keys: names.map((at) => apiKey(`a${at}`, `p${at}`)),
        people: [{ issuer: guarded.origin, jwks: `${guarded.origin}/jwks`, clients: {} }],
      },
      limits: {},
    },
  )
}

interface Told {
  readonly text: string
  readonly link: string
}

/** What a refused call of a tool says. */
async function callRefused(agent: string, method = 'tools/call'): Promise<Told> {
  const params = method === 'tools/call' ? { name: 'read', arguments: { path: 'a' } } : {}
  const text = JSON.stringify(await messageOf(await modernPost(weir, agent, { method, params })))
  return { text, link: /"connectUrl":"([^"]+)"/.exec(text)?.[1] ?? '' }
}

async function connect(agent: string): Promise<void> {
  const { link } = await callRefused(agent)
  expect((await followLink(link)).status).toBe(200)
}

async function read(agent: string): Promise<string> {
  await using client = await toolClient(weir, agent, 'v2 modern')
  return (await client.call('read', { path: 'a' })).text
}

test('a call without a token says where its person connects, and goes through once they have', async () => {
  const { text, link } = await callRefused(alice)
  expect(text).toContain('"isError":true')
  expect(text).toContain(`Open ${link} .`)
  expect(link.startsWith(`${weir.url}/connect/files?ask=`)).toBe(true)
  const { status, page } = await followLink(link)
  expect([status, page]).toEqual([200, expect.stringContaining('Connected')])
  expect(await read(alice)).toBe('content of a')
  const [asked] = guarded.authorizations
  expect(asked?.get('resource')).toBe(guarded.url)
  expect(asked?.get('scope')).toBe('files openid')
  expect(guarded.registered).toHaveLength(1)
  expect(guarded.registered[0]).toMatchObject({
    application_type: 'native',
    redirect_uris: [`${weir.url}/connect/callback`],
  })
})

test('the credential of the caller never reaches the server, and the token of one person is not sent for another', async () => {
  await connect(alice)
  await read(alice)
  const seen = fixture.seen.length
  expect((await callRefused(bob)).link).not.toBe('')
  expect(fixture.seen.length).toBe(seen)
  const all = JSON.stringify([guarded.shown, guarded.grants.map(String), fixture.seen])
  for (const agent of [alice, bob]) expect(all).not.toContain(keyOf(agent))
})

test('a client that can open links is asked in its own words, and nothing of that reaches the server', async () => {
  const url = new URL('/mcp/s/files', weir.url)
  const requestInit = { headers: { authorization: `Bearer ${keyOf(alice)}` } }
  const open = async (onLink: (link: string) => Promise<unknown>): Promise<string> => {
    const versionNegotiation = { mode: { pin: '2026-07-28' } } as const
    const capabilities = { elicitation: { url: {} } }
    const client = new Client({ name: 'test', version: '1.0.0' }, { capabilities, versionNegotiation })
    client.setRequestHandler('elicitation/create', async ({ params }) => {
      await onLink('url' in params ? params.url : '')
      return { action: 'accept' }
    })
    // Connected before, so that the greeting goes through and the call alone is refused.
    await client.connect(new StreamableHTTPClientTransport(url, { requestInit }))
    await using _closing = { [Symbol.asyncDispose]: () => client.close() }
    const { content } = await client.callTool({ name: 'read', arguments: { path: 'a' } })
    return JSON.stringify(content)
  }
  await connect(alice)
  guarded.wants = ['write']
  expect(await open(async () => null)).toContain('connect_required')
  expect(await open(followLink)).toContain('content of a')
  expect(JSON.stringify(fixture.seen)).not.toContain('dev.weir')
})

test('many calls at once leave one link, and it counts once', async () => {
  const links = await Promise.all(Array.from({ length: 5 }, async () => (await callRefused(alice)).link))
  expect(new Set(links).size).toBe(1)
  const [link = ''] = links
  expect((await followLink(link)).status).toBe(200)
  expect((await followLink(link)).status).toBe(410)
})

test('a client that asks what there is hears of it too, and does not take the server for an old one', async () => {
  const answer = await modernPost(weir, alice, { method: 'server/discover' })
  expect(answer.status).toBe(403)
  expect(await answer.text()).toContain('connect_required')
  const listed = await modernPost(weir, alice, { method: 'tools/list' })
  expect([listed.status, await listed.text()]).toEqual([200, expect.stringContaining('"connectUrl"')])
})

test('the page names who asks for what, runs nothing, and is in no frame', async () => {
  const { page, headers } = await openLink((await callRefused(alice)).link)
  for (const word of [`agent:${alice}`, person, 'files', guarded.origin]) expect(page).toContain(word)
  expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
  expect(headers.get('referrer-policy')).toBe('no-referrer')
  expect(headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Lax/)
})

test('whoever agreed in one browser cannot be finished in another', async () => {
  const { link } = await callRefused(alice)
  const seen = await openLink(link)
  const sentOn = await agree(link, seen)
  const back = (await fetch(sentOn.headers.get('location') ?? '', { redirect: 'manual' })).headers.get('location') ?? ''
  const cookie = seen.cookie.replace(/=.*/, `=${'0'.repeat(64)}`)
  expect((await fetch(back, { headers: { cookie } })).status).toBe(400)
  expect((await fetch(back)).status).toBe(403)
  expect(guarded.grants).toEqual([])
  expect((await fetch(back, { headers: { cookie: seen.cookie } })).status).toBe(200)
  expect((await fetch(back, { headers: { cookie: seen.cookie } })).status).toBe(400)
})

test('whoever is sent the link of somebody else does not lend them their own account', async () => {
  const { link } = await callRefused(alice)
  guarded.login = 'victim'
  expect((await followLink(link)).status).toBe(400)
  expect((await callRefused(alice)).link).not.toBe('')
  expect(weir.log()).toContain('somebody else has logged in than the person who was asked')
})

test('nobody agrees who has not seen the page, or from another site', async () => {
  const { link } = await callRefused(alice)
  const { ask, cookie } = await openLink(link)
  expect((await agree(link, { ask, cookie: '' })).status).toBe(403)
  const url = new URL(link)
  const foreign = await fetch(url.origin + url.pathname, {
    method: 'POST',
    headers: { cookie, 'sec-fetch-site': 'cross-site' },
    body: new URLSearchParams({ ask }).toString(),
  })
  expect(foreign.status).toBe(403)
})

test('a token that the server takes no more is renewed, and the refresh token is used once', async () => {
  await connect(alice)
  guarded.endTokens()
  expect(await read(alice)).toBe('content of a')
  guarded.endTokens()
  expect(await read(alice)).toBe('content of a')
  const used = guarded.grants.map((form) => form.get('refresh_token')).filter((token) => token !== null)
  expect(new Set(used).size).toBe(2)
})

test('a token that ends soon is renewed before the server says so', async () => {
  guarded.lifetime_s = 30
  await connect(alice)
  const refused = guarded.shown.filter((header) => header !== undefined).length
  expect(await read(alice)).toBe('content of a')
  expect(guarded.grants.some((form) => form.get('grant_type') === 'refresh_token')).toBe(true)
  expect(refused).toBe(0)
})

test('where nothing can be renewed the person is asked again', async () => {
  await connect(alice)
  guarded.endTokens()
  guarded.endGrants()
  expect((await callRefused(alice)).link).not.toBe('')
})

test('more scopes are asked for together with those that were given, and not for ever', async () => {
  await connect(alice)
  guarded.wants = ['write']
  await connect(alice)
  expect(guarded.authorizations.at(-1)?.get('scope')).toBe('files openid write')
  expect(await read(alice)).toBe('content of a')
  for (const more of ['a', 'b']) {
    guarded.wants = [more]
    await connect(alice)
  }
  guarded.wants = ['c']
  const { link, text } = await callRefused(alice)
  expect([link, text]).toEqual(['', expect.stringContaining('upstream_unavailable')])
})

test('what was connected is connected after a restart, and lies sealed', async () => {
  await connect(alice)
  const { directory } = weir
  const kept = readFileSync(join(directory, 'state', 'tool-tokens.json'), 'utf8')
  for (const [token] of [guarded.grants.map((form) => form.get('code_verifier') ?? '')])
    expect(kept).not.toContain(token)
  expect(kept).not.toContain('se-cret')
  await weir.kill('SIGTERM')
  weir = await startWeir(config(), directory)
  expect(await read(alice)).toBe('content of a')
})

test('whoever is revoked has to connect again', async () => {
  await connect(alice)
  await weir.ask(`/api/v1/people/${person}/revoke`, { reason: 'left', actor: 'test' })
  const kept = (): string => readFileSync(join(weir.directory, 'state', 'tool-tokens.json'), 'utf8')
  await eventually(() => !kept().includes(person))
})
