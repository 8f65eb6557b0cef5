import { expect, test } from 'vitest'
import { isDenial } from '../../../src/domain/verdict.ts'
import { limits, World } from './fixture.ts'

const tool = 'tool:files/read'

function worldWith(max: number, run: Parameters<typeof limits>[0]['run'] = {}): World {
  const tools = new Map([[tool, { max, mode: 'enforce' as const }]])
  return new World({ ...limits({ run }), tools })
}

test('only so many calls of a tool are open at once, from whichever run they come', () => {
  const world = worldWith(2)
  const [first, second] = [world.open(), world.open()]
  const leases = [world.try(first, { target: tool }), world.try(second, { target: tool })]
  expect(world.try(first, { target: tool })).toMatchObject({
    code: 'concurrency_limited',
    rule: 'tool.concurrency_max',
    detail: 'tool.concurrency_max: 2 of 2',
    retryAfter_ms: 1000,
  })
  const [lease] = leases
  if (!lease || isDenial(lease)) throw new Error('the first call is let through')
  lease.refund()
  expect(isDenial(world.try(second, { target: tool }))).toBe(false)
})

test('other tools and agents do not count, and a call that another limit refuses leaves no trace', () => {
  const world = worldWith(1, { tokens_max: 25 })
  const run = world.open()
  expect(isDenial(world.try(run, { target: 'tool:files/write' }))).toBe(false)
  expect(isDenial(world.try(run))).toBe(false)
  expect(world.try(run, { target: tool })).toMatchObject({ rule: 'run.tokens_max' })
  expect(isDenial(world.try(world.open(), { target: tool }))).toBe(false)
})

test('a limit that a reload takes away lets those under way leave the counter they entered', () => {
  const world = worldWith(1)
  const run = world.open()
  const open = world.try(run, { target: tool })
  world.bench.use(limits({}))
  expect(isDenial(world.try(run, { target: tool }))).toBe(false)
  world.bench.use({ ...limits({}), tools: new Map([[tool, { max: 1, mode: 'enforce' as const }]]) })
  expect(world.try(run, { target: tool })).toMatchObject({ rule: 'tool.concurrency_max' })
  if (isDenial(open)) throw new Error(open.detail)
  open.settle(open.reserved)
  expect(isDenial(world.try(run, { target: tool }))).toBe(false)
})

test('more limited tools than the board has rows for are busy and not unlimited', () => {
  const names = ['tool:a/1', 'tool:a/2', 'tool:a/3']
  const world = new World({ ...limits({}), tools: new Map(names.map((name) => [name, { max: 9, mode: 'enforce' }])) })
  const run = world.open()
  const codes = names.map((target) => world.try(run, { target })).map((each) => (isDenial(each) ? each.code : 'open'))
  expect(codes).toEqual(['open', 'open', 'busy'])
})
