/** The official client with its OAuth provider, a real authorization server, and Weir as the resource. */
import {
  Client,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client'
import { decodeJwt } from 'jose'
import { afterAll, expect, test } from 'vitest'
import type { CallRecord } from '../../src/domain/record.ts'
import { ledgerOf } from '../support/ledger-entries.ts'
import { freePort } from '../support/langgraph.ts'
import { serveMcpFixture } from '../support/mcp-server.ts'
import { configForTools, filesServer } from '../support/mcp-weir.ts'
import { clickThrough, startPeopleIssuer } from '../support/person.ts'
import { apiKey, startWeir } from '../support/weir.ts'

const fixture = await serveMcpFixture(filesServer)
const provider = await startPeopleIssuer()
const base = configForTools(fixture.url, {
  tools: { read: {}, erase: { scope: 'files:erase' }, vault: { scope: 'never' } },
})
const listen = `127.0.0.1:${await freePort()}`
const weir = await startWeir({
  ...base,
  gateway: { listen, public_url: `http://${listen}` },
  identity: { issuers: [provider.toolsRow('alice')], api_keys: [apiKey('bob')] },
  limits: { run: { cost_micros_max: 2_000_000_000_000 } },
})

afterAll(async () => {
  await weir.stop()
  await provider.stop()
  await fixture[Symbol.asyncDispose]()
})

/** A client program: keeps its tokens in memory, and what it was sent to log in at. */
class Desktop implements OAuthClientProvider {
  readonly redirectUrl = 'http://127.0.0.1/callback'
  readonly clientMetadata = { client_name: 'Desktop', redirect_uris: [this.redirectUrl] }
  readonly logins: URL[] = []
  held: StoredOAuthTokens | undefined
  #found: OAuthDiscoveryState | undefined
  #verifier = ''

  clientInformation() {
    return { client_id: 'desktop' }
  }

  tokens() {
    return this.held
  }

  saveTokens(tokens: StoredOAuthTokens): void {
    this.held = tokens
  }

  redirectToAuthorization(url: URL): void {
    this.logins.push(url)
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier
  }

  saveDiscoveryState(found: OAuthDiscoveryState): void {
    this.#found = found
  }

  discoveryState() {
    return this.#found
  }

  codeVerifier(): string {
    return this.#verifier
  }
}

const resource = `${weir.url}/mcp/s/files`

test.each([
  ['legacy', {}],
  ['modern', { versionNegotiation: { mode: 'auto' as const } }],
])(
  'a client of the %s era logs its user in, calls, and steps up once for a tool that needs more',
  async (_era, mode) => {
    const desktop = new Desktop()
    const transportOf = () => new StreamableHTTPClientTransport(new URL(resource), { authProvider: desktop })
    const clientOf = () => new Client({ name: 'desktop', version: '1.0.0' }, mode)
    const first = transportOf()
    await expect(clientOf().connect(first)).rejects.toThrow(UnauthorizedError)
    await first.finishAuth((await clickThrough(desktop.logins[0]?.href ?? '', 'tomas')).searchParams)
    expect(desktop.logins[0]?.searchParams.get('scope')).toBe('tool:call')
    expect(desktop.logins[0]?.searchParams.get('resource')).toBe(resource)
    expect(decodeJwt(desktop.held?.access_token ?? '')).toMatchObject({ aud: resource, scope: 'tool:call' })

    const transport = transportOf()
    const client = clientOf()
    await client.connect(transport)
    // What policy never allows it stays hidden; what a token with more scopes allows is seen.
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['read', 'erase', 'wait'])
    expect(await client.callTool({ name: 'read', arguments: { path: 'a' } })).toMatchObject({
      content: [{ text: 'content of a' }],
    })

    await expect(client.callTool({ name: 'erase' })).rejects.toThrow(UnauthorizedError)
    expect(desktop.logins).toHaveLength(2)
    expect(desktop.logins[1]?.searchParams.get('scope')?.split(' ').toSorted()).toEqual(['files:erase', 'tool:call'])
    await transport.finishAuth((await clickThrough(desktop.logins[1]?.href ?? '', 'tomas')).searchParams)
    expect(await client.callTool({ name: 'erase' })).toMatchObject({ content: [{ text: 'done' }] })
    expect(await client.callTool({ name: 'read', arguments: { path: 'b' } })).not.toHaveProperty('isError', true)
    expect(desktop.logins).toHaveLength(2)
    await client.close()

    const records = (await ledgerOf(weir)).filter((entry): entry is CallRecord => entry.kind === 'call')
    const erased = records.filter(({ target }) => target === 'tool:files/erase').slice(-2)
    expect(erased).toMatchObject([
      { decision: 'deny', code: 'scope_missing', human: 'user:tomas', scope: 'tool:call' },
      { decision: 'allow', human: 'user:tomas', agent: 'agent:alice', scope: 'files:erase tool:call' },
    ])
  },
)

test('a token for another address, in the query, or none at all is answered 401 with where to get one', async () => {
  const desktop = new Desktop()
  const first = new StreamableHTTPClientTransport(new URL(resource), { authProvider: desktop })
  await expect(new Client({ name: 'd', version: '1' }).connect(first)).rejects.toThrow(UnauthorizedError)
  await first.finishAuth((await clickThrough(desktop.logins[0]?.href ?? '', 'tomas')).searchParams)
  const token = desktop.held?.access_token ?? ''
  const ask = async (path: string, headers: Record<string, string>): Promise<readonly [number, string | null]> => {
    const answer = await fetch(weir.url + path, { method: 'POST', body: '{}', headers })
    await answer.text()
    return [answer.status, answer.headers.get('www-authenticate')]
  }
  const challenge = (path: string): string =>
    `Bearer realm="weir", error="invalid_token", scope="tool:call", resource_metadata="${weir.url}/.well-known/oauth-protected-resource${path}"`
  const bearer = { authorization: `Bearer ${token}` }
  expect(await ask('/mcp/s/other', bearer)).toEqual([401, challenge('/mcp/s/other')])
  expect(await ask(`/mcp/s/files?access_token=${token}`, {})).toEqual([401, challenge('/mcp/s/files')])
  expect(await ask('/mcp/s/files', {})).toEqual([401, challenge('/mcp/s/files')])
  expect(await ask('/mcp/s/files', { authorization: `Bearer ${token.slice(0, -4)}AAAA` })).toEqual([
    401,
    challenge('/mcp/s/files'),
  ])
})

test('each address has metadata of its own, whether anything is there or not', async () => {
  for (const path of ['/mcp', '/mcp/reading', '/mcp/s/files', '/mcp/s/nothing-here']) {
    const answer = await fetch(`${weir.url}/.well-known/oauth-protected-resource${path}`)
    expect([answer.status, await answer.json()]).toEqual([
      200,
      expect.objectContaining({
        resource: weir.url + path,
        authorization_servers: [provider.issuer, weir.url],
        scopes_supported: ['tool:call'],
        bearer_methods_supported: ['header'],
      }),
    ])
  }
  for (const path of ['/mcp/s', '/mcp/s/', '/mcp/s/a/b', '/mcp/A', '/other']) {
    const answer = await fetch(`${weir.url}/.well-known/oauth-protected-resource${path}`)
    if (path === '/mcp/s') continue
    expect([path, answer.status]).toEqual([path, 404])
    expect(await answer.json()).toMatchObject({ status: 404 })
  }
})
