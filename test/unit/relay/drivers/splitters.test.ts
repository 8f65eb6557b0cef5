import { expect, test } from 'vitest'
import { type Framing, splitterFor } from '../../../../src/relay/drivers/splitters.ts'

const texts: Readonly<Record<Framing, string>> = {
  sse: 'event: one\ndata: {"a":\ndata: 1}\nid: 0\n\n: quiet\n\ndata: bare\n\n',
  lines: '{"a":1}\r\n\n{"b":"gr\u00fc\u00df"}\n{"last":1}',
}
const events = {
  sse: [{ name: 'one', data: '{"a":\n1}' }, null, { name: 'message', data: 'bare' }],
  lines: [
    { name: 'line', data: '{"a":1}' },
    null,
    { name: 'line', data: '{"b":"gr\u00fc\u00df"}' },
    { name: 'line', data: '{"last":1}' },
  ],
} as const

test.each(['sse', 'lines'] as const)('a stream of %s is the same whatever its chunks', (framing) => {
  const bytes = Buffer.from(texts[framing])
  for (let size = 1; size <= bytes.length; size += 1) {
    const splitter = splitterFor(framing, 1024)
    const heard = []
    for (let at = 0; at < bytes.length; at += size) heard.push(...splitter.push(bytes.subarray(at, at + size)))
    const last = splitter.end()
    expect(last === null ? heard : [...heard, last]).toEqual(events[framing])
  }
})

test.each(['sse', 'lines'] as const)('an event of %s has a longest length', (framing) => {
  const splitter = splitterFor(framing, 16)
  splitter.push(Buffer.from(`data: ${'x'.repeat(32)}`))
  expect(splitter.overflow).toBe(true)
  expect(splitter.push(Buffer.from('\n\ndata: y\n\n'))).toEqual([])
  expect(splitter.end()).toBeNull()
})
