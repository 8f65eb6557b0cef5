import { afterEach, describe, expect, test } from 'vitest'
import type { Listener } from '../../src/edge/contract.ts'
import type { Reply, Serve } from '../../src/protocol/http.ts'
import { engines, eventually, type Peer, Stage } from '../kit/edge.ts'

const get = 'GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n'

describe.each(engines)('on %s', (engine) => {
  const stage = new Stage()
  const open = (serve: Serve): Promise<Listener> => stage.open({ engine }, serve)
  const peer = (listener: Listener): Peer => stage.peer(listener)

  afterEach(() => stage.clear())

  test('a streamed answer leaves piece by piece', async () => {
    const replies: Reply[] = []
    const listener = await open((_inbound, reply) => {
      replies.push(reply)
      reply.begin(200, [['content-type', 'text/plain']])
      reply.write('one')
    })
    const answer = peer(listener).send(get)
    await answer.until((text) => text.includes('one'))
    expect(answer.text).toContain('ransfer-')
    replies[0]?.write('')
    replies[0]?.write('two')
    await answer.until((text) => text.includes('two'))
    expect(listener.open).toBe(1)
    replies[0]?.end()
    await answer.until((text) => text.endsWith('0\r\n\r\n'))
    expect(replies[0]?.closed).toBe(true)
    expect(listener.open).toBe(0)
  })

  test('the headers of an event stream leave before its first event', async () => {
    const listener = await open((_inbound, reply) => reply.begin(200, [['content-type', 'text/event-stream']]))
    const answer = await fetch(`http://127.0.0.1:${listener.port}/`, { signal: AbortSignal.timeout(20_000) })
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
    await answer.body?.cancel()
    await eventually(() => listener.open === 0)
  })

  test('a slow reader stops the writer, and all bytes arrive in order once it reads', async () => {
    let pauses = 0
    let drains = 0
    const total = 40
    const listener = await open((_inbound, reply) => {
      let next = 0
      const put = (): void => {
        while (next < total) if (!reply.write(Buffer.alloc(256 * 1024, next++))) return void (pauses += 1)
        reply.end()
      }
      reply.onDrain(() => {
        drains += 1
        put()
      })
      reply.begin(200, [])
      put()
      expect(reply.buffered).toBeGreaterThan(0)
    })
    const answer = await fetch(`http://127.0.0.1:${listener.port}/`)
    await eventually(() => pauses > 0)
    const before = drains
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(drains - before).toBeLessThan(total)
    const bytes = Buffer.from(await answer.arrayBuffer())
    expect(bytes.length).toBe(total * 256 * 1024)
    for (let at = 0; at < total; at++) expect(bytes[at * 256 * 1024]).toBe(at)
    expect(drains).toBeGreaterThan(0)
    expect(listener.open).toBe(0)
  })

  test('what a writer left behind arrives although it never writes again', async () => {
    const replies: Reply[] = []
    let drained = false
    const listener = await open((_inbound, reply) => {
      replies.push(reply)
      reply.onDrain(() => {
        drained = true
      })
      reply.begin(200, [])
      while (reply.write(Buffer.alloc(256 * 1024, 97)));
    })
    const answer = peer(listener)
    answer.socket.pause()
    answer.send(get)
    await eventually(() => replies.length > 0)
    answer.socket.resume()
    await eventually(() => drained)
    expect(replies[0]?.buffered).toBe(0)
  })

  test('a peer that goes away is reported once, and every later word is ignored', async () => {
    const replies: Reply[] = []
    let gone = 0
    const listener = await open((_inbound, reply) => {
      replies.push(reply)
      reply.onGone(() => (gone += 1))
      reply.begin(200, [])
      reply.write('x')
    })
    const leaver = peer(listener).send(get)
    await leaver.until((text) => text.includes('x'))
    leaver.socket.destroy()
    await eventually(() => gone === 1)
    const [reply] = replies
    expect(reply?.closed).toBe(true)
    reply?.begin(200, [])
    expect(reply?.write('y')).toBe(false)
    reply?.send(200, [], '')
    reply?.end()
    reply?.cut()
    expect(gone).toBe(1)
    expect(listener.open).toBe(0)
  })

  test('a cut answer is a failure for the peer and no goodbye of its own', async () => {
    let gone = 0
    const listener = await open((_inbound, reply) => {
      reply.onGone(() => (gone += 1))
      reply.begin(200, [])
      reply.write('x')
      setTimeout(() => reply.cut(), 20)
    })
    const answer = await fetch(`http://127.0.0.1:${listener.port}/`)
    await expect(answer.text()).rejects.toThrow('terminated')
    expect(gone).toBe(0)
    expect(listener.open).toBe(0)
  })

  test('a Bug after the answer began cuts it', async () => {
    const listener = await open(async (_inbound, reply) => {
      reply.begin(200, [])
      reply.write('x')
      await new Promise((resolve) => setTimeout(resolve, 20))
      throw new Error('late')
    })
    const answer = await fetch(`http://127.0.0.1:${listener.port}/`)
    await expect(answer.text()).rejects.toThrow('terminated')
  })
})
