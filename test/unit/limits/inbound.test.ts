import { expect, test } from 'vitest'
import { hopId, limits, orchestrator, research, World, writer } from './fixture.ts'

const free = { tokens: 0, cost_micros: 0 }

test('an agent that serves nothing is in no run', () => {
  expect(new World(limits({})).runs.inferFor(research)).toBe('none')
})

test('an agent that serves one call is in the run of that call, until it has answered', () => {
  const world = new World(limits({}))
  const run = world.open()
  const lease = world.take(run, { hop: hopId(501) })
  const chain = [orchestrator, research]
  expect(world.runs.inferFor(research)).toEqual({ run, hop: hopId(501), depth: 1, chain, delegation: null })
  lease.settle(free)
  expect(world.runs.inferFor(research)).toBe('none')
})

test('several calls of one run are one run, and the deepest is the parent', () => {
  const world = new World(limits({}))
  const run = world.open()
  world.take(run, { hop: hopId(501), agent: writer, depth: 3 })
  world.take(run, { hop: hopId(502), depth: 1 })
  expect(world.runs.inferFor(research)).toMatchObject({ run, hop: hopId(501), depth: 3 })
})

test('calls of two runs are ambiguous until those of one are answered', () => {
  const world = new World(limits({}))
  const [first, second] = [world.open(), world.open()]
  const lease = world.take(first)
  world.take(second)
  expect(world.runs.inferFor(research)).toBe('ambiguous')
  lease.refund()
  expect(world.runs.inferFor(research)).toMatchObject({ run: second })
})

test('an agent that answered with a task that goes on is in its run until the task ends', () => {
  const world = new World(limits({}))
  const run = world.open()
  const lease = world.take(run, { hop: hopId(501) })
  run.linger(hopId(501), research)
  lease.settle(free)
  expect([world.runs.inferFor(research), run.quiet]).toMatchObject([{ run, hop: hopId(501) }, false])
  run.release(hopId(501))
  expect([world.runs.inferFor(research), run.quiet]).toEqual(['none', true])
})

test('a run that has ended lets go of its tasks, a halted one is still found so that it can refuse', () => {
  const world = new World(limits({}))
  const [ended, halted] = [world.open(), world.open(writer)]
  const lease = world.take(ended, { hop: hopId(501) })
  ended.linger(hopId(501), research)
  lease.settle(free)
  world.take(halted, { target: writer })
  world.runs.end(ended, world.clock.now())
  world.runs.halt(halted, { code: 'operator', reason: 'x', actor: 'ana', at: 0, hop: null })
  expect(world.runs.inferFor(research)).toBe('none')
  expect(world.runs.inferFor(writer)).toMatchObject({ run: halted })
})

test('a call to a tool is served by no agent', () => {
  const world = new World(limits({}))
  world.take(world.open(), { target: 'tool:search', chain: [orchestrator] })
  expect(world.runs.inferFor(research)).toBe('none')
})
