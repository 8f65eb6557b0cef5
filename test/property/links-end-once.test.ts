/** Wherever the answer of a server is cut, a request over a link ends once, and never with a result that was not there. */
import { createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import type { End } from '../../src/relay/mcp/link.ts'
import { askOver, calling, openLinksTo, plainSpeaker } from '../support/mcp-links.ts'
import { discovery, event, greeting } from '../support/mcp-script.ts'

const log = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'ä' } }
const head = (type: string) => `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\nconnection: close\r\n\r\n`
const json = (id: number, result: object) => JSON.stringify({ jsonrpc: '2.0', id, result })

/** Answers to a call, and how many of their bytes are needed before the answer is there. */
const transcripts = {
  'one body': (id: number) => head('application/json') + json(id, { a: 'ü' }),
  'a stream': (id: number) => `${head('text/event-stream')}: hello\n\n${event(log)}data: ${json(id, { a: 1 })}\n\n`,
  'a stream with returns': (id: number) =>
    `${head('text/event-stream')}event: message\r\ndata: ${json(id, {})}\r\n\r\n`,
} as const

type Cut = 'ends' | 'is torn'

/** A server whose answer to a call has only so many bytes. */
async function cutServer(transcript: (id: number) => string, length: () => number, how: Cut) {
  const server = createServer((socket) => {
    let read = ''
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      read += chunk.toString()
      const body = read.split('\r\n\r\n')[1] ?? ''
      const size = Number(/content-length: (\d+)/i.exec(read)?.[1] ?? 0)
      if (!read.includes('\r\n\r\n') || Buffer.byteLength(body) < size) return
      read = ''
      reply(socket, body === '' ? {} : (JSON.parse(body) as { id?: number; method?: string }))
    })
  })
  const reply = (socket: Socket, { id = 0, method }: { id?: number; method?: string }): void => {
    if (method === 'initialize') return void socket.end(head('application/json') + json(id, greeting()))
    if (method === 'server/discover') return void socket.end(head('application/json') + json(id, discovery()))
    if (method !== 'tools/call') return void socket.end('HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n')
    const bytes = Buffer.from(transcript(id)).subarray(0, length())
    if (how === 'ends') socket.end(bytes)
    else socket.write(bytes, () => socket.resetAndDestroy())
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  }
}

for (const era of ['legacy', 'modern'] as const)
  for (const [name, transcript] of Object.entries(transcripts))
    it.each<Cut>(['ends', 'is torn'])(`${name} of a ${era} server that %s anywhere`, async (how) => {
      let length = 0
      await using server = await cutServer(transcript, () => length, how)
      await using bench = openLinksTo(server.url, era)
      const link = await bench.link(era, plainSpeaker({ capabilities: Buffer.from('{}') }))
      const whole = Buffer.byteLength(transcript(10))
      for (length = 0; length <= whole + 4; length += 1) {
        const heard = askOver(link, calling('any', {}, { logLevel: null }))
        const end = (await heard.end) as End
        expect(heard.ends).toHaveLength(1)
        if (end.kind === 'result') expect(length).toBeGreaterThanOrEqual(whole - 8)
        else expect(end.kind).toBe('fault')
      }
      expect(((await askOver(link, calling('any')).end) as End).kind).toBe('result')
    })
