import { expect, test } from 'vitest'
import { Secret } from '../../../../src/config/secret.ts'
import { ProviderSecrets } from '../../../../src/relay/models/secrets.ts'

const key = 'a-key-of-ours-in-no-known-form'
const secrets = new ProviderSecrets({
  keys: [
    { key: new Secret(key), weight: 1 },
    { key: new Secret('ollama'), weight: 1 },
  ],
  headers: [
    ['x-customer', new Secret('customer-number-17')],
    ['openai-beta', new Secret('assistants')],
  ],
})

test('keys and the operator’s headers are found in any bytes', () => {
  expect(secrets.isIn(Buffer.from(`é ${key}`))).toBe(true)
  expect(secrets.isIn(Buffer.from('customer-number-17'))).toBe(true)
  expect(
    secrets.outOf([
      ['x-request-id', key],
      ['x-other', 'fine'],
    ]),
  ).toEqual([['x-other', 'fine']])
})

test('a word that is a key at home is no secret', () => {
  expect(secrets.isIn(Buffer.from('ollama speaks of assistants'))).toBe(false)
})

test('an error without any is the very same bytes, and one with some is still what it was around them', () => {
  const plain = Buffer.from([0xff, 0x22, 0xc3, 0xa9, 0x00])
  expect(secrets.without(plain)).toBe(plain)
  const said = secrets.without(Buffer.from(`é ${key} sk-proj-abcdefghijkl org-123456789 x`))
  expect(said.toString()).toBe('é [redacted] sk-[redacted] org-[redacted] x')
})
