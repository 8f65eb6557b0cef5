import { expect, test } from 'vitest'
import { checkAnswer, checkResult, type ResultChecks } from '../../../../src/pipeline/mcp/check-result.ts'

const misfit: ResultChecks['misfit'] = (structured) => (structured.toString() === '{"n":1}' ? null : '/n must be 1')
const strict: ResultChecks = { mode: 'strict', misfit, max: 200 }

function check(result: object | string, checks: ResultChecks = strict) {
  const text = typeof result === 'string' ? result : JSON.stringify(result)
  const said = checkResult(Buffer.from(text), checks)
  return said.verdict === 'replaced' ? (JSON.parse(said.result.toString()) as Record<string, unknown>) : said.verdict
}

const wrong = { content: [], structuredContent: { n: 2 } }

test('a structured result that fits passes, and one that does not is an error where that is asked for', () => {
  expect(check({ content: [], structuredContent: { n: 1 } })).toBe('passes')
  expect(check(wrong)).toEqual({
    content: [
      {
        type: 'text',
        text: '[weir:result_refused] The result does not fit the output schema of the tool: /n must be 1',
      },
    ],
    isError: true,
  })
  expect(check({ ...wrong, resultType: 'complete' })).toMatchObject({ resultType: 'complete', isError: true })
  expect(checkResult(Buffer.from(JSON.stringify(wrong)), { ...strict, mode: 'warn' })).toEqual({
    verdict: 'warns',
    why: '/n must be 1',
  })
  expect(check(wrong, { ...strict, mode: 'off' })).toBe('passes')
  expect(check(wrong, { ...strict, misfit: null })).toBe('passes')
  expect(check({ content: [] })).toMatchObject({ isError: true })
  expect(check('{"structuredContent":{"n":1},"structuredContent":{"n":2}}')).toMatchObject({ isError: true })
})

test('errors, rounds that go on and tasks promise no structure', () => {
  expect(check({ ...wrong, isError: true })).toBe('passes')
  expect(check({ resultType: 'input_required', inputRequests: {} })).toBe('passes')
  expect(check({ resultType: 'task', taskId: 't' })).toBe('passes')
})

test('a result of more bytes than it may have is an error that says so, whatever else it is', () => {
  const long = { content: [{ type: 'text', text: 'x'.repeat(300) }], isError: true, resultType: 'complete' }
  const size = JSON.stringify(long).length
  expect(check(long, { mode: 'off', misfit: null, max: size - 1 })).toMatchObject({
    resultType: 'complete',
    isError: true,
    content: [
      {
        text: `[weir:result_refused] The result is ${size} bytes, and no more than ${size - 1} are passed on. Ask for less, or for it in parts.`,
      },
    ],
  })
  expect(check(long, { mode: 'off', misfit: null, max: size })).toBe('passes')
  expect(check(long, { mode: 'off', misfit: null, max: null })).toBe('passes')
})

test('only the answer to the call is checked, and everything around its result stays', () => {
  const message = (id: string, result: object) =>
    `{"jsonrpc" : "2.0","id":${id},"x":1.50,"result":${JSON.stringify(result)}}`
  const checked = (text: string) => checkAnswer(Buffer.from(text), '"a"', strict).message.toString()
  for (const text of [
    message('"b"', wrong),
    '{"jsonrpc":"2.0","method":"notifications/progress","params":{"n":2}}',
    '{"jsonrpc":"2.0","id":"a","error":{"code":-1,"message":"m"}}',
    message('"a"', { content: [], structuredContent: { n: 1 } }),
    'not json',
  ])
    expect(checked(text)).toBe(text)
  expect(checked(message('"a"', wrong))).toMatch(
    /^\{"jsonrpc" : "2.0","id":"a","x":1.50,"result":\{"content":\[\{.*"isError":true\}\}$/,
  )
})
