import { expect, test } from 'vitest'
import { uuidNamed, uuidOf } from '../../../../src/relay/drivers/uuid.ts'

test('a name has the UUID that everybody else makes of it', () => {
  // The example of RFC 9562 appendix A.4.
  expect(uuidNamed('www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2')
})

test('chance becomes a UUID of version 4', () => {
  expect(uuidOf('f'.repeat(32))).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff')
  expect(uuidOf('0'.repeat(32))).toBe('00000000-0000-4000-8000-000000000000')
})
