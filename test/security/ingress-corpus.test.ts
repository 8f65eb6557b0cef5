import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Listener } from '../../src/edge/contract.ts'
import { engines, listen, Peer } from '../kit/edge.ts'

const host = 'Host: weir.example\r\n'
/** What an attacker hides behind the request under test. */
const smuggled = `GET /smuggled HTTP/1.1\r\n${host}\r\n`

function post(fields: string, body = ''): string {
  return `POST /first HTTP/1.1\r\n${host}${fields}\r\n${body}`
}

function get(target: string): string {
  return `GET ${target} HTTP/1.1\r\n${host}\r\n`
}

/** Rows 32 to 34 and 45 of the threat model, as bytes. */
const corpus: Readonly<Record<string, string>> = {
  'two lengths, the first one zero': post(`Content-Length: 0\r\nContent-Length: ${smuggled.length}\r\n`),
  'two lengths, the last one zero': post(`Content-Length: ${smuggled.length}\r\nContent-Length: 0\r\n`),
  'two equal lengths': post('Content-Length: 0\r\nContent-Length: 0\r\n'),
  'a length list': post('Content-Length: 0, 0\r\n'),
  'an empty length': post('Content-Length: \r\n'),
  'a signed length': post('Content-Length: +0\r\n'),
  'a negative length': post('Content-Length: -1\r\n'),
  'a length with a space inside': post('Content-Length: 1 0\r\n'),
  'a hexadecimal length': post('Content-Length: 0x0\r\n'),
  'a huge length': post('Content-Length: 99999999999999999999999\r\n'),
  'a length beyond the maximum': post('Content-Length: 100001\r\n'),
  'length before chunks': post('Content-Length: 0\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
  'length after chunks': post('Transfer-Encoding: chunked\r\nContent-Length: 0\r\n', '0\r\n\r\n'),
  xchunked: post('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'),
  'identity, chunked': post('Transfer-Encoding: identity, chunked\r\n', '0\r\n\r\n'),
  'chunked, identity': post('Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n'),
  'two codings': post('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n', '0\r\n\r\n'),
  'a coding with a tab before the colon': post('Transfer-Encoding\t: chunked\r\n', '0\r\n\r\n'),
  'a space before the colon': post('Content-Length : 0\r\n'),
  'a folded header': post('A: b\r\n c\r\nContent-Length: 0\r\n'),
  'a bare line feed': `POST /first HTTP/1.1\n${host}Content-Length: 0\n\n`,
  'a NUL in a value': post('A: b\0c\r\n'),
  'a value beyond ASCII': post('A: caf\xe9s\r\n'),
  'a negative chunk': post('Transfer-Encoding: chunked\r\n', '-1\r\n\r\n'),
  'a chunk size in words': post('Transfer-Encoding: chunked\r\n', 'zero\r\n\r\n'),
  'an overflowing chunk': post('Transfer-Encoding: chunked\r\n', 'fffffffffffffffff\r\n\r\n'),
  'no Host': 'GET /first HTTP/1.1\r\nA: b\r\n\r\n',
  'an empty Host': 'GET /first HTTP/1.1\r\nHost: \r\n\r\n',
  'two Hosts': `GET /first HTTP/1.1\r\n${host}${host}\r\n`,
  'a Host with a path': 'GET /first HTTP/1.1\r\nHost: a/b\r\n\r\n',
  'two Authorizations': post('Authorization: Bearer a\r\nAuthorization: Bearer b\r\n'),
  'two Txn-Tokens': post('Txn-Token: a\r\nTxn-Token: b\r\n'),
  'two Content-Types': post('Content-Type: a/b\r\nContent-Type: c/d\r\n'),
  'a compressed body': post('Content-Encoding: gzip\r\nContent-Length: 0\r\n'),
  'an encoded dot': get('/a/%2e%2e/first'),
  'an encoded slash': get('/a%2Ffirst'),
  'an encoded letter': get('/%66irst'),
  'a doubly encoded dot': get('/a/%252e'),
  'an empty segment': get('//first'),
  'dot segments': get('/a/../first'),
  'a path parameter': get('/first;p=1'),
  'a backslash': get('/a\\first'),
  'a path beyond ASCII': get('/caf\xe9'),
  'a fragment': get('/first#x'),
  'an absolute target': get('http://weir.example/first'),
  'a target without a slash': get('first'),
  'a method in lower case': `get /first HTTP/1.1\r\n${host}\r\n`,
  'no method at all': ` /first HTTP/1.1\r\n${host}\r\n`,
  'HTTP/1.0': `GET /first HTTP/1.0\r\n${host}\r\n`,
  'HTTP/3.7': `GET /first HTTP/3.7\r\n${host}\r\n`,
  'headers beyond the maximum': post(`A: ${'x'.repeat(5000)}\r\n`),
  'headers far beyond the maximum': post(`A: ${'x'.repeat(60_000)}\r\n`),
  'too many headers': post('A: b\r\n'.repeat(101)),
}

describe.each(engines)('on %s', (engine) => {
  let listener: Listener
  const seen: string[] = []

  beforeAll(async () => {
    listener = await listen({ engine, header_bytes: 4096, body_ms: 1000 }, (inbound, reply) => {
      seen.push(inbound.path)
      reply.send(200, [], 'served')
    })
  })

  beforeEach(() => {
    seen.length = 0
  })

  afterAll(() => listener.close())

  test.each(Object.keys(corpus))('%s is refused, the connection closed and nothing behind it read', async (what) => {
    const peer = await new Peer(listener.port).send((corpus[what] ?? '') + smuggled).untilClosed()
    expect(peer.text).toMatch(/^HTTP\/1\.1 (?:4\d\d|505) /)
    expect(peer.text.match(/HTTP\/1\.1 \d/g)).toHaveLength(1)
    expect(seen).toEqual([])
    const good = await new Peer(listener.port)
      .send(`GET /good HTTP/1.1\r\nConnection: close\r\n${host}\r\n`)
      .untilClosed()
    expect(good.status).toBe(200)
    expect(listener.open).toBe(0)
  })

  test('many requests behind a refused one are not read either', async () => {
    await new Peer(listener.port).send(get('//') + smuggled.repeat(20)).untilClosed()
    expect(seen).toEqual([])
  })

  test('a refusal of ours is a problem that echoes nothing', async () => {
    const peer = await new Peer(listener.port).send(get('/canary//')).untilClosed()
    expect(peer.text).toContain('content-type: application/problem+json')
    expect(peer.text).toContain('"title":"path_not_canonical"')
    expect(peer.text).not.toContain('canary')
  })

  test('a body that arrives as a request is a body', async () => {
    const body = smuggled
    const peer = new Peer(listener.port).send(post(`Connection: close\r\nContent-Length: ${body.length}\r\n`, body))
    expect((await peer.untilClosed()).status).toBe(200)
    expect(seen).toEqual(['/first'])
  })
})
