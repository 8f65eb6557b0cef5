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
