import { expect, test } from 'vitest'
import { messageOf, partsOf, textOf } from '../../../../src/relay/drivers/message.ts'
import { returnsImmediately } from '../../../../src/protocol/a2a/params.ts'

const octets = 'application/octet-stream'

test('parts are read by what they hold, and others are left out', () => {
  const parts = [
    { text: 'a' },
    { data: null },
    { raw: 'AAAA', filename: 'x', mediaType: 'image/png' },
    { url: 'https://x/y' },
    { later: 'kind' },
    'noise',
  ]
  expect(partsOf({ parts })).toEqual([
    { kind: 'text', text: 'a' },
    { kind: 'data', data: null },
    { kind: 'raw', raw: 'AAAA', filename: 'x', mediaType: 'image/png' },
    { kind: 'url', url: 'https://x/y', filename: null, mediaType: octets },
  ])
  expect(partsOf({ parts: 'none' })).toEqual([])
})

test('a message is told in one text, without the bytes of files', () => {
  const parts = partsOf({ parts: [{ text: 'a' }, { data: { b: 1 } }, { raw: 'AAAA' }, { url: 'https://x/y' }] })
  expect(textOf(parts)).toBe('a\n{"b":1}\nhttps://x/y')
})

test('a request without what we look for is an empty one', () => {
  expect(messageOf({ message: 'x' })).toEqual({})
  expect(returnsImmediately({})).toBe(false)
  expect(returnsImmediately({ configuration: { returnImmediately: true } })).toBe(true)
})
