/** Places that others name lead nowhere inside: every spelling, every family, every second answer of a name. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { isFault } from '../../src/domain/fault.ts'
import { Outside, type OutsideAnswer, type ResolveName } from '../../src/relay/wire/outside.ts'

const open: Server[] = []

afterEach(() => {
  for (const server of open.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
})

type Answer = (request: IncomingMessage, response: ServerResponse) => void

async function serverWith(answer: Answer): Promise<number> {
  const server = createServer(answer)
  open.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

const loopback = ['127.0.0.0/8']
const usual = { timeout_ms: 5000, max_bytes: 4096, sameOriginRedirects: 3 }
const nobody: ResolveName = () => Promise.reject(new Error('nobody asks'))

function outside(allow_private: readonly string[], resolve: ResolveName = nobody): Outside {
  return new Outside({ allow_private, connect_ms: 2000 }, resolve)
}

async function answerOf(from: Outside, url: string, over: Partial<typeof usual> = {}): Promise<OutsideAnswer> {
  const answer = await from.get({ ...usual, ...over, url })
  if (isFault(answer)) throw new Error(`${answer.code}: ${answer.detail}`)
  return answer
}

describe('refused before anything is sent', () => {
  test.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://127.1/',
    'http://0x7f.1/',
    'http://017700000001/',
    'http://127.0.0.1./',
    'http://①②⑦.0.0.1/',
    'http://0/',
    'http://[::]/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://169.254.169.254/latest/meta-data/',
    'http://[fd00:ec2::254]/',
    'http://168.63.129.16/',
    'http://10.0.0.1/',
    'http://192.168.0.1/',
    'http://100.64.0.1/',
    'http://[fe80::1]/',
    'http://[fc00::1]/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'gopher://x/',
    'x',
    'http://user:secret@93.184.216.34/',
    'data:text/plain,x',
    `http://93.184.216.34/${'x'.repeat(3e3)}`,
  ])('%s', async (url) => {
    expect(await outside([]).get({ ...usual, url })).toMatchObject({
      kind: 'fault',
      code: 'refused_address',
      sent: false,
    })
    expect(await outside([]).judge(url)).not.toBeNull()
  })

  test.each(['127.0.0.1', '10.1.2.3', '169.254.169.254', '::1', '::ffff:10.0.0.1', 'fd00::1', '0.0.0.0', 'fe80::1%lo'])(
    'a name that stands for %s',
    async (address) => {
      const from = outside([], () => Promise.resolve([address]))
      const post = { url: 'https://inside.example/', headers: [], body: Buffer.from('{}'), timeout_ms: 2000 }
      expect(await from.get({ ...usual, url: 'https://inside.example/' })).toMatchObject({ code: 'refused_address' })
      expect(await from.post(post)).toMatchObject({ code: 'refused_address', sent: false })
    },
  )

  test('metadata services, whatever is allowed', async () => {
    const from = outside(['0.0.0.0/0', '::/0'])
    expect(await from.judge('http://169.254.169.254/')).not.toBeNull()
    expect(await from.judge('http://10.0.0.1/')).toBeNull()
  })
})

test('a public name passes the judge, and a name that nobody knows is a fault of its own', async () => {
  expect(await outside([], () => Promise.resolve(['93.184.216.34'])).judge('https://agent.example/')).toBeNull()
  expect(await outside([]).get({ ...usual, url: 'https://agent.example/' })).toMatchObject({ code: 'connect_failed' })
})

test('a name is resolved once for each request, and the connection goes where the judge looked', async () => {
  const hosts: (string | undefined)[] = []
  const port = await serverWith((request, response) => {
    hosts.push(request.headers.host)
    response.end('card')
  })
  const answers = [['127.0.0.1'], ['10.0.0.1'], ['127.0.0.1', '10.0.0.1']]
  const from = outside(loopback, () => Promise.resolve(answers.shift() ?? []))
  const url = `http://agent.example:${port}/card`
  expect((await answerOf(from, url)).body.toString()).toBe('card')
  expect(answers).toHaveLength(2)
  expect(await from.get({ ...usual, url })).toMatchObject({ code: 'refused_address' })
  // Of a name with both kinds only the permitted address is ever connected to.
  expect((await answerOf(from, url)).status).toBe(200)
  expect(hosts).toEqual([`agent.example:${port}`, `agent.example:${port}`])
})

test('a name that is never resolved ends with the time of the request', async () => {
  const from = outside([], () => new Promise(() => undefined))
  expect(await from.get({ ...usual, url: 'https://slow.example/', timeout_ms: 50 })).toMatchObject({ kind: 'fault' })
})

test('a redirect within the origin is followed so often and no more, and judged anew; any other one is the answer', async () => {
  const port = await serverWith((request, response) => {
    const to = request.url === '/far' ? 'http://127.0.0.2/x' : request.url === '/end' ? null : '/end'
    response.writeHead(to === null ? 200 : 302, to === null ? {} : { location: to }).end('here')
  })
  const base = `http://127.0.0.1:${port}`
  const from = outside(loopback)
  expect(await answerOf(from, `${base}/start`)).toMatchObject({ status: 200, url: `${base}/end` })
  expect((await answerOf(from, `${base}/start`, { sameOriginRedirects: 0 })).status).toBe(302)
  expect((await answerOf(from, `${base}/far`)).status).toBe(302)
  let asked = 0
  const rebound = outside(loopback, () => Promise.resolve(asked++ === 0 ? ['127.0.0.1'] : ['169.254.169.254']))
  expect(await rebound.get({ ...usual, url: `http://a.example:${port}/start` })).toMatchObject({
    code: 'refused_address',
  })
})

test('an endless circle of redirects ends', async () => {
  const port = await serverWith((_request, response) => response.writeHead(302, { location: '/' }).end())
  expect((await answerOf(outside(loopback), `http://127.0.0.1:${port}/`)).status).toBe(302)
})

test('an answer that is too large, too slow or cut off is a fault', async () => {
  const large = await serverWith((_request, response) => response.end('x'.repeat(5000)))
  const slow = await serverWith((_request, response) => response.write('x'))
  const cut = await serverWith((_request, response) => {
    response.writeHead(200, { 'content-length': 100 })
    response.write('x')
    setTimeout(() => response.destroy(), 20)
  })
  const from = outside(loopback)
  const get = (port: number) => from.get({ ...usual, url: `http://127.0.0.1:${port}/`, timeout_ms: 400 })
  expect(await get(large)).toMatchObject({ code: 'too_large' })
  expect(await get(slow)).toMatchObject({ kind: 'fault', sent: true })
  expect(await get(cut)).toMatchObject({ kind: 'fault', sent: true })
  expect(await get(1)).toMatchObject({ code: 'connect_failed', sent: false })
})

test('a post sends its headers and body once and tells the status', async () => {
  const heard: unknown[] = []
  const port = await serverWith((request, response) => {
    request.setEncoding('utf8').on('data', (text: string) => heard.push([request.headers['x-token'], text]))
    request.on('end', () => response.writeHead(307, { location: '/again' }).end())
  })
  const url = `http://127.0.0.1:${port}/hook`
  const post = { url, headers: [['x-token', 't']] as const, body: Buffer.from('{"a":1}'), timeout_ms: 2000 }
  expect(await outside(loopback).post(post)).toEqual({ status: 307 })
  expect(heard).toEqual([['t', '{"a":1}']])
})

test('other ranges are taken into use without a new start', async () => {
  const port = await serverWith((_request, response) => response.end('ok'))
  const from = outside([])
  expect(await from.judge(`http://127.0.0.1:${port}/`)).not.toBeNull()
  from.allow(loopback)
  expect((await answerOf(from, `http://127.0.0.1:${port}/`)).status).toBe(200)
})

test('a certificate must be for the name, whatever address was judged', async () => {
  const names: string[] = []
  const server = createTlsServer({
    SNICallback: (name, tell) => {
      names.push(name)
      tell(new Error('no certificate'))
    },
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const from = outside(loopback, () => Promise.resolve(['127.0.0.1']))
  const answer = await from.get({ ...usual, url: `https://agent.example:${port}/`, timeout_ms: 2000 })
  server.close()
  expect([answer, names]).toMatchObject([{ kind: 'fault' }, ['agent.example']])
})

test('what a receiver goes on saying is not read, and nothing of it is left behind', async () => {
  const port = await serverWith((_request, response) => {
    response.writeHead(200)
    const talk = setInterval(() => response.write('x'.repeat(10_000)), 1)
    response.on('close', () => clearInterval(talk))
  })
  const url = `http://127.0.0.1:${port}/`
  const post = { url, headers: [], body: Buffer.from('{}'), timeout_ms: 2000 }
  expect(await outside(loopback).post(post)).toEqual({ status: 200 })
  expect(await outside(loopback).get({ ...usual, url })).toMatchObject({ code: 'too_large' })
  await expect.poll(() => connectionsOf(open.at(-1))).toBe(0)
})

async function connectionsOf(server: Server | undefined): Promise<number> {
  return await new Promise((resolve) => {
    if (!server) resolve(0)
    else server.getConnections((_error, count) => resolve(count))
  })
}
