import { expect, test } from 'vitest'
import { SseSplitter } from '../../../src/protocol/sse.ts'

function split(chunks: readonly (string | Buffer)[], max = 1000): readonly (readonly [string, string | null])[] {
  const splitter = new SseSplitter(max)
  return chunks
    .flatMap((chunk) => splitter.push(Buffer.from(chunk)))
    .map((event) => [event.bytes.toString('utf8'), event.data?.toString('utf8') ?? null] as const)
}

test.each([
  [
    'line feeds',
    'data: a\n\ndata:b\n\n',
    [
      ['data: a\n\n', 'a'],
      ['data:b\n\n', 'b'],
    ],
  ],
  [
    'pairs',
    'data: a\r\n\r\ndata: b\r\n\r\n',
    [
      ['data: a\r\n\r\n', 'a'],
      ['data: b\r\n\r\n', 'b'],
    ],
  ],
  [
    'lone returns, closed by a pair',
    'data: a\r\rdata: b\r\r',
    [
      ['data: a\r\r\n', 'a'],
      ['data: b\r\r\n', 'b'],
    ],
  ],
  [
    'several data lines',
    'event: x\ndata: a\nid: 7\ndata:  b\ndata\n\n',
    [['event: x\ndata: a\nid: 7\ndata:  b\ndata\n\n', 'a\n b\n']],
  ],
  [
    'comments',
    ': hello\n\n:\n\n',
    [
      [': hello\n\n', null],
      [':\n\n', null],
    ],
  ],
  ['fields that only begin like data', 'database: 1\n\n', [['database: 1\n\n', null]]],
  ['a byte order mark', '\uFEFFdata: a\n\n', [['data: a\n\n', 'a']]],
  ['an event without its end', 'data: a\n\ndata: b\n', [['data: a\n\n', 'a']]],
])('%s', (_what, text, events) => {
  expect(split([text])).toEqual(events)
})

test.each([
  'data: é1\n\n:x\ndata: 2\n\n',
  'data: 1\r\n\r\ndata: 2\r\n\r\n',
  'data: 1\r\rdata: 2\r\r',
  '\uFEFFdata: 1\n\r\ndata: 2\r\n\n',
])('the chunks of %j change nothing', (text) => {
  const bytes = Buffer.from(text)
  const whole = split([bytes])
  expect(split(Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual(whole)
  for (let cut = 0; cut <= bytes.length; cut += 1)
    expect(split([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(whole)
})

test('an event longer than allowed is not taken, whole or in pieces', () => {
  const splitter = new SseSplitter(20)
  expect(splitter.push(Buffer.from('data: 1\n\n'))).toHaveLength(1)
  expect(splitter.push(Buffer.from('data: 12345678901'))).toHaveLength(0)
  expect(splitter.overflow).toBe(false)
  expect(splitter.push(Buffer.from('234567890\n\ndata: 2\n\n'))).toHaveLength(0)
  expect(splitter.overflow).toBe(true)
})

test('a hundred thousand short lines in one event cost one pass, not one per line', () => {
  const text = `${'data: x\n'.repeat(100_000)}\n`
  const [event] = split([text], 1_000_000)
  expect(event?.[1]).toHaveLength(199_999)
})
