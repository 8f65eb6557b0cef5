import { expect, test } from 'vitest'
import type { ServerChallenge } from '../../../../../src/identity/outbound/mcp-oauth/challenge.ts'
import { covers, discover } from '../../../../../src/identity/outbound/mcp-oauth/discover.ts'
import { type OutsideWay, Reach } from '../../../../../src/identity/outbound/mcp-oauth/reach.ts'

const server = 'https://tools.test/a/mcp'
const challenge: ServerChallenge = { resourceMetadata: null, scope: null }
const prm = { resource: server, authorization_servers: ['https://as.test/t'], scopes_supported: ['x'] }
const as = {
  issuer: 'https://as.test/t',
  authorization_endpoint: 'https://as.test/authorize',
  token_endpoint: 'https://as.test/token',
  code_challenge_methods_supported: ['S256'],
}
const prmAt = 'https://tools.test/.well-known/oauth-protected-resource/a/mcp'
const asAt = 'https://as.test/.well-known/oauth-authorization-server/t'

/** A world of documents; what was fetched is kept. */
function world(documents: Readonly<Record<string, unknown>>): { way: OutsideWay; fetched: string[] } {
  const fetched: string[] = []
  const way: OutsideWay = {
    get: async ({ url }) => {
      fetched.push(url)
      const document = documents[url]
      return { status: document === undefined ? 404 : 200, body: Buffer.from(JSON.stringify(document ?? {})) }
    },
    ask: async () => ({ status: 404, body: Buffer.alloc(0) }),
  }
  return { way, fetched }
}

const look = async (documents: Readonly<Record<string, unknown>>, said = challenge, url = server) => {
  const { way, fetched } = world(documents)
  return { found: await discover(new Reach(way, url), url, said), fetched }
}

test('metadata is looked for at the path of the server, then at its root, and an issuer with a path in three places', async () => {
  const { found, fetched } = await look({
    'https://tools.test/.well-known/oauth-protected-resource': prm,
    'https://as.test/t/.well-known/openid-configuration': as,
  })
  expect(fetched).toEqual([
    prmAt,
    'https://tools.test/.well-known/oauth-protected-resource',
    asAt,
    'https://as.test/.well-known/openid-configuration/t',
    'https://as.test/t/.well-known/openid-configuration',
  ])
  expect(found).toMatchObject({ kind: 'discovered', resource: server, scopes: ['x'], server: { issuer: as.issuer } })
})

test('where the challenge says where, nothing else is asked', async () => {
  const said = { ...challenge, resourceMetadata: 'https://tools.test/odd.json' }
  const { fetched } = await look({ [prmAt]: prm }, said)
  expect(fetched).toEqual(['https://tools.test/odd.json'])
})

test.each([
  ['a resource that is another server', { ...prm, resource: 'https://evil.test/a/mcp' }, as],
  ['a resource beside the server', { ...prm, resource: 'https://tools.test/b' }, as],
  ['an issuer that is almost the same', prm, { ...as, issuer: 'https://as.test/t/' }],
  ['an issuer in clear text', { ...prm, authorization_servers: ['http://as.test/t'] }, as],
  ['an issuer on this machine', { ...prm, authorization_servers: ['http://127.0.0.1/t'] }, as],
  ['a token endpoint in clear text', prm, { ...as, token_endpoint: 'http://as.test/token' }],
  ['a script in place of an endpoint', prm, { ...as, authorization_endpoint: 'javascript:alert(1)' }],
  ['no PKCE', prm, { ...as, code_challenge_methods_supported: ['plain'] }],
  ['no word of PKCE', prm, { ...as, code_challenge_methods_supported: undefined }],
  ['no issuer', { ...prm, authorization_servers: 'https://as.test/t' }, as],
])('%s leads to no token', async (_name, resource, issuer) => {
  const { found } = await look({ [prmAt]: resource, [asAt]: issuer })
  expect(found.kind).toBe('undiscovered')
})

test('clear text is for this machine, and only for a server on it', async () => {
  const local = 'http://127.0.0.1:9/mcp'
  const here = 'http://127.0.0.1:8'
  const documents = {
    'http://127.0.0.1:9/.well-known/oauth-protected-resource/mcp': { resource: local, authorization_servers: [here] },
    [`${here}/.well-known/oauth-authorization-server`]: {
      ...as,
      issuer: here,
      authorization_endpoint: `${here}/a`,
      token_endpoint: `${here}/t`,
    },
  }
  expect((await look(documents, challenge, local)).found.kind).toBe('discovered')
})

test('a resource covers what is at it and below it', () => {
  expect(covers('https://a.test', 'https://a.test/mcp')).toBe(true)
  expect(covers('https://a.test/mcp/', 'https://a.test/mcp')).toBe(true)
  expect(covers('https://a.test/m', 'https://a.test/mcp')).toBe(false)
  expect(covers('https://a.test/mcp#x', 'https://a.test/mcp')).toBe(false)
  expect(covers('nothing', 'https://a.test/mcp')).toBe(false)
})
