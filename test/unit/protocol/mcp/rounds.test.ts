import { expect, test } from 'vitest'
import {
  digestOfRequest,
  missingFor,
  type Question,
  readResumption,
  withoutResumption,
  writeInputRequired,
} from '../../../../src/protocol/mcp/rounds.ts'

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
const question = (method: string, params: object | null = null): Question => ({
  method,
  params: params && json(params),
})

test.each<[string, Question, object, unknown]>([
  ['a form of a client that fills forms', question('elicitation/create'), { elicitation: { form: {} } }, null],
  ['a form of a client that says nothing of modes', question('elicitation/create'), { elicitation: {} }, null],
  [
    'a form of one that only visits pages',
    question('elicitation/create'),
    { elicitation: { url: {} } },
    { elicitation: { form: {} } },
  ],
  [
    'a page of one that only fills forms',
    question('elicitation/create', { mode: 'url' }),
    { elicitation: {} },
    { elicitation: { url: {} } },
  ],
  ['a model', question('sampling/createMessage'), { sampling: {} }, null],
  [
    'a model with tools',
    question('sampling/createMessage', { tools: [] }),
    { sampling: {} },
    { sampling: { tools: {} } },
  ],
  ['roots of one that has none', question('roots/list'), {}, { roots: {} }],
  ['what nobody knows', question('no/such'), { roots: {} }, { 'no/such': {} }],
])('%s', (_what, asked, declared, missing) => {
  expect(missingFor(new Map([['q', asked]]), declared as Record<string, unknown>)).toEqual(missing)
})

test('what is asked keeps its bytes, and the state comes back as it was', () => {
  const params = Buffer.from('{"n": 1.0}')
  const written = writeInputRequired(new Map([['a "key"', { method: 'm', params }]]), 's', null).toString()
  expect(written).toContain('{"n": 1.0}')
  expect(JSON.parse(written)).toEqual({
    resultType: 'input_required',
    inputRequests: { 'a "key"': { method: 'm', params: { n: 1 } } },
    requestState: 's',
  })
})

test('what a round adds to a request is taken out again, byte for byte', () => {
  const params = Buffer.from('{"name":"a","inputResponses":{"q":{"n": 1.0}},"arguments":{"x": 2.0},"requestState":"s"}')
  expect(readResumption(params)).toEqual({ state: 's', answers: new Map([['q', Buffer.from('{"n": 1.0}')]]) })
  expect(withoutResumption(params)?.toString()).toBe('{"name":"a","arguments":{"x": 2.0}}')
  expect(readResumption(Buffer.from('{"name":"a"}'))).toBeNull()
  expect(readResumption(Buffer.from('{"requestState":1}'))).toEqual({ state: '', answers: new Map() })
})

test('a request is the same however it is spelled and whatever is said about it, and no other', () => {
  const one = digestOfRequest('tools/call', Buffer.from('{"name":"a","arguments":{"x":1,"y":2}}'))
  const same = digestOfRequest(
    'tools/call',
    json({ _meta: { t: 1 }, arguments: { y: 2, x: 1 }, requestState: 's', name: 'a' }),
  )
  expect(same).toBe(one)
  expect(digestOfRequest('tools/call', json({ name: 'a', arguments: { x: 1, y: 3 } }))).not.toBe(one)
  expect(digestOfRequest('prompts/get', json({ name: 'a', arguments: { x: 1, y: 2 } }))).not.toBe(one)
  expect(digestOfRequest('tools/call', Buffer.from('{"name":"a","name":"b"}'))).toBeNull()
})
