import { expect, test } from 'vitest'
import { readForm } from '../../../../src/protocol/oauth/form.ts'
import { isOAuthRefusal } from '../../../../src/protocol/oauth/refusal.ts'

const plain = 'application/x-www-form-urlencoded'

function read(body: string | Buffer, type: string | null = plain, query = ''): unknown {
  const headers = new Map(type === null ? [] : [['content-type', type]])
  const form = readForm({ headers, body: Buffer.from(body), query })
  return isOAuthRefusal(form) ? form.error : Object.fromEntries(form)
}

test('a form is read as it was written', () => {
  expect(read('a=1&b=two+words&c=%C3%BC%26')).toEqual({ a: '1', b: 'two words', c: 'ü&' })
})

test('a parameter without a value is treated as if it were omitted', () => {
  expect(read('a=&b&c=1&&')).toEqual({ c: '1' })
})

test('the value of a parameter may hold an equals sign', () => {
  expect(read('a=b=c')).toEqual({ a: 'b=c' })
})

test.each([
  ['twice with one value', 'a=1&a=1', 'invalid_request'],
  ['twice, once empty', 'a=1&a=', 'invalid_request'],
  ['twice in two spellings', 'scope=1&sc%6Fpe=2', 'invalid_request'],
  ['twice and unknown', 'x=1&x=2', 'invalid_request'],
  ['two audiences', 'audience=1&audience=2', 'invalid_target'],
  ['two resources', 'resource=1&resource=1', 'invalid_target'],
])('a parameter that stands there %s is refused', (_what, body, error) => {
  expect(read(body)).toBe(error)
})

test.each([
  ['half an escape', 'a=%4'],
  ['an escape that is none', 'a=%zz'],
  ['an overlong sequence', 'a=%C0%AF'],
  ['half a surrogate', 'a=%ED%A0%80'],
  ['raw UTF-8', 'a=ü'],
  ['a line break', 'a=1\r\nb=2'],
  ['a space', 'a=1 2'],
  ['a NUL', 'a=\0'],
])('a body with %s is refused', (_what, body) => {
  expect(read(body)).toBe('invalid_request')
})

test('sizes have an end: 32768 bytes and 64 parameters', () => {
  expect(read(`a=${'x'.repeat(32_766)}`)).toHaveProperty('a')
  expect(read(`a=${'x'.repeat(32_767)}`)).toBe('invalid_request')
  const pairs = Array.from({ length: 64 }, (_, at) => `p${at}=1`)
  expect(read(pairs.join('&'))).toHaveProperty('p63')
  expect(read([...pairs, 'q=1'].join('&'))).toBe('invalid_request')
})

test('only the one content type is read, with the charset it has anyway', () => {
  expect(read('a=1', `${plain}; charset=UTF-8`)).toEqual({ a: '1' })
  for (const type of [null, 'application/json', `${plain}; charset=latin1`, `${plain}x`, `text/plain, ${plain}`])
    expect(read('a=1', type)).toBe('invalid_request')
})

test('parameters in the query are refused, so that no token stands in a log of URLs', () => {
  expect(read('a=1', plain, 'subject_token=x')).toBe('invalid_request')
})
