/** TLS and client certificates, by the same claims over both engines. */
import { chmodSync, writeFileSync } from 'node:fs'
import { Agent, request, type RequestOptions } from 'node:https'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import type { TlsSettings } from '../../src/config/settings-identity.ts'
import { isListenFailure, type Listener } from '../../src/edge/contract.ts'
import { openListener } from '../../src/edge/listener.ts'
import type { Inbound } from '../../src/protocol/http.ts'
import { engines, optionsOf, Stage } from '../kit/edge.ts'
import { type Pair, TestCa } from '../support/test-ca.ts'
import { startWeir } from '../support/weir.ts'

const ca = new TestCa()
const strangers = new TestCa()
const server = ca.server()
const good = ca.issue('research', 'URI:spiffe://acme.test/agent/research')
const expired = ca.issue('expired', 'URI:spiffe://acme.test/agent/research', -1)
const untrusted = strangers.issue('stranger', 'URI:spiffe://acme.test/agent/research')
const stage = new Stage()

afterEach(() => stage.clear())
afterAll(() => {
  ca.remove()
  strangers.remove()
})

function tlsOf(client_cert: TlsSettings['client_cert']): TlsSettings {
  return { cert: server.cert, key: server.key, client_ca: ca.path, client_cert }
}

interface Answered {
  readonly status: number
  readonly body: string
  readonly resumed: boolean
}

/** What came back, or the code of the failure. */
function ask(port: number, pair: Pair | null, more: RequestOptions = {}): Promise<Answered | string> {
  return new Promise((resolve) => {
    const shown = pair === null ? {} : pair.pem
    const options = { host: '127.0.0.1', port, ca: ca.pem, agent: new Agent(), ...shown, ...more }
    const asking = request(options, (answer) => {
      const chunks: Buffer[] = []
      const resumed = (answer.socket as unknown as { isSessionReused(): boolean }).isSessionReused()
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString(), resumed }),
      )
    })
    asking.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    asking.end()
  })
}

/** A listener that keeps what came in. */
async function listening(engine: 'uws' | 'node', tls: TlsSettings): Promise<{ listener: Listener; seen: Inbound[] }> {
  const seen: Inbound[] = []
  const listener = await stage.open({ engine, tls }, (inbound, reply) => {
    seen.push(inbound)
    reply.send(200, [], 'in')
  })
  return { listener, seen }
}

describe.each(engines)('on %s', (engine) => {
  test('a trusted certificate comes with the request as its DER, also on a resumed session', async () => {
    const { listener, seen } = await listening(engine, tlsOf('required'))
    const agent = new Agent({ keepAlive: false })
    const [first, second] = [await ask(listener.port, good, { agent }), await ask(listener.port, good, { agent })]
    expect(first).toEqual({ status: 200, body: 'in', resumed: false })
    expect(second).toEqual({ status: 200, body: 'in', resumed: true })
    expect(seen.map(({ clientCert }) => good.der.equals(clientCert ?? Buffer.alloc(0)))).toEqual([true, true])
  })

  test('where a certificate is required, a request without one is answered 401 and nobody serves it', async () => {
    const { listener, seen } = await listening(engine, tlsOf('required'))
    const answer = await ask(listener.port, null)
    expect(answer).toMatchObject({ status: 401, body: expect.stringContaining('certificate_required') as string })
    expect(seen).toEqual([])
  })

  test('where a certificate is optional, a request without one comes in with none', async () => {
    const { listener, seen } = await listening(engine, tlsOf('optional'))
    expect(await ask(listener.port, null)).toMatchObject({ status: 200 })
    expect(await ask(listener.port, good)).toMatchObject({ status: 200 })
    expect(seen.map(({ clientCert }) => clientCert?.length ?? null)).toEqual([null, good.der.length])
  })

  test('where none is asked for, a certificate that could be shown is none', async () => {
    const { listener, seen } = await listening(engine, tlsOf('none'))
    expect(await ask(listener.port, untrusted)).toMatchObject({ status: 200 })
    expect(seen[0]?.clientCert).toBeNull()
  })

  test.each(['optional', 'required'] as const)(
    '%s: an untrusted or expired one gets no answer',
    async (client_cert) => {
      const { listener, seen } = await listening(engine, tlsOf(client_cert))
      expect(typeof (await ask(listener.port, untrusted))).toBe('string')
      expect(typeof (await ask(listener.port, expired))).toBe('string')
      expect(seen).toEqual([])
    },
  )

  test('a certificate that runs out while its connection is open proves nothing any more', async () => {
    const clock = { now: () => Date.now() + shift.days * 86_400_000, monotonic: () => performance.now() }
    const shift = { days: 0 }
    const listener = await stage.open({ engine, tls: tlsOf('optional'), clock }, (_inbound, reply) =>
      reply.send(200, [], 'in'),
    )
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    expect(await ask(listener.port, good, { agent })).toMatchObject({ status: 200 })
    shift.days = 3
    const answer = await ask(listener.port, good, { agent })
    agent.destroy()
    expect(answer).toMatchObject({ status: 401, body: expect.stringContaining('certificate_expired') as string })
  })

  test('TLS before 1.2 and clear text get no answer', async () => {
    const { listener, seen } = await listening(engine, tlsOf('none'))
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    expect(typeof (await ask(listener.port, null, old))).toBe('string')
    const plain = await stage.peer(listener).send('GET / HTTP/1.1\r\nhost: a\r\n\r\n').untilClosed()
    expect(plain.status).toBe(0)
    expect(seen).toEqual([])
  })

  test('two requests on one connection carry the certificate of that connection, bodies included', async () => {
    const { listener, seen } = await listening(engine, tlsOf('required'))
    const socket = connect({ host: '127.0.0.1', port: listener.port, ca: ca.pem, ...good.pem })
    const call = 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nok'
    const text = await new Promise<string>((resolve) => {
      let heard = ''
      socket.on('data', (chunk: Buffer) => {
        heard += chunk.toString()
        if (heard.split('HTTP/1.1 200').length === 3) resolve(heard)
      })
      socket.write(call + call)
    })
    socket.destroy()
    expect(text).toContain('in')
    expect(seen.map(({ body, clientCert }) => [body.toString(), clientCert?.length])).toEqual([
      ['ok', good.der.length],
      ['ok', good.der.length],
    ])
  })

  test('files that cannot be trusted or used keep the listener closed, each with its sentence', async () => {
    const open = { ...server, key: join(ca.dir, 'open.key') }
    writeFileSync(open.key, server.pem.key)
    chmodSync(open.key, 0o640)
    const mistakes: readonly [Partial<TlsSettings>, string][] = [
      [{ key: open.key }, 'others may read it'],
      [{ key: good.key }, 'does not belong to'],
      [{ cert: join(ca.dir, 'missing.pem') }, 'ENOENT'],
      [{ client_ca: null }, 'client_ca names no CA'],
      [{ client_ca: good.cert }, 'does not begin with the certificate of a CA'],
    ]
    for (const [mistake, sentence] of mistakes) {
      const failure = await openListener(optionsOf({ engine, tls: { ...tlsOf('required'), ...mistake } }), () => {})
      expect(isListenFailure(failure) ? failure.detail : 'listens').toContain(sentence)
    }
  })
})

test('a gateway with TLS says https, serves its keys there, and keeps its operator port in clear text', async () => {
  const tls = { cert: server.cert, key: server.key }
  const weir = await startWeir({ gateway: { tls } })
  try {
    expect(weir.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
    expect(weir.admin).toMatch(/^http:\/\//)
    const answer = await ask(Number(new URL(weir.url).port), null, { path: '/.well-known/jwks.json' })
    expect(answer).toMatchObject({ status: 200, body: expect.stringContaining('"ES256"') as string })
    expect((await fetch(`${weir.admin}/livez`)).status).toBe(200)
  } finally {
    await weir.stop()
  }
})
