import { expect, test } from 'vitest'
import { agentId } from '../../../support/hop.ts'
import { at, follow, newWork, PoolKit } from '../../../support/pool-kit.ts'

const [a, b] = ['http://a/', 'http://b/'] as const

function ejected(kit: PoolKit, url: string = b, code: 'reset' | 'bad_answer' = 'reset'): PoolKit {
  for (let i = 0; i < 3; i += 1) kit.failAt(url, code)
  return kit
}

test('so many faults in a row and an instance is left alone for its time', () => {
  const kit = new PoolKit([a, b])
  kit.failAt(b)
  kit.failAt(b)
  expect(kit.stateOf(b)).toBe('healthy')
  kit.failAt(b)
  expect(kit.health.view().at(1)).toEqual({
    agent: 'agent:research',
    url: b,
    state: 'ejected',
    outstanding: 0,
    faults: 0,
    ejectedUntil: kit.clock.now() + 10_000,
  })
  expect(kit.told).toEqual(['ejected agent:research'])
  for (let i = 0; i < 9; i += 1) expect(kit.ask().line.instance).toBe(a)
})

test('an answer in between starts the count anew, and so does one that is an error of the agent', () => {
  const kit = new PoolKit([a, b])
  for (let i = 0; i < 5; i += 1) {
    kit.failAt(b)
    kit.failAt(b, 'bad_answer')
    kit.ask(newWork({ known: at(b) }))
    if (i % 2 === 0) kit.last.answer()
    else kit.last.ear.onError({ kind: 'agent_error', code: -32_603, message: '', data: null, origin: null })
  }
  expect(kit.stateOf(b)).toBe('healthy')
})

test.each(['aborted', 'too_large', 'stalled', 'idle_timeout'] as const)(
  '%s is held against the work and not against the instance',
  (code) => {
    const kit = new PoolKit([a, b])
    for (let i = 0; i < 9; i += 1) kit.failAt(b, code)
    expect(kit.stateOf(b)).toBe('healthy')
  },
)

test('an ask that was given up before anything was said says nothing', () => {
  const kit = new PoolKit([a, b])
  kit.failAt(b)
  kit.failAt(b)
  kit.ask(newWork({ known: at(b) })).line.abort()
  kit.failAt(b)
  expect(kit.stateOf(b)).toBe('ejected')
})

test('the last one is never left alone', () => {
  const kit = ejected(ejected(new PoolKit([a, b])), a)
  expect(kit.stateOf(a)).toBe('healthy')
  expect(kit.ask().line.instance).toBe(a)
  const alone = ejected(new PoolKit([a]), a)
  expect(alone.stateOf(a)).toBe('healthy')
})

test('when its time is over one ask finds out whether it works again, and nobody else goes there meanwhile', () => {
  const kit = ejected(new PoolKit([a, b]))
  kit.pass(10_000)
  expect(kit.stateOf(b)).toBe('probing')
  kit.ask()
  expect(kit.last.url).toBe(b)
  const probe = kit.last
  for (let i = 0; i < 5; i += 1) expect(kit.ask().line.instance).toBe(a)
  probe.say()
  expect(kit.stateOf(b)).toBe('healthy')
  kit.ask()
  expect(kit.last.url).toBe(b)
})

test('a probe that fails doubles the time up to its maximum', () => {
  const kit = ejected(new PoolKit([a, b], { resilience: { attempts_max: 1 } }))
  for (const time_ms of [10_000, 20_000, 40_000, 40_000]) {
    expect(kit.health.view().at(1)?.ejectedUntil).toBe(kit.clock.now() + time_ms)
    kit.pass(time_ms)
    kit.ask()
    kit.last.fail('reset')
  }
})

test('one that was well for long begins again with the shortest time', () => {
  const kit = ejected(new PoolKit([a, b]))
  kit.pass(10_000)
  kit.ask()
  kit.last.answer()
  kit.pass(40_001)
  ejected(kit)
  expect(kit.health.view().at(1)?.ejectedUntil).toBe(kit.clock.now() + 10_000)
})

test('a probe that was given up leaves the place to the next one', () => {
  const kit = ejected(new PoolKit([a, b]))
  kit.pass(10_000)
  kit.ask().line.abort()
  kit.ask()
  expect(kit.asked.slice(-2)).toEqual([b, b])
})

test('where nobody else is left, one that is left alone is tried ahead of its time, at no cost to it', () => {
  const kit = ejected(new PoolKit([a, b]))
  const until = kit.health.view().at(1)?.ejectedUntil
  kit.ask()
  kit.last.fail('connect_failed')
  expect(kit.last.url).toBe(b)
  kit.last.fail('connect_failed')
  expect(kit.health.view().at(1)?.ejectedUntil).toBe(until)
})

test('a share of faults far above that of the others is reason enough, for at most half of them', () => {
  const urls = ['http://a/', 'http://b/', 'http://c/', 'http://d/'] as const
  const kit = new PoolKit(urls, { resilience: { eject_after_faults: 0, outlier_percent: 40 } })
  const round = (bad: ReadonlySet<string>, times: number): void => {
    for (let i = 0; i < times; i += 1) {
      for (const url of urls) {
        if (kit.stateOf(url) !== 'healthy') continue
        kit.ask(newWork({ known: at(url) }))
        if (bad.has(url) && i % 2 === 1) kit.last.fail('reset')
        else kit.last.answer()
      }
    }
  }
  round(new Set(['http://b/']), 9)
  expect(kit.stateOf('http://b/')).toBe('healthy')
  round(new Set(['http://b/']), 2)
  expect(kit.stateOf('http://b/')).toBe('ejected')
  round(new Set(['http://c/']), 200)
  round(new Set(['http://d/']), 2000)
  expect(urls.map((url) => kit.stateOf(url))).toEqual(['healthy', 'ejected', 'ejected', 'healthy'])
})

test('where all are as bad, nobody is an outlier', () => {
  const kit = new PoolKit([a, b], { resilience: { eject_after_faults: 0, outlier_percent: 10 } })
  for (let i = 0; i < 50; i += 1) for (const url of [a, b]) kit.failAt(url)
  expect([kit.stateOf(a), kit.stateOf(b)]).toEqual(['healthy', 'healthy'])
})

test('shares are those of the last while', () => {
  const kit = new PoolKit([a, b], { resilience: { eject_after_faults: 0, outlier_percent: 40 } })
  for (let i = 0; i < 9; i += 1) kit.failAt(b)
  kit.pass(10_000)
  kit.ask(newWork({ known: at(a) }))
  kit.last.answer()
  kit.failAt(b)
  expect(kit.stateOf(b)).toBe('healthy')
})

test('an instance carries no more than it may, and what ends makes room', async () => {
  const kit = new PoolKit([a, b], { resilience: { outstanding_max: 2 } })
  const lines = Array.from({ length: 4 }, () => kit.ask().line)
  expect(kit.health.view().map(({ outstanding }) => outstanding)).toEqual([2, 2])
  const refused = [kit.ask(), kit.ask(follow('get', at(b)))]
  await Promise.resolve()
  expect(refused.map(({ heard }) => heard.words)).toEqual([['overloaded'], ['overloaded']])
  lines[0]?.abort()
  expect(kit.ask().line.instance).toBe(lines[0]?.instance)
  expect(kit.health.outstandingAt(agentId('agent:research'), 1)).toBe(2)
  expect(kit.health.outstandingAt(agentId('agent:research'), 7)).toBe(0)
})

test('what is known lives over a reload, and leaves with its agent', () => {
  const kit = ejected(new PoolKit([a, b]))
  kit.configure([b, a, 'http://c/'])
  expect(kit.stateOf(b)).toBe('ejected')
  kit.health.keepOnly(new Set([agentId('agent:research')]))
  expect(kit.health.view().length).toBe(3)
  kit.health.keepOnly(new Set())
  expect(kit.health.view()).toEqual([])
})

test('whoever is the only one left after a reload is not left alone', () => {
  const kit = ejected(new PoolKit([a, b]))
  kit.configure([b])
  expect(kit.stateOf(b)).toBe('healthy')
  const drained = ejected(new PoolKit([a, b]))
  drained.configure([{ url: a, drain: true }, b])
  expect(drained.stateOf(b)).toBe('healthy')
})

test('an instance about which nothing has to be counted is asked directly, every other one with one object per ask', () => {
  const kit = new PoolKit([a], { resilience: { attempts_max: 1 } })
  const direct = kit.ask()
  expect(kit.last.ear).toBe(direct.heard)
  expect(direct.line).toBe(kit.last)
  kit.configure([a])
  expect(kit.ask().line).toBe(kit.last.ear)
})
