import { expect, test } from 'vitest'
import { fields_max, readHead, type RequestHead } from '../../../src/edge/ingress.ts'

const limits = { header_bytes: 2048, body_bytes: 1000 }

function head(changes: Partial<RequestHead> = {}, ...more: string[]): RequestHead {
  return {
    method: 'POST',
    path: '/agents/research',
    query: '',
    fields: ['Host', 'weir.example:8080', ...more],
    ...changes,
  }
}

function codeOf(given: RequestHead): string {
  const read = readHead(given, limits)
  return read.kind === 'refusal' ? `${read.status} ${read.code}` : 'admitted'
}

test.each(['GET', 'POST', 'HEAD', 'OPTIONS', 'DELETE', 'M-SEARCH'])('the method %s comes in', (method) => {
  expect(codeOf(head({ method }))).toBe('admitted')
})

test.each(['', 'get', 'F@O', 'POST ', 'A'.repeat(33)])('the method "%s" is refused', (method) => {
  expect(codeOf(head({ method }))).toBe('400 method_invalid')
})

test.each([
  '/',
  '/a',
  '/a/',
  '/a/b.c/..d/...',
  '/tasks/t-1:cancel',
  '/a%20b',
  '/caf%C3%A9',
  '/a%3Ab',
  "/!$&'()*+,=:@~_-",
  '/.well-known/agent-card.json',
])('the path %s has one reading and comes in', (path) => {
  expect(codeOf(head({ path }))).toBe('admitted')
})

test.each([
  '',
  'a',
  '*',
  'http://weir.example/a',
  '//',
  '/a//b',
  '/.',
  '/a/.',
  '/a/..',
  '/a/../b',
  '/a/./b',
  '/a;p=1',
  '/a\\b',
  '/a b',
  '/a#b',
  '/caf\u00e9',
  '/a\u0000',
  '/a\u007f',
  '/a%2eb',
  '/a%2Eb',
  '/%2e%2e/b',
  '/a%2Fb',
  '/a%2fb',
  '/a%5Cb',
  '/a%3Bb',
  '/a%25b',
  '/a%00',
  '/a%0A',
  '/a%7F',
  '/a%41',
  '/a%7E',
  '/a%c3%a9',
  '/a%',
  '/a%2',
  '/a%zz',
  '/a%C3',
  '/a%FF%FE',
])('the path %j is refused', (path) => {
  expect(codeOf(head({ path }))).toBe('400 path_not_canonical')
})

test.each(['a=b&c=%20d', 'x', '?', 'a=/../;'])('the query %s comes in', (query) => {
  expect(codeOf(head({ query }))).toBe('admitted')
})

test.each(['a b', 'a#b', 'a"b', 'a\u0001', '\u00e9'])('the query %j is refused', (query) => {
  expect(codeOf(head({ query }))).toBe('400 query_invalid')
})

test.each([
  ['an empty name', ['', 'x'], '400 header_invalid'],
  ['a name with a space', ['a b', 'x'], '400 header_invalid'],
  ['a name with a colon', ['a:', 'x'], '400 header_invalid'],
  ['a value with a line break', ['a', 'x\r\ny: z'], '400 header_invalid'],
  ['a value with a NUL', ['a', 'x\0'], '400 header_invalid'],
  ['a value beyond ASCII', ['a', 'caf\u00e9'], '400 header_invalid'],
  ['two Hosts', ['host', 'weir.example:8080'], '400 header_repeated'],
  [
    'two Authorizations, spelled apart',
    ['Authorization', 'Bearer a', 'authorization', 'Bearer b'],
    '400 header_repeated',
  ],
  ['two Txn-Tokens', ['Txn-Token', 'a', 'Txn-Token', 'a'], '400 header_repeated'],
  ['two Content-Types', ['Content-Type', 'a/b', 'Content-Type', 'c/d'], '400 header_repeated'],
  ['two of our own', ['Weir-Run-Id', 'a', 'Weir-Run-Id', 'a'], '400 header_repeated'],
  ['two equal lengths', ['Content-Length', '5', 'Content-Length', '5'], '400 header_repeated'],
  ['two lengths', ['Content-Length', '0', 'Content-Length', '5'], '400 header_repeated'],
  ['an empty length', ['Content-Length', ''], '400 content_length_invalid'],
  ['a signed length', ['Content-Length', '+5'], '400 content_length_invalid'],
  ['a negative length', ['Content-Length', '-5'], '400 content_length_invalid'],
  ['a length list', ['Content-Length', '5, 5'], '400 content_length_invalid'],
  ['a hexadecimal length', ['Content-Length', '0x5'], '400 content_length_invalid'],
  ['a length beyond the maximum', ['Content-Length', '1001'], '413 body_too_large'],
  ['a length beyond all numbers', ['Content-Length', '9'.repeat(400)], '413 body_too_large'],
  ['length and chunks', ['Content-Length', '5', 'Transfer-Encoding', 'chunked'], '400 framing_ambiguous'],
  ['xchunked', ['Transfer-Encoding', 'xchunked'], '400 transfer_encoding_invalid'],
  ['identity, chunked', ['Transfer-Encoding', 'identity, chunked'], '400 transfer_encoding_invalid'],
  ['Chunked', ['Transfer-Encoding', 'Chunked'], '400 transfer_encoding_invalid'],
  ['an empty coding', ['Transfer-Encoding', ''], '400 transfer_encoding_invalid'],
  ['two codings', ['Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked'], '400 header_repeated'],
  ['gzip', ['Content-Encoding', 'gzip'], '415 encoding_unsupported'],
  ['an unknown expectation', ['Expect', '200-maybe'], '417 expectation_unknown'],
  ['a long header', ['a', 'x'.repeat(2048)], '431 headers_too_large'],
])('a request with %s is refused', (_what, fields, code) => {
  expect(codeOf(head({}, ...fields))).toBe(code)
})

test.each([[[]], [['Host', '']], [['Host', 'a b']], [['Host', 'user@a']], [['Host', 'a/b']]])(
  'the host of %j is refused',
  (fields) => {
    expect(codeOf(head({ fields }))).toBe('400 host_invalid')
  },
)

test('one field more than the maximum is refused', () => {
  const fields = (count: number): string[] => Array.from({ length: count - 1 }, () => ['a', 'b']).flat()
  expect(codeOf(head({}, ...fields(fields_max)))).toBe('admitted')
  expect(codeOf(head({}, ...fields(fields_max + 1)))).toBe('431 headers_too_many')
})

test('a request line longer than the maximum is refused even without headers', () => {
  expect(codeOf(head({ path: `/${'a'.repeat(2048)}`, fields: [] }))).toBe('431 headers_too_large')
})

test('what comes in has names in lower case, lists joined and a known length', () => {
  const read = readHead(
    head({}, 'Accept', 'a/b', 'ACCEPT', 'c/d', 'Content-Length', '7', 'Expect', '100-continue'),
    limits,
  )
  expect(read).toMatchObject({ kind: 'admitted', contentLength: 7 })
  expect(read.kind === 'admitted' && [...read.headers]).toEqual([
    ['host', 'weir.example:8080'],
    ['accept', 'a/b, c/d'],
    ['content-length', '7'],
    ['expect', '100-continue'],
  ])
})

test('a chunked body has no known length, and no framing header means no body', () => {
  expect(readHead(head({}, 'Transfer-Encoding', 'chunked'), limits)).toMatchObject({ contentLength: null })
  expect(readHead(head(), limits)).toMatchObject({ contentLength: 0 })
})

test('no refusal echoes the request', () => {
  const read = readHead(head({ path: '/secret-canary//' }, 'a', 'secret-canary'), limits)
  expect(JSON.stringify(read)).not.toContain('canary')
})
