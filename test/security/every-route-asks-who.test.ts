/**
 * Every route of the data listener asks who is there, but for those that only tell what anybody must be able to read. The
 * list of routes is that of the code: a new one is asked here from its first day.
 */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cardPaths, fixedRoutes, ownRoutes } from '../../src/edge/routes.ts'
import { methods } from '../../src/protocol/a2a/methods.ts'
import { engines } from '../kit/edge.ts'
import { apiKey, keyOf, startWeir, type Weir } from '../support/weir.ts'

interface Route {
  readonly method: string
  readonly path: string
}

const routesOf = (
  prefix: string,
  table: Readonly<Record<string, { readonly method: string | null }>>,
): readonly Route[] =>
  Object.entries(table).map(([path, { method }]) => ({ method: method ?? 'GET', path: prefix + path }))

/** Every way to ask an agent for something, whether there is an agent of that name or not. */
const agentRoutes = (prefix: string): readonly Route[] => [
  ...[...cardPaths].map((path) => ({ method: 'GET', path: prefix + path })),
  ...['', '/'].map((path) => ({ method: 'POST', path: prefix + path })),
  ...Object.values(methods)
    .flatMap(({ rest10, rest03 }) => [rest10, rest03])
    .flatMap((route) =>
      route ? [{ method: route.verb, path: prefix + route.template.replaceAll(/\{\w+\}/g, 'x') }] : [],
    ),
]

const routes = [
  ...agentRoutes('/a2a/orchestrator'),
  ...agentRoutes('/a2a/no-such-agent'),
  ...routesOf('', fixedRoutes),
  ...routesOf('', ownRoutes),
]

/** What anybody may read: whether we are there, our public keys, and where tokens are had. Links to connect are secrets themselves. */
const anonymous: ReadonlySet<string> = new Set([
  '/healthz',
  '/.well-known/jwks.json',
  '/.well-known/weir-keys.json',
  '/.well-known/oauth-authorization-server',
  '/.well-known/oauth-protected-resource',
  '/.well-known/oauth-client/weir',
])

/** The catalogue is of the whole gateway; tools are found at the address of all of them. */
const resourceOfOthers: Readonly<Record<string, string>> = { '/a2a': '', '/tools/search': '/mcp' }

/** RFC 8935 section 2.4 has 400 and an error code where others have 401. */
const security = '/ssf/events'

const asking = routes.filter(({ path }) => !anonymous.has(path) && path !== security)
const nameOf = ({ method, path }: Route): string => `${method} ${path}`

const wrongCredentials: Readonly<Record<string, string>> = {
  'another scheme': `Basic ${Buffer.from('console:secret').toString('base64')}`,
  'no scheme': keyOf('console'),
  'a key nobody has': `Bearer ${keyOf('nobody')}`,
  'the hash of a key in place of the key': `Bearer ${createHash('sha256').update(keyOf('console')).digest('hex')}`,
  'a token nobody signed': 'Bearer eyJhbGciOiJub25lIn0.e30.AA',
  'two credentials': `Bearer ${keyOf('console')}, Bearer ${keyOf('console')}`,
}

describe.each(engines)('on the engine %s', (engine) => {
  let weir: Weir

  beforeAll(async () => {
    weir = await startWeir({
      gateway: { engine },
      identity: { api_keys: [apiKey('console', 'tomas')] },
      agents: { console: { groups: ['entrypoints'] }, orchestrator: { url: 'http://127.0.0.1:9/' } },
    })
  })

  afterAll(async () => {
    await weir.stop()
  })

  const ask = async ({ method, path }: Route, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    await fetch(`${weir.url}${path}`, {
      method,
      headers: {
        'content-type': path.startsWith('/oauth/') ? 'application/x-www-form-urlencoded' : 'application/json',
        ...headers,
      },
      ...(method === 'POST' ? { body: '' } : {}),
    })

  /** RFC 9728 section 5.1 at resources; at the token endpoint the scheme in which clients would have to come (RFC 6749 section 5.2). */
  function challengeAt({ path }: Route): string {
    if (path.startsWith('/oauth/')) return 'Bearer realm="weir", error="invalid_client"'
    const resource = resourceOfOthers[path] ?? path.split('/').slice(0, 3).join('/')
    const metadata = `http://weir.test/.well-known/oauth-protected-resource${resource}`
    const scope = resource.startsWith('/mcp') ? 'scope="tool:call", ' : ''
    return `Bearer realm="weir", error="invalid_token", ${scope}resource_metadata="${metadata}"`
  }

  test.each(asking.map((route) => [nameOf(route), route] as const))(
    '%s answers 401 and where tokens are had, with no credential and with wrong ones',
    async (_name, route) => {
      for (const authorization of [undefined, ...Object.values(wrongCredentials)]) {
        const answer = await ask(route, authorization === undefined ? {} : { authorization })
        const text = await answer.text()
        expect([authorization, answer.status]).toEqual([authorization, 401])
        expect([authorization, answer.headers.get('www-authenticate')]).toEqual([authorization, challengeAt(route)])
        expect(text).not.toContain(keyOf('console'))
      }
    },
  )

  test('an event that nobody signed is refused as RFC 8935 has it', async () => {
    const answer = await ask({ method: 'POST', path: security }, { 'content-type': 'application/secevent+jwt' })
    expect([answer.status, await answer.json()]).toMatchObject([400, { err: expect.any(String) as string }])
  })

  test.each([...anonymous])('%s is for anybody, and holds no secret', async (path) => {
    const answer = await ask({ method: 'GET', path })
    expect(answer.status).toBe(200)
    expect(await answer.text()).not.toMatch(/"(?:d|p|q|dp|dq|qi|k)"\s*:|wk_|tomas|orchestrator/)
  })
})

test('what anybody may read is in the tables', () => {
  expect([...anonymous].filter((path) => !routes.some((route) => route.path === path))).toEqual([])
})
