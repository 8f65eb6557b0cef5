import { expect, test } from 'vitest'
import { deny } from '../../../../src/domain/verdict.ts'
import { delta, doneEvent, event, usageEvent } from '../../../support/model-bench.ts'
import { ModelKit } from '../../../support/model-kit.ts'

const usual = { one: { resilience: { attempts_max: 1 } }, two: {} }

test('nothing of an answer is begun before its first event, and comments before it are those of whoever answers', () => {
  const kit = new ModelKit(usual)
  const { reply } = kit.send([['one/a'], ['two/b']])
  kit.last.begin()
  kit.last.say(': one is thinking\n\n')
  expect(reply.status).toBe(0)
  kit.last.fail('reset')
  kit.last.begin()
  kit.last.say(': two is thinking\n\n')
  kit.last.say(delta('x'))
  expect([reply.status, reply.text]).toEqual([200, `: two is thinking\n\n${delta('x')}`])
})

test('a provider whose caller has its last word and did not read it yet is let go of all the same', () => {
  const kit = new ModelKit(usual)
  const mission = kit.missionTo([['one/a']])
  const { reply, outcomes } = kit.carry(mission)
  reply.reads = false
  reply.highWater = 1
  kit.last.begin()
  kit.last.say(delta('x'))
  expect(kit.last.paused).toBe(true)
  kit.last.say(doneEvent)
  expect([kit.last.paused, outcomes.length, reply.ended]).toEqual([false, 1, true])
})

test('whoever is full holds the provider back until there is room', () => {
  const kit = new ModelKit(usual)
  const { reply } = kit.send([['one/a']])
  reply.reads = false
  reply.highWater = 1
  kit.last.begin()
  kit.last.say(delta('x'))
  expect(kit.last.paused).toBe(true)
  reply.drain()
  expect(kit.last.paused).toBe(false)
})

test('a silent stream is kept alive, and ends where its run has', () => {
  const kit = new ModelKit(usual)
  let isOver = false
  const standing = (): ReturnType<typeof deny> | null => (isOver ? deny('run_halted', 'by the test') : null)
  const { reply, outcomes } = kit.send([['one/a']], { more: { standing } })
  kit.last.begin()
  kit.last.say(delta('x'))
  kit.pass(5100)
  expect(reply.text).toBe(`${delta('x')}:\n\n`)
  isOver = true
  kit.pass(5100)
  expect(reply.text.endsWith(event({ error: { code: 'run_halted' } }))).toBe(true)
  expect(outcomes).toMatchObject([{ kind: 'halted', told: { delivered_bytes: 1 } }])
  expect(kit.last.over).toBe(true)
})

test('what is told of a stream that was stopped is what was used so far', () => {
  const kit = new ModelKit(usual)
  const { exchange, outcomes } = kit.send([['one/a']])
  kit.last.begin()
  kit.last.say(delta('hello'))
  kit.last.say(usageEvent)
  exchange.abort('aborted')
  expect(outcomes).toMatchObject([
    {
      kind: 'fault',
      fault: { code: 'aborted' },
      attempts: 1,
      told: { delivered_bytes: 5, usage: { input_tokens: 7, output_tokens: 2 } },
    },
  ])
})

test('usage that only we asked for is kept from the caller, and comments are not', () => {
  const kit = new ModelKit(usual)
  const { reply } = kit.send([['one/a']], { more: { dropsUsage: true, closing: () => ': cost\n\n' } })
  kit.last.begin()
  for (const each of [delta('x'), ': quiet\n\n', usageEvent, doneEvent]) kit.last.say(each)
  expect(reply.text).toBe(`${delta('x')}: quiet\n\n: cost\n\n${doneEvent}`)
})

test('where nobody can be asked, the call ends at once and nothing was sent', async () => {
  const kit = new ModelKit({ one: { resilience: { outstanding_max: 1 } } })
  kit.send([['one/a']])
  const { outcomes } = kit.send([['one/a']])
  expect(outcomes).toEqual([])
  await Promise.resolve()
  expect(outcomes).toMatchObject([
    { kind: 'fault', sent: false, attempts: 0, told: null, denial: { code: 'busy' }, fault: { code: 'overloaded' } },
  ])
})
