import { expect, test } from 'vitest'
import { renameDefinition, renameInParams, renameInResult, withOnly } from '../../../../src/protocol/mcp/renames.ts'
import { editJson } from '../../../../src/base/json-edit.ts'

const names = { uri: (uri: string) => `weir://b/${uri}`, task: (id: string) => `sealed-${id}` }
const inResult = (method: string, text: string): string => renameInResult(method, Buffer.from(text), names).toString()

test.each([
  [
    'tools/call',
    '{"content":[{"type":"resource_link","uri":"a:1"}]}',
    '{"content":[{"type":"resource_link","uri":"weir://b/a:1"}]}',
  ],
  [
    'tools/call',
    '{"content":[{"type":"resource","resource":{"uri":"a:1","text":"a:1"}}]}',
    '{"content":[{"type":"resource","resource":{"uri":"weir://b/a:1","text":"a:1"}}]}',
  ],
  [
    'resources/read',
    '{"contents":[ {"uri" : "a:1"} , {"uri":"a:2"}]}',
    '{"contents":[ {"uri" : "weir://b/a:1"} , {"uri":"weir://b/a:2"}]}',
  ],
  [
    'prompts/get',
    '{"messages":[{"role":"user","content":{"type":"resource_link","uri":"a:1"}}]}',
    '{"messages":[{"role":"user","content":{"type":"resource_link","uri":"weir://b/a:1"}}]}',
  ],
  ['tools/call', '{"task":{"taskId":"t","status":"working"}}', '{"task":{"taskId":"sealed-t","status":"working"}}'],
  ['tools/call', '{"resultType":"task","taskId":"t"}', '{"resultType":"task","taskId":"sealed-t"}'],
  [
    'tasks/list',
    '{"tasks":[{"taskId":"t"},{"taskId":"u"}]}',
    '{"tasks":[{"taskId":"sealed-t"},{"taskId":"sealed-u"}]}',
  ],
  [
    'tasks/get',
    '{"taskId":"t","result":{"content":[{"type":"resource_link","uri":"a:1"}]}}',
    '{"taskId":"sealed-t","result":{"content":[{"type":"resource_link","uri":"weir://b/a:1"}]}}',
  ],
  [
    'tasks/result',
    '{"content":[],"_meta":{"io.modelcontextprotocol/related-task":{"taskId":"t"}}}',
    '{"content":[],"_meta":{"io.modelcontextprotocol/related-task":{"taskId":"sealed-t"}}}',
  ],
])('of %s %s becomes %s', (method, said, shown) => {
  expect(inResult(method, said)).toBe(shown)
})

test('what is data stays as it is, digits and spaces too', () => {
  const said =
    '{"structuredContent":{"uri":"a:1","taskId":"t","n":1.0e+2}, "taskId":"t","content":[{"type":"text","text":"a:1"}]}'
  expect(inResult('tools/call', said)).toBe(said)
})

test('a member that is written in escapes, or twice, is not missed', () => {
  const said = String.raw`{"content":[{"type":"resource_link","\u0075ri":"a:1","uri":"a:2"}]}`
  const shown = String.raw`{"content":[{"type":"resource_link","\u0075ri":"weir://b/a:1","uri":"weir://b/a:2"}]}`
  expect(inResult('tools/call', said)).toBe(shown)
})

test('names of members that objects have anyway are nothing special', () => {
  const said = '{"constructor":1,"toString":{"uri":"a:1"},"content":[{"hasOwnProperty":[]}]}'
  expect(inResult('tools/call', said)).toBe(said)
})

test('notifications and questions are renamed in their places', () => {
  const said = (method: string, params: object): unknown =>
    JSON.parse(renameInParams(method, Buffer.from(JSON.stringify(params)), names).toString())
  expect(said('notifications/resources/updated', { uri: 'a:1' })).toEqual({ uri: 'weir://b/a:1' })
  expect(said('notifications/tasks/status', { taskId: 't' })).toEqual({ taskId: 'sealed-t' })
  expect(said('notifications/tasks', { taskId: 't' })).toEqual({ taskId: 'sealed-t' })
  expect(said('notifications/progress', { progressToken: 't', uri: 'a:1' })).toEqual({ progressToken: 't', uri: 'a:1' })
  const content = [{ type: 'tool_result', content: [{ type: 'resource_link', uri: 'a:1' }] }]
  expect(said('sampling/createMessage', { messages: [{ role: 'user', content }] })).toEqual({
    messages: [
      { role: 'user', content: [{ type: 'tool_result', content: [{ type: 'resource_link', uri: 'weir://b/a:1' }] }] },
    ],
  })
})

test('a tool under another name keeps its own as a title, and everything else', () => {
  const rename = (text: string): string => renameDefinition(Buffer.from(text), 'name', 'b_read', names).toString()
  expect(rename('{"name":"read","inputSchema":{"maximum":1.0}}')).toBe(
    '{"name":"b_read","inputSchema":{"maximum":1.0},"title":"read"}',
  )
  expect(rename('{"title":"Reads", "name":"read"}')).toBe('{"title":"Reads", "name":"b_read"}')
  expect(rename('{"name":"read","title":"r","_meta":{"ui":{"resourceUri":"ui://v"},"ui/resourceUri":"ui://v"}}')).toBe(
    '{"name":"b_read","title":"r","_meta":{"ui":{"resourceUri":"weir://b/ui://v"},"ui/resourceUri":"weir://b/ui://v"}}',
  )
})

test('what is written in place of a name stands there alone', () => {
  const text = Buffer.from(String.raw`{"name":"a","x":1,"n\u0061me":"b"}`)
  expect(editJson(text, withOnly(text, ['name'], '"c"')).toString()).toBe('{"x":1,"name":"c"}')
})
