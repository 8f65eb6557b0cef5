import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { isListenFailure, type Listener, type ListenerOptions } from '../../src/edge/contract.ts'
import { openListener } from '../../src/edge/listener.ts'
import type { Inbound, Reply, Serve } from '../../src/protocol/http.ts'
import { engines, eventually, listen, optionsOf, type Peer, Stage } from '../kit/edge.ts'

const get = 'GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n'
const post = (fields: string, body = ''): string => `POST /a HTTP/1.1\r\nHost: x\r\n${fields}\r\n\r\n${body}`

describe.each(engines)('on %s', (engine) => {
  const stage = new Stage()
  const open = (serve: Serve, changes: Partial<ListenerOptions> = {}): Promise<Listener> =>
    stage.open({ ...changes, engine }, serve)
  const peer = (listener: { readonly port: number }): Peer => stage.peer(listener)

  afterEach(() => stage.clear())

  test('everything of a request arrives, copied, and the answer has its length', async () => {
    const seen: Inbound[] = []
    const listener = await open(async (inbound, reply) => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      seen.push(inbound)
      reply.send(
        201,
        [
          ['x-a', 'b'],
          ['set-cookie', 'c=1'],
          ['set-cookie', 'd=2'],
          ['Content-Length', '999'],
        ],
        inbound.body,
      )
    })
    const body = 'x'.repeat(90_000)
    const answer = await fetch(`http://127.0.0.1:${listener.port}/a%20b/c?d=e`, {
      method: 'PUT',
      body,
      headers: { 'X-F': 'g' },
    })
    expect(await answer.text()).toBe(body)
    expect(answer.status).toBe(201)
    expect(answer.headers.get('content-length')).toBe('90000')
    expect(answer.headers.getSetCookie()).toEqual(['c=1', 'd=2'])
    expect(answer.headers.get('server')).toBeNull()
    expect(seen[0]).toMatchObject({ method: 'PUT', path: '/a%20b/c', query: 'd=e', peer: '127.0.0.1' })
    expect(seen[0]?.headers.get('x-f')).toBe('g')
    expect(listener.open).toBe(0)
  })

  test('a chunked body arrives whole', async () => {
    const listener = await open((inbound, reply) => reply.send(200, [], inbound.body))
    const answer = await peer(listener)
      .send(post('Connection: close\r\nTransfer-Encoding: chunked', '5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n'))
      .untilClosed()
    expect(answer.text).toMatch(/hello world$/)
  })

  test('requests on one connection are answered one after another', async () => {
    const listener = await open((inbound, reply) => reply.send(200, [], inbound.path))
    const both = peer(listener).send(get)
    await both.until((text) => text.endsWith('/a'))
    both.send('GET /second HTTP/1.1\r\nHost: x\r\n\r\n')
    await both.until((text) => text.endsWith('/second'))
    expect(both.closed).toBe(false)
  })

  test.each(['HEAD', 'OPTIONS', 'DELETE'])('%s reaches serve', async (method) => {
    const listener = await open((inbound, reply) => reply.send(200, [['x-method', inbound.method]], '12345'))
    const answer = await fetch(`http://127.0.0.1:${listener.port}/`, { method })
    expect(answer.headers.get('x-method')).toBe(method)
    expect(answer.headers.get('content-length')).toBe('5')
    expect(await answer.text()).toBe(method === 'HEAD' ? '' : '12345')
  })

  test('an answer to HEAD has no body, whether sent at once or streamed, and 204 has none either', async () => {
    const listener = await open((inbound, reply) => {
      if (inbound.path === '/sent') return reply.send(200, [], '12345')
      if (inbound.path === '/none') return reply.send(204, [], '')
      reply.begin(200, [])
      reply.write('12345')
      reply.end()
    })
    for (const start of ['HEAD /sent', 'HEAD /streamed', 'GET /none']) {
      const answer = await peer(listener)
        .send(`${start} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
        .untilClosed()
      expect(answer.text).toMatch(/^HTTP\/1\.1 20[04] [^]*\r\n\r\n$/)
    }
  })

  test('a slow body is answered 408 and the connection closed', async () => {
    const listener = await open((_inbound, reply) => reply.send(200, [], ''), { body_ms: 100 })
    const answer = await peer(listener).send(post('Content-Length: 10', 'abc')).untilClosed()
    expect(answer.status).toBe(408)
    expect(listener.open).toBe(0)
  })

  test('a body that grows beyond the maximum is answered 413 and the connection closed', async () => {
    const listener = await open((_inbound, reply) => reply.send(200, [], ''))
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`
    const answer = await peer(listener)
      .send(post('Transfer-Encoding: chunked', chunk.repeat(8)))
      .untilClosed()
    expect(answer.status).toBe(413)
    expect(listener.open).toBe(0)
  })

  test('a header block beyond the maximum is answered 431, one just below comes in', async () => {
    const listener = await open((_inbound, reply) => reply.send(200, [], ''))
    const long = (bytes: number): string =>
      `GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nA: ${'x'.repeat(bytes)}\r\n\r\n`
    expect((await peer(listener).send(long(16_300)).untilClosed()).status).toBe(200)
    expect((await peer(listener).send(long(16_384)).untilClosed()).status).toBe(431)
  })

  test('one call too many is answered 503 with Retry-After, and the next comes in when one has ended', async () => {
    const replies: Reply[] = []
    const listener = await open((_inbound, reply) => void replies.push(reply), { open_calls: 1 })
    peer(listener).send(get)
    await eventually(() => replies.length === 1)
    const refused = await peer(listener).send(get).untilClosed()
    expect(refused.status).toBe(503)
    expect(refused.text).toContain('retry-after: 1')
    replies[0]?.send(200, [], '')
    peer(listener).send(get)
    await eventually(() => replies.length === 2)
  })

  test.each([
    ['thrown', () => expect.unreachable('a promise was broken')],
    ['rejected', async () => expect.unreachable('a promise was broken')],
  ] as [string, Serve][])('a %s Bug is answered 500 with the id its owner is told', async (_how, serve) => {
    const bugs: [unknown, string][] = []
    const listener = await open(serve, { onBug: (bug, id) => void bugs.push([bug, id]) })
    const answer = await fetch(`http://127.0.0.1:${listener.port}/`)
    expect(answer.status).toBe(500)
    expect(await answer.json()).toMatchObject({ id: bugs[0]?.[1], status: 500 })
    expect(String(bugs[0]?.[0])).toContain('a promise was broken')
    expect(bugs).toHaveLength(1)
  })

  test('a header value that would end its line is a Bug, not a second header', async () => {
    const listener = await open((_inbound, reply) => reply.send(200, [['a', 'b\r\nc: d']], ''))
    const answer = await fetch(`http://127.0.0.1:${listener.port}/`)
    expect(answer.status).toBe(500)
    expect(answer.headers.get('c')).toBeNull()
  })

  test('after stop nobody new comes in, open calls end with Connection: close, and close cuts the rest', async () => {
    const replies: Reply[] = []
    const listener = await open((_inbound, reply) => void replies.push(reply))
    const [first, second] = [peer(listener).send(get), peer(listener).send(get)]
    await eventually(() => replies.length === 2)
    listener.stop()
    const late = await peer({ port: Number(first.socket.remotePort) }).untilClosed()
    expect(late.text).toBe('')
    replies[0]?.send(200, [], 'done')
    await Promise.race([first.untilClosed(), second.untilClosed()])
    expect(first.text + second.text).toMatch(/connection: close/i)
    expect(first.text + second.text).toMatch(/done$/)
    expect(listener.open).toBe(1)
    await listener.close()
    await Promise.all([first.untilClosed(), second.untilClosed()])
    expect(listener.open).toBe(0)
  })

  test.each(engines)(
    'a port it holds is refused to a second listener on %s, here and in another process',
    async (other) => {
      const listener = await open((_inbound, reply) => reply.send(200, [], ''))
      const second = await openListener(optionsOf({ engine: other, port: listener.port }), () => {})
      expect(isListenFailure(second) && second.detail).toContain(`port ${listener.port} on 127.0.0.1`)
      const script = fileURLToPath(new URL('../kit/edge-child.ts', import.meta.url))
      const child = spawn(process.execPath, [script, other, String(listener.port)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const [said] = (await once(child.stdout, 'data')) as [Buffer]
      expect(said.toString()).toContain('another process listens on it already')
      await once(child, 'exit')
    },
  )
})

test('auto takes uWebSockets.js here, without a warning', async () => {
  const listener = await listen({ engine: 'auto' }, () => {})
  expect([listener.engine, listener.warning]).toEqual(['uws', null])
  await listener.close()
})
