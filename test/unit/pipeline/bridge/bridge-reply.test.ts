import fc from 'fast-check'
import { expect, test } from 'vitest'
import { deny } from '../../../../src/domain/verdict.ts'
import { BridgeReply } from '../../../../src/pipeline/bridge/bridge-reply.ts'
import { openChatFace } from '../../../../src/protocol/llm/bridge-chat.ts'
import { openResponsesFace } from '../../../../src/protocol/llm/bridge-responses.ts'
import { Telling } from '../../../../src/protocol/llm/bridge-telling.ts'
import { agentId } from '../../../support/hop.ts'
import { modelHop } from '../../../support/model-inbound.ts'
import { MemoryReply } from '../../../support/reply.ts'

const faces = { 'openai-chat': openChatFace, 'openai-responses': openResponsesFace } as const

function bridge(streaming: boolean, dialect: keyof typeof faces = 'openai-chat') {
  const reply = new MemoryReply()
  const ask = { usage: false, previous: null, conversation: null }
  const asker = { hop: modelHop, agent: 'writer', model: 'a2a/writer', created: 1, ask }
  const heard = new BridgeReply(reply, {
    call: { id: modelHop, dialect, target: { kind: 'agent', id: agentId('agent:writer') } },
    face: faces[dialect](asker),
    telling: new Telling(false),
    streaming,
    event_bytes: 1000,
    text_chars: 500,
  })
  return { reply, heard }
}

const ids = { taskId: 't', contextId: 'c' }
const event = (result: unknown): string => `data: ${JSON.stringify({ jsonrpc: '2.0', id: 1, result })}\n\n`
const chunk = (text: string): string =>
  event({ artifactUpdate: { ...ids, artifact: { artifactId: 'a', parts: [{ text }] }, append: true } })
const status = (state: string): string => event({ statusUpdate: { ...ids, status: { state: `TASK_STATE_${state}` } } })
const whole = JSON.stringify({ result: { message: { parts: [{ text: 'hi' }] } } })
const denial = deny('run_halted', 'somebody halted it')
const said = { sentence: '[weir:run_halted] Stop. ref x', run: null }
const stream = [['content-type', 'text/event-stream']] as const

test('an answer behind white space is one answer', () => {
  const { reply, heard } = bridge(false)
  heard.begin(200, [['weir-run-id', 'run_1']])
  for (const piece of [' ', ' ', whole]) heard.write(piece)
  heard.end()
  expect(JSON.parse(reply.text)).toMatchObject({ choices: [{ message: { content: 'hi' } }] })
  expect(reply.headers).toContainEqual(['weir-run-id', 'run_1'])
})

test('nothing leaves before the agent has said anything, so a refusal is a status', () => {
  const { reply, heard } = bridge(true)
  heard.begin(200, [...stream])
  expect(reply.status).toBe(0)
  heard.refused(denial, said)
  heard.write('data: {"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"other words"}}\n\n')
  heard.end()
  expect(reply.status).toBe(403)
  expect(JSON.parse(reply.text)).toMatchObject({ error: { message: said.sentence, code: 'run_halted' } })
  expect(reply.headers).toContainEqual(['x-should-retry', 'false'])
})

test.each(['openai-chat', 'openai-responses'] as const)(
  'a refusal in an open stream of %s is its last event',
  (dialect) => {
    const { reply, heard } = bridge(true, dialect)
    heard.write(chunk('so far'))
    heard.refused(denial, said)
    heard.write(status('CANCELED'))
    heard.end()
    expect(reply.ended).toBe(true)
    expect(reply.text).toContain(`"message":"${said.sentence}"`)
    expect(reply.text).not.toContain('[DONE]')
  },
)

test('what an agent says that looks like a refusal of ours is none', () => {
  const { reply, heard } = bridge(false)
  const error = {
    code: 1401,
    message: '[weir:unauthenticated] x',
    data: [{ domain: 'weir.dev', reason: 'UNAUTHENTICATED' }],
  }
  heard.send(200, [], JSON.stringify({ error }))
  expect([reply.status, JSON.parse(reply.text)]).toMatchObject([403, { error: { code: 'agent_failed' } }])
})

test('a task that fails before anything was told is a status, and later an event', () => {
  const early = bridge(true)
  early.heard.write(status('REJECTED'))
  early.heard.end()
  expect(early.reply.status).toBe(403)
  const late = bridge(true)
  late.heard.write(chunk('so far') + status('FAILED'))
  late.heard.end()
  expect([late.reply.status, late.reply.text.trim().split('\n').at(-1)]).toEqual([
    200,
    'data: {"error":{"message":"The agent failed","type":"agent_error","param":null,"code":"agent_failed"}}',
  ])
})

test('an agent that is still at work when its stream ends was cut off', () => {
  const { reply, heard } = bridge(true)
  heard.write(chunk('so far') + status('WORKING'))
  heard.end()
  expect(reply.text).toContain('"finish_reason":"length"')
})

test('an answer that says nothing of A2A is a failure', () => {
  const { reply, heard } = bridge(false)
  heard.send(200, [], 'nonsense')
  expect([reply.status, reply.text]).toEqual([403, expect.stringContaining('gave no answer')])
})

test.each([true, false])('an answer that is too long ends, and the agent with it (streaming: %s)', (streaming) => {
  const { reply, heard } = bridge(streaming)
  const left: unknown[] = []
  heard.onLeft = (task) => left.push(task)
  heard.onGone(() => left.push('gone'))
  const text = 'x'.repeat(501)
  if (streaming) heard.write(chunk('so far') + chunk(text))
  else heard.send(200, [], JSON.stringify({ result: { message: { parts: [{ text }] } } }))
  expect(reply.text).toContain('agent_answer_too_long')
  expect(left).toEqual(streaming ? ['gone', 't'] : [])
})

test('a caller that leaves an agent at work stops it, and leaves alone what has ended', () => {
  for (const [state, stopped] of [
    ['WORKING', ['t']],
    ['INPUT_REQUIRED', []],
  ] as const) {
    const { reply, heard } = bridge(true)
    const left: string[] = []
    heard.onLeft = (task) => left.push(task)
    heard.onGone(() => undefined)
    heard.write(status(state))
    reply.leave()
    expect(left).toEqual(stopped)
  }
})

test('a caller that does not keep up is said so, until it does', () => {
  const { reply, heard } = bridge(true)
  reply.reads = false
  reply.highWater = 10
  let drained = 0
  heard.onDrain(() => (drained += 1))
  expect(heard.write(chunk('so far'))).toBe(false)
  reply.drain()
  expect(drained).toBe(1)
})

test('a heartbeat begins the stream and says nothing', () => {
  const { reply, heard } = bridge(true)
  heard.write(':\n\n')
  expect([reply.status, reply.text]).toEqual([200, ':\n\n'])
})

test('how the bytes of a stream are cut changes nothing', () => {
  const bytes = Buffer.from(`${chunk('h\u00e9 ')}:\n\n${chunk('\u{1f680}')}${status('COMPLETED')}`)
  const told = (cuts: readonly number[]): string => {
    const { reply, heard } = bridge(true)
    const places = [0, ...cuts.toSorted((one, other) => one - other), bytes.length]
    for (const [at, place] of places.slice(0, -1).entries()) heard.write(bytes.subarray(place, places[at + 1]))
    heard.end()
    return reply.text
  }
  const whole = told([])
  expect(whole).toContain('\u{1f680}')
  fc.assert(fc.property(fc.array(fc.nat(bytes.length), { maxLength: 20 }), (cuts) => told(cuts) === whole))
})
