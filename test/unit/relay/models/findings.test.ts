import { expect, test } from 'vitest'
import { findingOf, isTold, looksLikeJson } from '../../../../src/relay/models/findings.ts'

function found(status: number, body = '{}', head = {}): ReturnType<typeof findingOf> {
  return findingOf({ status, head, body: Buffer.from(body) })
}

test('every status says what is next, and whom it speaks of', () => {
  const next = (status: number): string => found(status).next
  expect([200, 201, 400, 404, 409, 410, 413, 418, 422, 451].map(next)).toEqual(Array.from({ length: 10 }, () => 'none'))
  expect([408, 429, 500, 502, 503, 504, 520, 529, 599].map(next)).toEqual(Array.from({ length: 9 }, () => 'same'))
  expect([401, 402, 403].map(next)).toEqual(['key', 'key', 'key'])
  expect([101, 204, 301, 302, 307, 304].map((status) => found(status, '').next)).toEqual(
    Array.from({ length: 6 }, () => 'other'),
  )
  expect([400, 429, 500].map((status) => isTold(found(status)))).toEqual([true, true, true])
  expect([401, 402, 403].map((status) => isTold(found(status)))).toEqual([false, false, false])
})

test('a quota that is used up is no moment’s rush', () => {
  expect(found(429, '{"error":{"message":"slow down"}}').key).toBe('limited')
  expect(found(429, '{"error":{"code":"insufficient_quota"}}').key).toBe('out_of_quota')
  // What a caller writes may come back in an error of its own making, and must not cost us a key.
  expect(found(400, '{"error":{"message":"insufficient_quota"}}').key).toBe('well')
})

test('only JSON passes for an answer', () => {
  expect(['{}', ' \r\n\t[1]', '{"a"'].map((text) => looksLikeJson(Buffer.from(text)))).toEqual([true, true, true])
  expect(['', '  ', '<html>', 'null'].map((text) => looksLikeJson(Buffer.from(text)))).toEqual([
    false,
    false,
    false,
    false,
  ])
})
