import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalArguments } from '../../../../src/protocol/a2a/arguments.ts'

const body = (params: string): Buffer =>
  Buffer.from(`{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":${params}}`)
const canonical = (params: string): string | null =>
  canonicalArguments({ dialect: 'a2a-1.0-jsonrpc', body: body(params) })

test('the id of the message and the order of members do not count, everything else does', () => {
  const one = canonical('{"message":{"messageId":"m1","parts":[{"text":"hi"}],"role":"ROLE_USER"},"metadata":{"a":1}}')
  expect(one).toBe('{"message":{"parts":[{"text":"hi"}],"role":"ROLE_USER"},"metadata":{"a":1}}')
  expect(
    canonical('{"metadata":{"a":1},"message":{"role":"ROLE_USER","messageId":"m2","parts":[{"text":"hi"}]}}'),
  ).toBe(one)
  expect(
    canonical('{"message":{"messageId":"m1","parts":[{"text":"hi","messageId":"m1"}],"role":"ROLE_USER"}}'),
  ).not.toBe(one)
})

test.each(['1', '1.0', '-0', '0.30000000000000004', '1e3', '1.50e+3', '12345678901234568', '1e23', '5e-324'])(
  'a number that a double says exactly is fine: %s',
  (number) => expect(canonical(`{"message":{"n":${number}}}`)).toContain(`${Number(number)}`),
)

test.each(['9007199254740993', '123456789012345678', '1.00000000000000001', '1e400', '-1e-400'])(
  'a number that readers may round has no canonical form: %s',
  (number) => expect(canonical(`{"message":{"n":${number}}}`)).toBeNull(),
)

test('digits inside of strings are no numbers', () => {
  expect(canonical('{"message":{"card":"4111111111111111111111","q":"\\"9007199254740993"}}')).not.toBeNull()
})

test.each([
  '[]',
  '1',
  '{"a":1,"a":2}',
  '{"__proto__":1}',
  '{"a":"\\ud800"}',
  `{"a":${'['.repeat(70)}${']'.repeat(70)}}`,
])('what has no one meaning has no canonical form: %s', (params) => expect(canonical(params)).toBeNull())

test('a large body has none: it would hold up everybody else', () => {
  expect(canonical(`{"message":{"text":"${'x'.repeat(16_384)}"}}`)).toBeNull()
})

test('whatever JSON writes of a number is read as exact', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      expect(canonical(`{"message":{"n":${JSON.stringify(number)}}}`)).not.toBeNull()
    }),
  )
})

test('over REST the body itself holds the parameters, and no member of it stands for all of them', () => {
  const rest = (text: string): string | null => canonicalArguments({ dialect: 'a2a-1.0-rest', body: Buffer.from(text) })
  expect(rest('{"message":{"messageId":"m1","parts":[]},"params":{"message":{}}}')).toBe(
    '{"message":{"parts":[]},"params":{"message":{}}}',
  )
  expect(rest('')).toBeNull()
})
