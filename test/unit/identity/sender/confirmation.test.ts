import { expect, test } from 'vitest'
import { readConfirmation, writeConfirmation } from '../../../../src/identity/sender/confirmation.ts'

const thumbprint = 'A'.repeat(43)

test.each(['dpop', 'mtls'] as const)('a binding to a key of %s is read as it was written', (kind) => {
  expect(readConfirmation({ cnf: writeConfirmation({ kind, thumbprint }) })).toEqual({ kind, thumbprint })
})

test('a token without cnf is a bearer token', () => {
  expect(readConfirmation({})).toBeNull()
})

test.each([
  ['a text', thumbprint],
  ['null', null],
  ['nothing in it', {}],
  ['a key itself', { jwk: {} }],
  ['a thumbprint that is too short', { jkt: 'AAAA' }],
  ['two keys at once', { jkt: thumbprint, 'x5t#S256': thumbprint }],
])('%s as cnf is never taken for a bearer token', (_what, cnf) => {
  expect(readConfirmation({ cnf })).toBeUndefined()
})
