/** The forwarder before a scripted gateway, byte by byte where that matters. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Forwarder, openForwarder, type Passport } from '../../../../src/cli/exec/forwarder.ts'

type Script = (request: IncomingMessage, response: ServerResponse) => void

const secret = 'weir_exec_0123456789'
let script: Script
let seen: IncomingMessage[]
let bodies: string[]
let connections: number
let credential: Passport['credential']
let stop: (() => Promise<void>)[]

beforeEach(() => {
  script = (_, response) => void response.end('ok')
  seen = []
  bodies = []
  connections = 0
  credential = () => Promise.resolve('real')
  stop = []
})

afterEach(async () => {
  for (const one of stop.toReversed()) await one()
})

async function open(prefix = ''): Promise<Forwarder> {
  const gateway = createServer((asked, response) => {
    seen.push(asked)
    script(asked, response)
    let body = ''
    asked.on('data', (chunk: Buffer) => (body += chunk.toString()))
    asked.on('end', () => bodies.push(body))
  })
  gateway.on('connection', () => (connections += 1))
  await new Promise<void>((resolve) => void gateway.listen(0, '127.0.0.1', resolve))
  stop.push(
    () =>
      new Promise((resolve) => {
        gateway.close(() => resolve())
        gateway.closeAllConnections()
      }),
  )
  const url = new URL(`http://127.0.0.1:${(gateway.address() as AddressInfo).port}${prefix}`)
  const passport = {
    credential: () => credential(),
    run: 'run_1',
    traceparent: '00-aa-bb-01',
    publicUrl: 'http://weir.test',
  }
  const forwarder = await openForwarder(url, secret, passport)
  stop.push(() => forwarder.close())
  return forwarder
}

const bearer = { authorization: `Bearer ${secret}` }

/** Everything that comes back for these bytes until the other side closes. */
function raw({ url }: Forwarder, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => void socket.write(text))
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()))
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

const lines = (...all: readonly string[]): string => [...all, `Authorization: Bearer ${secret}`, '', ''].join('\r\n')

test('headers of one connection stay there, and who asks is said by the forwarder', async () => {
  const forwarder = await open()
  const head = lines(
    'POST /v1/x?y=1 HTTP/1.1',
    'Host: elsewhere.example',
    'Connection: close, X-Mine, Content-Length',
    'X-Mine: 1',
    'Keep-Alive: timeout=5',
    'Proxy-Authorization: Basic eDp5',
    'TE: trailers',
    'Upgrade: h2c',
    'X-Api-Key: of-somebody-else',
    'Weir-Run-Id: run_2',
    'X-Kept: yes',
    'Content-Length: 5',
  )
  expect(await raw(forwarder, `${head}hello`)).toMatch(/^HTTP\/1\.1 200 /)
  const { headers, url } = seen[0] as IncomingMessage
  expect(url).toBe('/v1/x?y=1')
  expect(headers).toEqual({
    host: expect.stringMatching(/^127\.0\.0\.1:/) as string,
    connection: 'close',
    authorization: 'Bearer real',
    'weir-run-id': 'run_1',
    traceparent: '00-aa-bb-01',
    'x-kept': 'yes',
    'content-length': '5',
  })
  expect(bodies).toEqual(['hello'])
})

test('a trace of its own goes on, and a gateway below a path keeps it', async () => {
  const { url } = await open('/weir/')
  await fetch(`${url}/v1/models`, { headers: { ...bearer, traceparent: '00-cc-dd-00' } })
  expect([seen[0]?.url, seen[0]?.headers['traceparent']]).toEqual(['/weir/v1/models', '00-cc-dd-00'])
})

test('a request that says its length twice, or in two ways, smuggles nothing', async () => {
  const forwarder = await open()
  const twice = lines('POST / HTTP/1.1', 'Host: x', 'Content-Length: 3', 'Transfer-Encoding: chunked')
  const unlike = lines('POST / HTTP/1.1', 'Host: x', 'Content-Length: 3', 'Content-Length: 4')
  const hidden = 'GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n'
  for (const head of [twice, unlike])
    expect(await raw(forwarder, `${head}0\r\n\r\n${hidden}`)).toMatch(/^HTTP\/1\.1 400 /)
  expect(seen.map(({ url }) => url)).not.toContain('/hidden')
})

test('what comes back is framed anew, less what was for that connection', async () => {
  script = (_, response) => {
    const headers = [
      'X-One',
      '1',
      'X-One',
      '2',
      'Connection',
      'close, X-Drop',
      'X-Drop',
      '1',
      'Keep-Alive',
      'timeout=1',
    ]
    response.writeHead(207, 'Several', [...headers, 'Transfer-Encoding', 'chunked'])
    response.end('body')
  }
  const head = lines('GET / HTTP/1.1', 'Host: x', 'Connection: close')
  const answer = await raw(await open(), head)
  expect(answer).toMatch(/^HTTP\/1\.1 207 Several\r\n/)
  expect(answer).toMatch(/X-One: 1\r\nX-One: 2\r\n/)
  expect(answer).not.toMatch(/x-drop|keep-alive/i)
  expect(answer.match(/transfer-encoding/gi)).toHaveLength(1)
})

test('requests of one connection each go by themselves, so that none meets a connection that closes', async () => {
  const forwarder = await open()
  const one = 'GET /a HTTP/1.1\r\nHost: x\r\n'
  const head = `${one}Authorization: Bearer ${secret}\r\n\r\n`
  const answer = await raw(forwarder, head + head + lines('GET /b HTTP/1.1', 'Host: x', 'Connection: close'))
  expect(answer.match(/HTTP\/1\.1 200/g)).toHaveLength(3)
  expect([seen.length, connections]).toEqual([3, 3])
})

test('a secret is good in the header of either SDK, and anything like it is not', async () => {
  const { url } = await open()
  const status = async (headers: Record<string, string>): Promise<number> => (await fetch(url, { headers })).status
  expect(await status({ 'x-api-key': secret })).toBe(200)
  expect(await status({ 'x-api-key': secret, authorization: 'Bearer other' })).toBe(200)
  for (const shown of ['', `${secret}x`, secret.slice(1), `${secret.slice(1)}\u00e9`])
    expect(await status({ authorization: `Bearer ${shown}` })).toBe(401)
  expect(await status({ authorization: `Basic ${secret}` })).toBe(401)
  expect(seen).toHaveLength(2)
})

test('no credential is a sentence, and no gateway is one too', async () => {
  const { url } = await open()
  credential = () => Promise.resolve({ sentence: 'The keys are gone.' })
  const none = await fetch(url, { headers: bearer })
  expect([none.status, await none.json()]).toMatchObject([502, { error: { message: 'The keys are gone.' } }])
  credential = () => Promise.resolve('real')
  script = (asked) => void asked.socket.destroy()
  const gone = await fetch(url, { headers: bearer })
  expect([gone.status, await gone.json()]).toMatchObject([502, { error: { message: 'The gateway does not answer.' } }])
})

test('an answer that breaks off never looks whole', async () => {
  script = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: 1\n\n')
    setTimeout(() => response.destroy(), 20)
  }
  const answer = await fetch((await open()).url, { headers: bearer })
  await expect(answer.text()).rejects.toThrow()
})

test('a head arrives before the body has begun', async () => {
  script = (_, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
  const answer = await fetch((await open()).url, { headers: bearer })
  expect(answer.status).toBe(200)
  await answer.body?.cancel()
})

test('who goes away is gone upstream', async () => {
  const left = new Promise<void>((resolve) => {
    script = (_, response) => {
      response.writeHead(200)
      response.write('x')
      response.on('close', resolve)
    }
  })
  const abort = new AbortController()
  await fetch((await open()).url, { headers: bearer, signal: abort.signal })
  abort.abort()
  await left
})

/** More than what the buffers of sockets on the way hold. */
const flood_bytes = 200 * 1024 * 1024

test('a body waits for its reader, in either direction', async () => {
  const chunk = Buffer.alloc(64 * 1024)
  let sent = 0
  script = (asked, response) => {
    asked.pause()
    response.writeHead(200)
    const pump = (): void => {
      while (sent < flood_bytes) {
        sent += chunk.length
        if (!response.write(chunk)) return void response.once('drain', pump)
      }
    }
    pump()
  }
  const { url } = await open()
  let uploaded = 0
  const slow = request(url, { method: 'POST', headers: bearer })
  slow.on('response', (answer) => void answer.pause())
  slow.on('error', () => undefined)
  const push = (): void => {
    while (uploaded < flood_bytes) {
      uploaded += chunk.length
      if (!slow.write(chunk)) return void slow.once('drain', push)
    }
  }
  push()
  let before = -1
  await expect
    .poll(
      () => {
        const now = sent + uploaded
        const still = now === before && sent > 0
        before = now
        return still
      },
      { interval: 300, timeout: 10_000 },
    )
    .toBe(true)
  expect(sent).toBeLessThan(flood_bytes / 4)
  expect(uploaded).toBeLessThan(flood_bytes / 4)
  slow.destroy()
})

test('closing ends what is open at once', async () => {
  script = (_, response) => void response.writeHead(200).write('x')
  const forwarder = await open()
  const answer = await fetch(forwarder.url, { headers: bearer })
  const body = answer.text()
  await Promise.all([forwarder.close(), expect(body).rejects.toThrow()])
  await expect(fetch(forwarder.url, { headers: bearer })).rejects.toThrow()
})

test('a card names the forwarder in place of the gateway, and is not signed any more', async () => {
  const interfaces = [{ url: 'http://weir.test/a2a/x/', transport: 'JSONRPC' }, { url: 'http://weir.test.evil/a2a/x/' }]
  const card = { name: 'x', url: 'http://weir.test/a2a/x/', supportedInterfaces: interfaces, signatures: [{}] }
  script = (_, response) => void response.end(JSON.stringify(card))
  const { url } = await open()
  const read = await fetch(`${url}/a2a/x/.well-known/agent-card.json`, { headers: bearer })
  expect(await read.json()).toEqual({
    name: 'x',
    url: `${url}/a2a/x/`,
    supportedInterfaces: [{ url: `${url}/a2a/x/`, transport: 'JSONRPC' }, { url: 'http://weir.test.evil/a2a/x/' }],
  })
  script = (_, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('{')
    setTimeout(() => response.destroy(), 20)
  }
  await expect(fetch(`${url}/a2a/x/.well-known/agent-card.json`, { headers: bearer })).rejects.toThrow()
  script = (_, response) => void response.end('{')
  expect((await fetch(`${url}/a2a/broken/.well-known/agent.json`, { headers: bearer })).status).toBe(502)
})
