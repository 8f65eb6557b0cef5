/** Whoever runs a tool server writes the URLs of its metadata: none of them may lead to what only this machine can reach. */
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { type Fetched, Reach } from '../../src/identity/outbound/mcp-oauth/reach.ts'
import { Outside, type ResolveName } from '../../src/relay/wire/outside.ts'

async function listen(answer: RequestListener): Promise<{ port: number; hits: () => number }> {
  let hits = 0
  const server = createServer((incoming, outgoing) => {
    hits += 1
    answer(incoming, outgoing)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { port: (server.address() as AddressInfo).port, hits: () => hits }
}

const reachFrom = (serverUrl: string, resolve?: ResolveName): Reach =>
  new Reach(new Outside({ allow_private: [], connect_ms: 500 }, resolve), serverUrl)

const whyOf = (fetched: Fetched): string => (fetched.kind === 'unfetched' ? fetched.why : 'it was fetched')
const secrets: RequestListener = (_incoming, outgoing) => void outgoing.end('{"secret":"yes"}')

test.each([
  'https://169.254.169.254/latest/meta-data/',
  'https://[fd00:ec2::254]/latest/',
  'https://10.0.0.1/x',
  'https://192.168.1.1/x',
  'https://[::ffff:127.0.0.1]/x',
  'https://0x7f000001/x',
  'https://localhost/x',
])('%s is fetched for no server', async (url) => {
  for (const server of ['https://tools.test/mcp', 'http://10.1.1.1/mcp'])
    expect(whyOf(await reachFrom(server).get(url))).toMatch(/^refused_address|no https/)
})

test.each([
  'http://tools.test/x',
  'http://127.0.0.1:1/x',
  'file:///etc/passwd',
  'https://u:p@tools.test/x',
  'data:,x',
  '',
])('%s is no place for a server elsewhere', async (url) => {
  expect(await reachFrom('https://tools.test/mcp').get(url)).toMatchObject({ why: 'it is not an https URL' })
})

test('a server on this machine does not open the network behind it', async () => {
  const reach = reachFrom('http://127.0.0.1:9/mcp')
  for (const url of ['http://169.254.169.254/x', 'http://10.0.0.1/x', 'https://169.254.169.254/x'])
    expect((await reach.get(url)).kind).toBe('unfetched')
})

test('a name that answers something else the second time is not asked a second time', async () => {
  const { hits } = await listen(secrets)
  let asked = 0
  const rebinding: ResolveName = async () => ((asked += 1) === 1 ? ['203.0.113.7'] : ['127.0.0.1'])
  expect((await reachFrom('https://tools.test/mcp', rebinding).get('https://rebind.test/x')).kind).toBe('unfetched')
  expect([asked, hits()]).toEqual([1, 0])
})

test('a name of somebody else that leads to this machine is not this machine', async () => {
  const { port, hits } = await listen(secrets)
  const reach = reachFrom('http://127.0.0.1:9/mcp', async () => ['127.0.0.1'])
  expect((await reach.get(`https://evil.test:${port}/x`)).kind).toBe('unfetched')
  expect(hits()).toBe(0)
})

test('a redirect to another origin is not followed, whatever stands there', async () => {
  const behind = await listen(secrets)
  const { port } = await listen((_incoming, outgoing) =>
    outgoing.writeHead(302, { location: `http://127.0.0.1:${behind.port}/` }).end(),
  )
  const reach = reachFrom(`http://127.0.0.1:${port}/mcp`)
  expect(await reach.get(`http://127.0.0.1:${port}/x`)).toMatchObject({ why: 'it answered 302' })
  const posted = await reach.fetch(`http://127.0.0.1:${port}/token`, { body: 'code=secret' })
  expect([posted.status, behind.hits()]).toEqual([302, 0])
})

test('a document without end is cut off', async () => {
  const { port } = await listen((_incoming, outgoing) => void outgoing.end(`{"a":"${'x'.repeat(100_000)}"}`))
  const reach = reachFrom(`http://127.0.0.1:${port}/mcp`)
  expect(whyOf(await reach.get(`http://127.0.0.1:${port}/x`))).toMatch(/^too_large/)
})
