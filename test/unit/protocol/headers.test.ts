import { expect, test } from 'vitest'
import { runExtension } from '../../../src/protocol/a2a/run-extension.ts'
import { readTraceparent } from '../../../src/protocol/traceparent.ts'
import { headersBack, headersUpwards, traced } from '../../../src/protocol/headers.ts'

test('only what is listed goes up', () => {
  const secret = [
    'authorization',
    'cookie',
    'txn-token',
    'x-forwarded-for',
    'weir-run-id',
    'baggage',
    'host',
    'x-api-key',
    'a2a-version',
  ]
  const headers = new Map([
    ...secret.map((name) => [name, 'secret'] as const),
    ['traceparent', '00-a-b-01'],
    ['a2a-extensions', 'urn:x'],
  ])
  expect(headersUpwards(headers)).toEqual([
    ['a2a-extensions', 'urn:x'],
    ['traceparent', '00-a-b-01'],
  ])
})

test('only what is listed comes back', () => {
  expect(headersBack({ 'set-cookie': 'a=b', server: 'nginx', 'x-powered-by': 'x', 'a2a-extensions': 'urn:x' })).toEqual(
    [['a2a-extensions', 'urn:x']],
  )
})

test.each([
  [{ 'a2a-extensions': 'urn:x' }, 'urn:x'],
  [{ 'x-a2a-extensions': 'urn:x' }, 'urn:x'],
  [{ 'a2a-extensions': 'urn:x', 'x-a2a-extensions': 'urn:x' }, 'urn:x'],
  [{ 'a2a-extensions': 'urn:x', 'x-a2a-extensions': 'urn:y' }, 'urn:x, urn:y'],
])('the extensions in %j have the name of whoever reads them', (said: Readonly<Record<string, string>>, list) => {
  const headers = new Map(Object.entries(said))
  expect(headersUpwards(headers, '1.0')).toEqual([['a2a-extensions', list]])
  expect(headersUpwards(headers, '0.3')).toEqual([['x-a2a-extensions', list]])
  expect(headersBack(said, '1.0')).toEqual([['a2a-extensions', list]])
  expect(headersBack(said, '0.3')).toEqual([['x-a2a-extensions', list]])
})

test('without extensions there is no list of them', () => {
  expect([headersUpwards(new Map(), '0.3'), headersBack({}, '1.0')]).toEqual([[], []])
})

const id = '1'.repeat(32)
const theirs = `00-${id}-${'2'.repeat(16)}-01`
const plain = ['accept-language', 'de'] as const

test('a target hears of the trace that is meant for it, and of no other', () => {
  const headers = [plain, ['traceparent', 'old'], ['tracestate', 'old=1']] as const
  expect(traced(headers, null)).toEqual([plain])
  expect(traced(headers, readTraceparent(theirs))).toEqual([plain, ['traceparent', theirs]])
  expect(traced([plain], readTraceparent(theirs, 'a=b'))).toEqual([
    plain,
    ['traceparent', theirs],
    ['tracestate', 'a=b'],
  ])
})

test('the extension that is between the caller and us is none of the target', () => {
  const upwards = (list: string) => headersUpwards(new Map([['a2a-extensions', list]]), '1.0')
  expect(upwards(`${runExtension}, https://x.example/1`)).toEqual([['a2a-extensions', 'https://x.example/1']])
  expect(upwards(runExtension)).toEqual([])
})
