import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readHandle, writeHandle } from '../../../../src/protocol/llm/bridge-handle.ts'
import { modelHop } from '../../../support/model-inbound.ts'

const id = fc.option(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 }), { nil: null })

test('what is written into the id of a response is read from it', () => {
  fc.assert(
    fc.property(id, id, (contextId, taskId) => {
      const handle = { agent: 'writer', contextId, taskId }
      const written = writeHandle(handle, modelHop)
      expect(written).toMatch(/^resp_[A-Za-z0-9_-]+$/)
      expect(readHandle(written)).toEqual(handle)
    }),
  )
})

const made = (value: unknown): string => `resp_${Buffer.from(JSON.stringify(value)).toString('base64url')}`

test.each([
  ['another prefix', 'msg_abc'],
  ['no JSON', 'resp_68a1b2c3'],
  ['no list', made({ agent: 'writer' })],
  ['an agent that is no text', made([1, 'c', 't'])],
  ['an id that is no text', made(['writer', { a: 1 }, null])],
  ['an id that is too long', made(['writer', 'c'.repeat(257), null])],
  ['one that is too long', `resp_${'A'.repeat(5000)}`],
])('%s is no id of a response', (_what, text) => {
  expect(readHandle(text)).toBeNull()
})

test('anything may be shown for an id', () => {
  fc.assert(fc.property(fc.string(), (text) => void readHandle(`resp_${text}`)))
})
