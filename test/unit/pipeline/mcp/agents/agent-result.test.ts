import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import { taskStates } from '../../../../../src/domain/task.ts'
import {
  type AgentAnswer,
  answerSchema,
  resultOf,
  wordsOf,
} from '../../../../../src/pipeline/mcp/agents/agent-result.ts'

const manner = { tool: 'ask_x', links: true }
const fits = new Ajv({ strict: false }).compile(answerSchema)
const task = (state: string, more: object = {}): AgentAnswer => ({
  kind: 'task',
  task: { id: 't', contextId: 'c', status: { state }, ...more },
})

test('every state has a result of the promised form and some words', () => {
  for (const state of [...taskStates, 'TASK_STATE_OF_TOMORROW']) {
    const { content, structuredContent } = resultOf(task(state), manner)
    expect(fits(structuredContent), state).toBe(true)
    expect(content).not.toEqual([])
  }
})

test('a message has a result of the promised form', () => {
  const { content, structuredContent } = resultOf(
    { kind: 'message', message: { parts: [{ text: 'a' }, { text: 'b' }] } },
    manner,
  )
  expect(fits(structuredContent)).toBe(true)
  expect(content).toEqual([{ type: 'text', text: 'ab' }])
})

test('a task that goes on tells how to come back, one that is over does not', () => {
  const textOf = (answer: AgentAnswer): string => JSON.stringify(resultOf(answer, manner)['content'])
  expect(textOf(task('TASK_STATE_WORKING'))).toContain('ask_x')
  expect(textOf(task('TASK_STATE_COMPLETED'))).not.toContain('ask_x')
})

test('what did not end well is an error', () => {
  for (const state of ['FAILED', 'REJECTED', 'CANCELED'])
    expect(resultOf(task(`TASK_STATE_${state}`), manner)).toMatchObject({ isError: true })
  expect(resultOf(task('TASK_STATE_INPUT_REQUIRED'), manner)).not.toHaveProperty('isError')
})

test('a caller of a revision without links reads them', () => {
  const artifacts = [{ artifactId: 'a', parts: [{ url: 'https://x.test/', filename: 'x' }] }]
  const { content } = resultOf(task('TASK_STATE_COMPLETED', { artifacts }), { ...manner, links: false })
  expect(content).toEqual([{ type: 'text', text: 'x: https://x.test/' }])
})

test('a picture is a picture, and a file has an address that is one', () => {
  const parts = [
    { raw: 'aGk=', mediaType: 'image/png' },
    { raw: 'aGk=', filename: 'ä b.bin' },
  ]
  const { content } = resultOf(task('TASK_STATE_COMPLETED', { artifacts: [{ artifactId: 'a', parts }] }), manner)
  const [picture, file] = content as readonly { readonly resource?: { readonly uri: string } }[]
  expect(picture).toEqual({ type: 'image', data: 'aGk=', mimeType: 'image/png' })
  expect(URL.canParse(file?.resource?.uri ?? '')).toBe(true)
})

test('what is no part of anything is left out and breaks nothing', () => {
  const strange = { artifacts: [null, 7, { parts: 'x' }, { artifactId: '\ud800', parts: [null, {}, { raw: 'aGk=' }] }] }
  expect(() => resultOf(task('TASK_STATE_COMPLETED', strange), manner)).not.toThrow()
  for (const status of [null, 7, {}, { state: 3 }])
    expect(fits(resultOf({ kind: 'task', task: { status } }, manner)['structuredContent'])).toBe(true)
})

test('events are told by their words', () => {
  const parts = [{ text: 'half' }, { data: {} }]
  expect(wordsOf({ artifactUpdate: { artifact: { parts } } })).toBe('half')
  expect(wordsOf({ statusUpdate: { status: { message: { parts } } } })).toBe('half')
  for (const event of [
    {},
    { task: {} },
    { statusUpdate: { status: {} } },
    { artifactUpdate: { artifact: { parts: [7] } } },
  ])
    expect(wordsOf(event)).toBe('')
})
