import { expect, test } from 'vitest'
import { jsonShape } from '../../../src/base/json-shape.ts'
import { scanJson } from '../../../src/base/json-scan.ts'

const shape = jsonShape(['id', 'method', 'params.message.taskId'], 'refuse')

function scan(text: string | Buffer) {
  return scanJson(Buffer.from(text), shape)
}

function mistakeIn(text: string | Buffer): string | null {
  const found = scan(text)
  return found.kind === 'mistake' ? found.what : null
}

test('a member is found wherever it stands, with its raw token and its string', () => {
  const found = scan(
    ' {"x":[{"id":9}], "params" : {"message":{"parts":[],"taskId":"t\\u0031"}},"id":1.50e+3,"method":"a/b"} ',
  )
  if (found.kind === 'mistake') throw new Error(found.what)
  expect(found.raw('id')).toBe('1.50e+3')
  expect(found.kindOf('id')).toBe('number')
  expect(found.text('method')).toBe('a/b')
  expect(found.text('params.message.taskId')).toBe('t1')
  expect(found.raw('params.message.taskId')).toBe('"t\\u0031"')
})

test('a member that is absent, or below something that is no object, is not there', () => {
  const found = scan('{"params":[{"message":{"taskId":"t"}}],"method":7}')
  if (found.kind === 'mistake') throw new Error(found.what)
  expect([found.has('id'), found.raw('id'), found.kindOf('id'), found.slice('id')]).toEqual([false, null, null, null])
  expect(found.has('params.message.taskId')).toBe(false)
  expect(found.text('method')).toBeNull()
})

test.each([
  ['', 'syntax'],
  ['{', 'syntax'],
  ['{"id":1}x', 'syntax'],
  ['{"id":1} {}', 'syntax'],
  ['{"id":01}', 'syntax'],
  ['{"id":1.}', 'syntax'],
  ['{"id":-}', 'syntax'],
  ['{"id":1e}', 'syntax'],
  ['{"id":1,}', 'syntax'],
  ["{'id':1}", 'syntax'],
  ['{"id":"\n"}', 'syntax'],
  ['{"id":"\\x"}', 'syntax'],
  ['{"id":"\\u12g4"}', 'syntax'],
  ['{"id":tru}', 'syntax'],
  ['{"id":NaN}', 'syntax'],
  ['[1,]', 'syntax'],
  ['\uFEFF{"id":1}', 'syntax'],
  ['{"id" 1}', 'syntax'],
  ['{"id":1,"id":1}', 'duplicate'],
  ['{"id":1,"\\u0069d":2}', 'duplicate'],
  ['{"params":{},"params":{}}', 'duplicate'],
  ['{"params":{"message":{},"message":{"taskId":"t"}}}', 'duplicate'],
  ['{"ID":1}', 'lookalike'],
  ['{"Method":1}', 'lookalike'],
  ['{"params":{"message":{"task_id":"t"}}}', 'lookalike'],
  ['{"params":{"message":{"TASKID":"t"}}}', 'lookalike'],
  ['{"params":{"message":{"ta\\u0053kid":"t"}}}', 'lookalike'],
  ['{"params":{"message":{"ta\u017FkId":"t"}}}', 'lookalike'],
  ['{"__proto__":{}}', 'forbidden'],
  ['{"a":[{"\\u005f_proto__":1}]}', 'forbidden'],
  [`${'['.repeat(65)}${']'.repeat(65)}`, 'depth'],
])('%j is refused as %s', (text, what) => {
  expect(mistakeIn(text)).toBe(what)
})

test('invalid UTF-8 is refused, valid UTF-8 and lone escapes are not', () => {
  expect(mistakeIn(Buffer.from([0x22, 0xc3, 0x28, 0x22]))).toBe('utf8')
  expect(mistakeIn(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]))).toBe('utf8')
  expect(mistakeIn('"grüße 🦊 \\ud800"')).toBeNull()
})

test('64 levels are allowed', () => {
  expect(mistakeIn(`${'['.repeat(64)}${']'.repeat(64)}`)).toBeNull()
})

test('other spellings are let alone where the shape says so', () => {
  const lenient = jsonShape(['id'], 'ignore')
  expect(scanJson(Buffer.from('{"ID":1,"id":2}'), lenient).kind).toBe('spans')
})
