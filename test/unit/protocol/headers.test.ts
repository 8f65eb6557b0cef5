import { expect, test } from 'vitest'
import { headersBack, headersUpwards } from '../../../src/protocol/headers.ts'

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
