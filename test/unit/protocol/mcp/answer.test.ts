import { expect, test } from 'vitest'
import { passAnswer } from '../../../../src/protocol/mcp/answer.ts'
import type { McpCall } from '../../../../src/domain/call.ts'
import type { Era } from '../../../../src/protocol/mcp/read-call.ts'

interface Case {
  readonly status: number
  readonly type?: string
  readonly form?: McpCall['form']
  readonly era?: Era
  readonly inSession?: boolean
}

function passed({ status, type = 'application/json', form = 'request', era = 'modern', inSession = false }: Case) {
  const call = { form, rpcId: '1' }
  const answer = passAnswer({ status, type, allow: 'POST', body: Buffer.from('{"a":1}') }, { era, call, inSession })
  return typeof answer === 'string' ? answer : [answer.status, String(answer.body)]
}

test.each<[Case, unknown]>([
  [{ status: 200 }, [200, '{"a":1}']],
  [{ status: 200, type: 'text/html' }, 'its answer is not JSON'],
  [{ status: 204, form: 'notification' }, [202, '']],
  [{ status: 200, form: 'response' }, [202, '']],
  [{ status: 204, form: 'close' }, [204, '']],
  [{ status: 400 }, [400, '{"a":1}']],
  [{ status: 404 }, [404, '{"a":1}']],
  [{ status: 404, era: 'legacy', inSession: true }, [404, '{"a":1}']],
  [{ status: 404, era: 'legacy' }, 'it answered 404'],
  [{ status: 401 }, 'it answered 401'],
  [{ status: 302 }, 'it answered 302'],
  [{ status: 500 }, 'it answered 500'],
])('%o', (answer, wanted) => {
  expect(passed(answer)).toEqual(wanted)
})

test('a page of somebody else is never passed on with an error', () => {
  expect(passed({ status: 405, type: 'text/html' })).toEqual([405, expect.stringContaining('"error"')])
})
