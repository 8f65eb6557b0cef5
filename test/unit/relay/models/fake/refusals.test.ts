import { describe, expect, test } from 'vitest'
import { answerTo } from '../../../../../src/relay/models/fake/answer.ts'
import { mannerOf, modelNames } from '../../../../../src/relay/models/fake/manners.ts'
import {
  type Json,
  ask,
  chatPath,
  dig,
  like,
  messagesPath,
  now_ms,
  outbound,
  textOf,
} from '../../../../support/fake-ear.ts'

const responsesPath = '/v1/responses'
const asked = { model: 'echo', messages: [{ role: 'user', content: 'hello there' }] }

describe('refusals', () => {
  const anthropic = { type: 'error', request_id: like(/^req_/) }

  const rows = [
    { what: 'an unknown model', model: 'gpt', status: 404, code: 'model_not_found', type: 'not_found_error' },
    { what: '429', model: 'error-429', status: 429, code: 'rate_limit_exceeded', type: 'rate_limit_error' },
    { what: 'no money', model: 'error-quota', status: 429, code: 'insufficient_quota', type: 'rate_limit_error' },
    { what: '401', model: 'error-401', status: 401, code: 'invalid_api_key', type: 'authentication_error' },
    { what: '500', model: 'error', status: 500, code: null, type: 'api_error' },
    { what: 'a status without a row', model: 'error-418', status: 418, code: null, type: 'invalid_request_error' },
    { what: 'no messages', messages: undefined, status: 400, code: null, type: 'invalid_request_error' },
  ]

  test.each(rows)('$what is refused in the words of either provider', ({ status, code, type, ...more }) => {
    const body = { ...asked, max_tokens: 5, ...more }
    const openai = answerTo(outbound(chatPath, body), now_ms)
    expect([openai.status, ask(chatPath, body)]).toMatchObject([status, { error: { code } }])
    expect(answerTo(outbound(messagesPath, body), now_ms).status).toBe(status)
    expect(ask(messagesPath, body)).toMatchObject({ ...anthropic, error: { type } })
  })

  test('a wait is named where there is one', () => {
    const { head } = answerTo(outbound(chatPath, { ...asked, model: 'error-429' }), now_ms)
    expect(head['retry-after']).toBe('1')
  })

  test.each([
    ['no JSON', { body: Buffer.from('{"model"') }, 400],
    ['nothing', { body: null }, 400],
    ['a list', { body: Buffer.from('[]') }, 400],
    ['another path', { path: '/v1/chat' }, 404],
    ['another method', { method: 'PUT' as const }, 404],
  ])('%s is refused, not thrown', (_what, more, status) => {
    expect(answerTo(outbound(chatPath, asked, more), now_ms).status).toBe(status)
  })

  test('what was answered before is not remembered', () => {
    const after = ask(responsesPath, { model: 'echo', input: 'hi', previous_response_id: 'resp_1' })
    expect(after).toMatchObject({ error: { param: 'previous_response_id' } })
  })
})

test('models are listed in the shape that is asked for', () => {
  const list = outbound('/v1/models', null)
  expect(JSON.parse(textOf(list))).toMatchObject({
    object: 'list',
    data: expect.arrayContaining([expect.objectContaining({ id: 'echo', object: 'model' }) as unknown]) as unknown,
  })
  const other = JSON.parse(textOf({ ...list, headers: ['Anthropic-Version', '2023-06-01'] })) as Json
  expect([other['has_more'], dig(other, 'data', 0)]).toMatchObject([false, { type: 'model', id: 'echo' }])
  expect(JSON.parse(textOf(outbound('/v1/models/slow-20ms', null)))).toMatchObject({ id: 'slow-20ms' })
  expect(answerTo(outbound('/v1/models/gpt', null), now_ms).status).toBe(404)
})

test('every model that is listed is there', () => {
  for (const id of modelNames) expect(mannerOf(id)).not.toBeNull()
})
