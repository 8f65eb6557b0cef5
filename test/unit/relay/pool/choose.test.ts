import { expect, test } from 'vitest'
import { at, follow, newWork, PoolKit } from '../../../support/pool-kit.ts'

const three = ['http://a/', 'http://b/', 'http://c/'] as const

test('new work goes to the one with less to do of two by chance', () => {
  const kit = new PoolKit(three)
  kit.dice.next.push(0, 0, 3, 4)
  kit.ask()
  kit.ask()
  // A roll of 3 is the pair a and c, one of 4 the pair b and a; c has nothing to do in the first, b has as much as a.
  kit.ask()
  kit.ask()
  expect(kit.asked).toEqual(['http://a/', 'http://b/', 'http://c/', 'http://b/'])
})

test('the line tells which instance it went to', () => {
  const kit = new PoolKit(three)
  expect(kit.ask(newWork({ known: at('http://c/') })).line.instance).toBe('http://c/')
})

test('what is known of a task or a conversation decides, whatever there is to do', () => {
  const kit = new PoolKit(three)
  for (let i = 0; i < 20; i += 1) kit.ask(newWork({ contextId: 'c1', known: at('http://b/') }))
  kit.ask(follow('get', at('http://b/')))
  kit.ask(follow('subscribe', at('http://b/')))
  kit.ask(follow('cancel', at('http://b/')))
  expect(new Set(kit.asked)).toEqual(new Set(['http://b/']))
})

test('a task from the time of one instance is at the first', () => {
  const kit = new PoolKit(three)
  kit.ask(newWork({ known: at('http://b/') }))
  kit.ask(follow('get'))
  kit.ask(newWork({ taskId: 't1' }))
  expect(kit.asked.slice(1)).toEqual(['http://a/', 'http://a/'])
})

test('a conversation without an instance always gets the same, and another one only if that is gone', () => {
  const kit = new PoolKit(three)
  const ids = Array.from({ length: 60 }, (_, i) => `context-${i}`)
  const placesOf = (): ReadonlyMap<string, string> =>
    new Map(ids.map((contextId) => [contextId, kit.ask(newWork({ contextId })).line.instance ?? '']))
  const before = placesOf()
  expect(placesOf()).toEqual(before)
  expect(new Set(before.values()).size).toBe(3)
  for (let i = 0; i < 3; i += 1) kit.failAt('http://b/')
  const after = placesOf()
  const moved = ids.filter((id) => after.get(id) !== before.get(id))
  expect(moved).toEqual(ids.filter((id) => before.get(id) === 'http://b/'))
})

test('an instance that drains gets nothing new and keeps what it has', () => {
  const kit = new PoolKit(['http://a/', { url: 'http://b/', drain: true }])
  for (let i = 0; i < 10; i += 1) kit.ask()
  expect(new Set(kit.asked)).toEqual(new Set(['http://a/']))
  expect(kit.ask(follow('get', at('http://b/'))).line.instance).toBe('http://b/')
  expect(kit.stateOf('http://b/')).toBe('draining')
})

test('an instance that left the configuration is found by its tasks until it was not used for long, and while one is open', async () => {
  const kit = new PoolKit(['http://a/', 'http://b/'])
  kit.ask(newWork({ known: at('http://b/') }))
  const open = kit.last
  kit.configure(['http://a/'])
  for (let i = 0; i < 5; i += 1) kit.ask()
  expect(kit.asked.slice(1)).toEqual(Array.from({ length: 5 }, () => 'http://a/'))
  expect(kit.ask(follow('get', at('http://b/'))).line.instance).toBe('http://b/')
  kit.last.answer()
  kit.pass(60_000)
  expect(kit.stateOf('http://b/')).toBe('draining')
  open.answer()
  expect(kit.stateOf('http://b/')).toBe('unknown')
  const { heard, line } = kit.ask(follow('get', at('http://b/')))
  await Promise.resolve()
  expect(heard.words).toEqual(['connect_failed'])
  expect(line.instance).toBeNull()
})

test('an instance that comes back is one of them again', () => {
  const kit = new PoolKit(['http://a/', 'http://b/'])
  kit.configure(['http://a/'])
  kit.configure(['http://b/'])
  expect(kit.ask().line.instance).toBe('http://b/')
  expect(kit.stateOf('http://b/')).toBe('healthy')
  expect(kit.stateOf('http://a/')).toBe('draining')
})

test('with a shared store a task goes elsewhere if its instance is down, and only then', () => {
  const kit = new PoolKit(['http://a/', 'http://b/'], { shared_task_store: true })
  const get = follow('get', at('http://b/'))
  expect(kit.ask(get).line.instance).toBe('http://b/')
  for (let i = 0; i < 3; i += 1) kit.failAt('http://b/')
  expect(kit.ask(get).line.instance).toBe('http://a/')
  expect(kit.ask(follow('get', at('http://gone/'))).line.instance).toBe('http://a/')
})

test('without one a task whose instance is down asks there, one at a time, and nobody else', async () => {
  const kit = new PoolKit(['http://a/', 'http://b/'])
  for (let i = 0; i < 3; i += 1) kit.failAt('http://b/')
  const first = kit.ask(follow('get', at('http://b/')))
  const second = [kit.ask(follow('get', at('http://b/'))), kit.ask(newWork({ known: at('http://b/') }))]
  await Promise.resolve()
  expect(second.map(({ heard }) => heard.words)).toEqual([['connect_failed'], ['connect_failed']])
  expect(kit.asked.slice(3)).toEqual(['http://b/'])
  kit.last.answer()
  expect(first.heard.words).toEqual(['said', 'end'])
  expect(kit.stateOf('http://b/')).toBe('healthy')
})

test('a cancel is tried at an instance that is left alone: what runs there has to stop', () => {
  const kit = new PoolKit(['http://a/', 'http://b/'], { resilience: { outstanding_max: 1 } })
  for (let i = 0; i < 3; i += 1) kit.failAt('http://b/')
  kit.ask(follow('cancel', at('http://b/')))
  kit.ask(follow('cancel', at('http://b/')))
  expect(kit.asked.slice(3)).toEqual(['http://b/', 'http://b/'])
})
