import { expect, test } from 'vitest'
import { isAppFailure, platformError, refusalIn } from '../../../../src/relay/drivers/agentcore-errors.ts'
import { agentError } from '../../../../src/relay/drivers/framework.ts'
import type { Answer } from '../../../../src/relay/drivers/request.ts'

function answer(status: number, name?: string): Answer {
  const head = name === undefined ? {} : { 'x-amzn-errortype': name }
  return { kind: 'answer', status, head, text: 'secret sentence', json: undefined, streamed: false }
}

test.each([
  [429, 'ThrottlingException:http://internal.amazon.com/', -32004],
  [402, 'ServiceQuotaExceededException', -32004],
  [409, 'ConflictException', -32004],
  [400, 'ValidationException', -32602],
  [422, undefined, -32602],
])('status %i with %s is refused with %i', (status, name, code) => {
  const refusal = refusalIn(answer(status, name))
  expect(refusal).toMatchObject({ kind: 'agent_error', code })
  expect(JSON.stringify(refusal)).not.toContain('secret sentence')
})

test.each([
  [404, 'ResourceNotFoundException'],
  [503, undefined],
])('status %i with %s is a fault', (status, name) => {
  expect(refusalIn(answer(status, name))).toMatchObject({ kind: 'fault', code: 'bad_answer' })
})

test('an app that fails is told apart from a platform that refuses', () => {
  expect(isAppFailure(answer(424, 'RuntimeClientError'))).toBe(true)
  expect(isAppFailure(answer(500))).toBe(true)
  expect(isAppFailure(answer(429))).toBe(false)
})

test.each([
  [-32051, { kind: 'fault', code: 'bad_answer' }],
  [-32501, { kind: 'fault', code: 'bad_answer' }],
  [-32052, { kind: 'agent_error', code: -32602 }],
  [-32053, { kind: 'agent_error', code: -32004 }],
  [-32054, { kind: 'agent_error', code: -32004 }],
  [-32055, { kind: 'agent_error', code: -32603 }],
])('the platform says %i in A2A mode', (code, meaning) => {
  const told = platformError(agentError(code, 'arn:aws:secret'))
  expect(told).toMatchObject(meaning)
  if (told.kind === 'agent_error') expect(told.message).not.toContain('secret')
})

test('an error of the agent itself stays as it is', () => {
  const error = agentError(-32001, 'no such task')
  expect(platformError(error)).toBe(error)
})
