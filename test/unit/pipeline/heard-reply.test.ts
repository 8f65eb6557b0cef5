import { expect, test } from 'vitest'
import { deny } from '../../../src/domain/verdict.ts'
import { type Heard, HeardReply } from '../../../src/pipeline/heard-reply.ts'

function hearing(max_bytes = 100): { readonly reply: HeardReply; readonly heard: Heard[] } {
  const heard: Heard[] = []
  return { reply: new HeardReply({ max_bytes, onOver: (each) => heard.push(each) }), heard }
}

test('an answer in pieces is heard as one', () => {
  const { reply, heard } = hearing()
  reply.begin(200, [['weir-run-id', 'run_1']])
  for (const piece of [' ', Buffer.from('{}')]) reply.write(piece)
  reply.end()
  expect(heard).toEqual([
    { kind: 'answer', status: 200, headers: [['weir-run-id', 'run_1']], body: Buffer.from(' {}') },
  ])
})

test('an answer is heard once, and nothing after it', () => {
  const { reply, heard } = hearing()
  reply.send(200, [], 'one')
  reply.send(200, [], 'two')
  reply.cut()
  expect(heard).toHaveLength(1)
  expect(reply.closed).toBe(true)
})

test('a refusal of ours is heard as one, whatever is written after it', () => {
  const { reply, heard } = hearing()
  const denial = deny('run_halted', 'an operator halted it')
  reply.refused(denial, { sentence: '[weir:run_halted]', run: null })
  reply.send(200, [], '{"error":{}}')
  expect(heard).toEqual([{ kind: 'refusal', denial, sentence: '[weir:run_halted]', run: null }])
})

test('bytes that look like a refusal are none', () => {
  const { reply, heard } = hearing()
  reply.send(200, [], '{"error":{"message":"[weir:run_halted]","data":[{"domain":"weir.dev"}]}}')
  expect(heard.map(({ kind }) => kind)).toEqual(['answer'])
})

test('an answer that is too long is not kept', () => {
  const { reply, heard } = hearing(3)
  reply.begin(200, [])
  for (let i = 0; i < 4; i += 1) reply.write('x')
  reply.end()
  expect(heard).toEqual([{ kind: 'too_long' }])
})

test('whoever leaves is gone to the road, once, and hears nothing more', () => {
  const { reply, heard } = hearing()
  let gone = 0
  reply.onGone(() => (gone += 1))
  reply.leave()
  reply.leave()
  reply.send(200, [], 'late')
  expect([gone, heard]).toEqual([1, []])
})
