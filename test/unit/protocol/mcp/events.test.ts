import { expect, test } from 'vitest'
import { isAnswerTo, isResumable, withMessage } from '../../../../src/protocol/mcp/events.ts'
import { SseSplitter } from '../../../../src/protocol/sse.ts'

function eventOf(text: string) {
  const [event] = new SseSplitter(1000).push(Buffer.from(text))
  if (!event) throw new Error('it is an event')
  return event
}

test('another message leaves id, name and comments of its event as they were', () => {
  const event = eventOf(': c\r\nid: 7\r\nevent: message\r\ndata: {"a":\r\ndata: 1}\r\n\r\n')
  const other = withMessage(event, Buffer.from('{"b":\n2}'))
  expect(other.toString()).toBe(': c\nid: 7\nevent: message\ndata: {"b":\ndata: 2}\n\n')
  expect(eventOf(other.toString()).data?.toString()).toBe('{"b":\n2}')
})

test.each([
  ['{"id":1,"result":{}}', '1', true],
  ['{"id":1,"error":{}}', '1', true],
  ['{"id":"1","result":{}}', '1', false],
  ['{"id":1,"method":"ping"}', '1', false],
  ['{', '1', false],
])('%s answers %s: %s', (message, id, answers) => {
  expect(isAnswerTo(Buffer.from(message), id)).toBe(answers)
})

test('an event is resumed after only if it has an id', () => {
  expect(isResumable(eventOf('id: 1\ndata: x\n\n'))).toBe(true)
  expect(isResumable(eventOf('data: id: 1\n\n'))).toBe(false)
})
