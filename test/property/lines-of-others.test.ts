/** Whatever stands on a line of others, nothing throws, and every request ends at most once. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { writeRefused, writeUnread } from '../../src/cli/bridge/errors.ts'
import { fieldsOf } from '../../src/cli/bridge/conversation.ts'
import { Mirrors } from '../../src/cli/bridge/mirrors.ts'
import type { LineEars } from '../../src/relay/mcp/line.ts'
import { LineChannel } from '../../src/relay/mcp/line-channel.ts'
import { makeFault } from '../../src/relay/wire/transport.ts'
import { messageTo } from '../support/lines.ts'

const id = fc.constantFrom<unknown>(1, 2, '1', null, 1.5, {}, undefined)
const token = fc.constantFrom<unknown>('a', 1, null, {}, undefined)
const subscriptionId = fc.constantFrom<unknown>(1, 'x', undefined)
const message = fc.record(
  {
    id,
    method: fc.constantFrom<unknown>('notifications/progress', 'roots/list', 'notifications/message', '', 7),
    params: fc.record({
      progressToken: token,
      _meta: fc.record({ 'io.modelcontextprotocol/subscriptionId': subscriptionId }),
    }),
    result: fc.jsonValue(),
    error: fc.jsonValue(),
  },
  { requiredKeys: [] },
)
const line = fc.oneof(
  message.map((said) => JSON.stringify(said)),
  fc.array(message, { maxLength: 3 }).map((said) => JSON.stringify(said)),
  fc.json(),
  fc.string(),
)

test('a channel survives every line, and each request ends exactly once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 20 }),
      fc.array(fc.nat(9), { maxLength: 5 }),
      async (lines, pauses) => {
        const held: { ears: LineEars | null } = { ears: null }
        const open = (own: LineEars) => {
          held.ears = own
          return { write: (_sent: unknown, done: (refused: null) => void) => done(null), close: () => {} }
        }
        const channel = new LineChannel(open, { open_max: 4, held_bytes: 200 })
        const ends = [0, 0, 0]
        const wires = ends.map((_, i) =>
          channel.send(messageTo({ id: i, method: 'x', params: { _meta: { progressToken: i } } }), {
            onMessage: () => {},
            onEnd: () => void (ends[i] = (ends[i] ?? 0) + 1),
          }),
        )
        channel.listen([], { onMessage: () => {}, onEnd: () => {} })
        await Promise.resolve()
        lines.forEach((text, i) => {
          const wire = wires[i % wires.length]
          if (pauses.includes(i)) wire?.pause()
          else wire?.resume()
          held.ears?.onMessage(Buffer.from(text))
        })
        for (const wire of wires) wire.resume()
        held.ears?.onEnd(makeFault('reset', 'gone', false))
        expect(ends).toEqual([1, 1, 1])
      },
    ),
  )
})

test('what is written for lines that nobody understands is always one message', () => {
  const bytes = fc.oneof(
    line.map((text) => Buffer.from(text)),
    fc.uint8Array().map((array) => Buffer.from(array)),
  )
  fc.assert(
    fc.property(bytes, fc.constantFrom('1', '"a"'), fc.integer({ min: 100, max: 599 }), (body, rpcId, status) => {
      const refused = JSON.parse(writeRefused(rpcId, status, body).toString()) as { id: unknown; error: unknown }
      expect([JSON.stringify(refused.id), typeof refused.error]).toEqual([rpcId, 'object'])
      expect(JSON.parse(writeUnread(body, 'syntax').toString())).toMatchObject({ error: { code: -32700 } })
      expect(() => fieldsOf(body)).not.toThrow()
    }),
  )
})

test('any list of tools is learnt from, and any arguments are mirrored or not', () => {
  const schema = fc.letrec((tie) => ({
    node: fc.record(
      {
        type: fc.constantFrom('object', 'string', 7),
        'x-mcp-header': fc.constantFrom<unknown>('Region', 'a b', '', 7, 'X\r\nY'),
        properties: fc.oneof(
          { depthSize: 'small' },
          fc.dictionary(fc.constantFrom('a', 'b'), tie('node')),
          fc.jsonValue(),
        ),
      },
      { requiredKeys: [] },
    ),
  })).node
  const tools = fc.oneof(
    fc.array(fc.record({ name: fc.constantFrom<unknown>('t', 7), inputSchema: schema })),
    fc.jsonValue(),
  )
  fc.assert(
    fc.property(tools, fc.jsonValue(), (listed, args) => {
      const mirrors = new Mirrors()
      mirrors.learn(Buffer.from(JSON.stringify({ result: { tools: listed } })))
      for (const [name, value] of Object.entries(mirrors.headersFor('t', JSON.stringify(args)))) {
        expect(name).toMatch(/^mcp-param-[!#$%&'*+\-.^_`|~0-9a-z]+$/)
        expect(value).toMatch(/^[\t\x20-\x7e]+$/)
      }
    }),
  )
})
