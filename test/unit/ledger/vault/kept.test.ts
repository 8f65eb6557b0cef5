/** A payload counts only if it is whole, can be opened and has the hash that its record says. */
import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Commitment } from '../../../../src/domain/commitment.ts'
import { keptOf } from '../../../../src/ledger/vault/kept.ts'
import type { Payload } from '../../../../src/ledger/vault/payloads.ts'

const salt = Buffer.alloc(16, 7)
const bytes = Buffer.from('{"path":"/public/a"}')
const commitment: Commitment = {
  alg: 'sha-256',
  c: hash('sha256', Buffer.concat([salt, bytes]), 'base64url'),
  n: bytes.length,
  level: 'full',
}
const payload: Payload = { part: 'args', level: 'full', at: 1, truncated: false, salt, bytes }

test.each([
  ['kept', {}, [payload]],
  ['hash', { level: 'hash' }, [payload]],
  ['dropped', { dropped: true }, []],
  ['erased', {}, [{ ...payload, salt: null, bytes: null }]],
  ['absent', {}, []],
  ['absent', {}, [{ ...payload, part: 'res' }]],
  ['altered', {}, [{ ...payload, bytes: Buffer.from('{"path":"/public/b"}') }]],
  ['altered', { c: 'another' }, [payload]],
] as const)('it is %s: %j', (state, facts, payloads) => {
  const kept = keptOf({ ...commitment, ...facts }, { part: 'args', payloads, erased: false })
  expect(kept).toEqual({ state, bytes: state === 'kept' ? bytes : null })
})

test('of a person who was erased nothing is left', () => {
  expect(keptOf(commitment, { part: 'args', payloads: [payload], erased: true }).state).toBe('erased')
})
