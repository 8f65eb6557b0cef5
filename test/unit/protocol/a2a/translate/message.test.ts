import { expect, test } from 'vitest'
import type { Grammar } from '../../../../../src/protocol/a2a/said.ts'
import { messageFrom10, messageTo10 } from '../../../../../src/protocol/a2a/translate/message.ts'

const message = {
  messageId: 'm',
  contextId: 'c',
  taskId: 't',
  role: 'ROLE_USER',
  parts: [
    { text: 'hi', mediaType: 'text/plain' },
    { raw: 'aGk=', mediaType: 'image/png', filename: 'a.png' },
    { url: 'https://example.com/a', metadata: { a: 1 } },
    { data: { a: 1 } },
    { data: [1, 2], metadata: { b: 2 } },
    { data: null },
  ],
  metadata: { k: 'v' },
  extensions: ['urn:x'],
}

test.each<Grammar>(['1.0', '0.3', '0.3-proto'])('a message goes to %s and comes back as it was', (grammar) => {
  expect(messageTo10(messageFrom10(message, grammar), grammar)).toEqual(message)
})

test('0.3 says with kinds what 1.0 says with members', () => {
  expect(messageFrom10({ ...message, parts: message.parts.slice(0, 5) }, '0.3')).toEqual({
    kind: 'message',
    messageId: 'm',
    contextId: 'c',
    taskId: 't',
    role: 'user',
    parts: [
      { kind: 'text', text: 'hi', metadata: { 'a2a.mediaType': 'text/plain' } },
      { kind: 'file', file: { bytes: 'aGk=', mimeType: 'image/png', name: 'a.png' } },
      { kind: 'file', file: { uri: 'https://example.com/a' }, metadata: { a: 1 } },
      { kind: 'data', data: { a: 1 } },
      { kind: 'data', data: { value: [1, 2] }, metadata: { b: 2, data_part_compat: true } },
    ],
    metadata: { k: 'v' },
    extensions: ['urn:x'],
  })
})

test('0.3 over HTTP calls the parts content and names files as its protobuf does', () => {
  expect(messageFrom10({ ...message, parts: message.parts.slice(1, 4) }, '0.3-proto')).toMatchObject({
    role: 'ROLE_USER',
    content: [
      { file: { fileWithBytes: 'aGk=', mimeType: 'image/png', name: 'a.png' } },
      { file: { fileWithUri: 'https://example.com/a' }, metadata: { a: 1 } },
      { data: { data: { a: 1 } } },
    ],
  })
})

test('what is no message is told from one', () => {
  const old = { kind: 'message', messageId: 'm', role: 'user', parts: [{ kind: 'text', text: 'x' }] }
  expect(messageTo10(old, '0.3')).toEqual({ messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'x' }] })
  for (const broken of [
    {},
    { ...old, messageId: '' },
    { ...old, role: 'ghost' },
    { ...old, parts: 'x' },
    { ...old, parts: ['x'] },
    { ...old, parts: [{ kind: 'film' }] },
    { ...old, parts: [{ kind: 'file', file: {} }] },
  ])
    expect(messageTo10(broken, '0.3')).toBeNull()
})

test('members that a revision does not know stay with their own', () => {
  expect(messageTo10({ ...message, generation: 7 }, '1.0')).toHaveProperty('generation', 7)
  expect(messageFrom10({ ...message, generation: 7 }, '1.0')).toHaveProperty('generation', 7)
  expect(messageFrom10({ ...message, generation: 7 }, '0.3')).not.toHaveProperty('generation')
})
