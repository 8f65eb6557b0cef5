import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readChallenge, scopesOf, union } from '../../../../../src/identity/outbound/mcp-oauth/challenge.ts'

test.each([
  [null, null, null],
  ['Basic realm="x"', null, null],
  ['Bearer', null, null],
  ['Bearer scope="a b", resource_metadata="https://s/x"', 'https://s/x', ['a', 'b']],
  ['Basic realm="scope=no", Bearer error="invalid_token", scope="a"', null, ['a']],
  ['bearer Scope = a , resource_metadata=https://s/x', 'https://s/x', ['a']],
  ['DPoP algs="ES256", scope="a"', null, ['a']],
  ['Bearer scope="a", scope="b"', null, ['a']],
  [String.raw`Bearer error_description="say \"scope=no\"", scope="a"`, null, ['a']],
  ['Bearer scope=""', null, null],
  [`Bearer scope="${'a'.repeat(5000)}"`, null, null],
])('%s', (header, resourceMetadata, scope) => {
  expect(readChallenge(header)).toEqual({ resourceMetadata, scope })
})

test('whatever a server writes is read or not, and never throws', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const { scope } = readChallenge(`Bearer ${text}`)
      return scope === null || scope.every((one) => /^[\x21-\x7e]+$/.test(one))
    }),
  )
})

test('scopes come from texts and lists, each once, and without what is none', () => {
  expect(scopesOf('a b a')).toEqual(['a', 'b'])
  expect(scopesOf(['a', 7, 'b c', 'd'])).toEqual(['a', 'd'])
  expect(scopesOf({})).toBeNull()
  expect(union(['a'], null, ['b', 'a'])).toEqual(['a', 'b'])
  expect(union(null, null)).toBeNull()
})
