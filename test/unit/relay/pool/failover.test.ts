import { expect, test } from 'vitest'
import { deny } from '../../../../src/domain/verdict.ts'
import { makeFault } from '../../../../src/relay/wire/transport.ts'
import { fallbackFor } from '../../../../src/relay/pool/rules.ts'
import { at, follow, newWork, PoolKit } from '../../../support/pool-kit.ts'

const [a, b, c] = ['http://a/', 'http://b/', 'http://c/'] as const

/** Longer than any wait between two attempts in these tests. */
const rest_ms = 1100

test.each(['connect_failed', 'connect_timeout'] as const)('after %s the next instance is asked at once', (code) => {
  const kit = new PoolKit([a, b])
  const { line, heard } = kit.ask()
  kit.last.fail(code)
  expect(kit.asked).toEqual([a, b])
  kit.last.answer()
  expect(heard.words).toEqual(['said', 'end'])
  expect(line.instance).toBe(b)
  expect(kit.told).toEqual(['retried agent:research answered'])
})

test.each(['reset', 'truncated', 'first_byte_timeout', 'bad_answer'] as const)(
  'a send whose bytes may have arrived is never made again after %s',
  (code) => {
    const kit = new PoolKit([a, b])
    const { line, heard } = kit.ask()
    kit.last.fail(code)
    kit.pass(rest_ms)
    expect(kit.asked).toEqual([a])
    expect(heard.words).toEqual([`${code} sent`])
    expect(line.sent).toBe(true)
  },
)

test('a connection that failed after bytes had left counts as sent', () => {
  const kit = new PoolKit([a, b])
  const { heard } = kit.ask()
  kit.last.fail('connect_failed', true)
  kit.pass(rest_ms)
  expect(kit.asked).toEqual([a])
  expect(heard.words).toEqual(['connect_failed sent'])
})

test('neither is a cancel: a second one could be refused as if the first had failed', () => {
  const kit = new PoolKit([a, b])
  const { heard } = kit.ask(follow('cancel', at(b)))
  kit.last.fail('reset')
  kit.pass(rest_ms)
  expect(heard.words).toEqual(['reset sent'])
})

test.each(['get', 'subscribe'] as const)('%s is made again after a while, where the task is', (operation) => {
  const kit = new PoolKit([a, b])
  const { heard, line } = kit.ask(follow(operation, at(b)))
  kit.last.fail('reset')
  expect(kit.asked).toEqual([b])
  kit.pass(rest_ms)
  kit.last.answer()
  expect(kit.asked).toEqual([b, b])
  expect(heard.words).toEqual(['said', 'end'])
  expect(line.sent).toBe(true)
})

test.each(['send', 'stream'] as const)('so is a %s to an agent that knows messages it got before', (operation) => {
  const kit = new PoolKit([a, b], { idempotent_sends: true })
  const { heard } = kit.ask(newWork({ operation }))
  kit.last.fail('reset')
  kit.pass(rest_ms)
  expect(kit.asked).toEqual([a, b])
  kit.last.fail('connect_failed')
  kit.pass(rest_ms)
  kit.last.fail('connect_failed')
  expect(kit.asked).toEqual([a, b, a])
  // Bytes of the first attempt may have arrived, and that stays so.
  expect(heard.words).toEqual(['connect_failed sent'])
  expect(kit.told.at(-1)).toBe('retried agent:research failed')
})

test.each(['memo', 'said'] as const)('nothing is made again once something was told: %s', (what) => {
  const kit = new PoolKit([a, b], { idempotent_sends: true })
  const { heard } = kit.ask(newWork({ operation: 'stream' }))
  if (what === 'said') kit.last.say()
  else kit.last.ear.onMemo({ task: {} })
  kit.last.fail('truncated')
  kit.pass(rest_ms)
  expect(kit.asked).toEqual([a])
  expect(heard.words).toEqual([what, 'truncated sent'])
})

test('the head of an answer waits for its first word only where somebody else could still give it', () => {
  const kit = new PoolKit([a, b], { idempotent_sends: true })
  const { heard } = kit.ask(newWork({ operation: 'stream' }))
  kit.last.ear.onHead([])
  kit.last.ear.onQuiet()
  expect(heard.words).toEqual([])
  kit.last.fail('reset')
  kit.pass(rest_ms)
  kit.last.ear.onHead([])
  kit.last.say()
  kit.last.ear.onQuiet()
  kit.last.end()
  expect(heard.words).toEqual(['head', 'said', 'quiet', 'end'])
  kit.configure([a, b])
  const plain = kit.ask(newWork({ operation: 'stream' }))
  kit.last.ear.onHead([])
  expect(plain.heard.words).toEqual(['head'])
})

test('whoever lets go at the head hears nothing more', () => {
  const kit = new PoolKit([a], { idempotent_sends: true })
  const { heard, line } = kit.ask()
  heard.onWord = () => line.abort()
  kit.last.ear.onHead([])
  kit.last.say()
  expect(heard.words).toEqual(['head'])
  expect(kit.last.over).toBe(true)
})

test('an instance that took a message and says nothing is left for another one before its first event', () => {
  const kit = new PoolKit([a, b], { idempotent_sends: true })
  const { heard } = kit.ask(newWork({ operation: 'stream' }))
  const silent = kit.last
  silent.ear.onHead([])
  kit.pass(1050)
  expect(silent.over).toBe(true)
  expect(kit.asked).toEqual([a, b])
  kit.last.answer()
  expect(heard.words).toEqual(['said', 'end'])
})

test('but never where the message could be worked on twice, nor where nobody else could be asked', () => {
  const kit = new PoolKit([a, b])
  kit.ask(newWork({ operation: 'stream' }))
  kit.configure([a, b], { idempotent_sends: true })
  kit.ask(newWork({ operation: 'stream', known: at(b) }))
  kit.pass(5000)
  expect(kit.asked).toEqual([a, b])
  expect(kit.attempts.some(({ over }) => over)).toBe(false)
})

test('silence does not count while nobody listens', () => {
  const kit = new PoolKit([a, b], { idempotent_sends: true })
  const { line } = kit.ask()
  line.pause()
  kit.pass(5000)
  expect(kit.asked).toEqual([a])
  line.resume()
  kit.pass(1050)
  expect(kit.asked).toEqual([a, b])
})

test('a paused line stays paused over a failover and over a rest', () => {
  const kit = new PoolKit([a, b], { idempotent_sends: true })
  const { line } = kit.ask()
  line.pause()
  kit.last.fail('connect_failed')
  expect(kit.last).toMatchObject({ url: b, paused: true })
  kit.last.fail('reset')
  kit.pass(rest_ms)
  expect(kit.last).toMatchObject({ url: a, paused: true })
  line.resume()
  expect(kit.last.paused).toBe(false)
})

test('letting go during a rest ends everything', () => {
  const kit = new PoolKit([a, b])
  const { line, heard } = kit.ask(follow('get', at(a)))
  kit.last.fail('reset')
  line.abort()
  kit.pass(rest_ms)
  expect(kit.asked).toEqual([a])
  expect(heard.words).toEqual([])
  expect(kit.wheel.size).toBe(0)
})

test('whoever lost the right to go on meanwhile is not tried for again', () => {
  const kit = new PoolKit([a, b], { idempotent_sends: true })
  const [refused, rests, silent] = [kit.ask(), kit.ask(follow('get', at(a))), kit.ask()]
  const [first, second, third] = kit.attempts
  second?.fail('reset')
  kit.denial = deny('run_halted', 'as the test wants it')
  first?.fail('connect_failed')
  kit.pass(rest_ms)
  third?.fail('reset')
  expect(kit.attempts.length).toBe(3)
  expect([refused, rests, silent].map(({ heard }) => heard.words)).toEqual([
    ['connect_failed'],
    ['reset sent'],
    ['reset sent'],
  ])
})

test('letting go of a line that found nobody ends everything', async () => {
  const kit = new PoolKit([{ url: a, drain: true }])
  const { line, heard } = kit.ask()
  line.abort()
  await Promise.resolve()
  expect(heard.words).toEqual([])
})

test('there are so many attempts and no more, each after a longer wait', () => {
  const kit = new PoolKit([a], { resilience: { attempts_max: 4, eject_after_faults: 0 } })
  const { heard } = kit.ask(follow('get'))
  // The dice roll zeros: each wait is half of 100, 200 and 400 ms, and rings up to two ticks later.
  for (const wait_ms of [50, 100, 200]) {
    kit.last.fail('reset')
    const before = kit.attempts.length
    kit.pass(wait_ms - 1)
    expect(kit.attempts.length).toBe(before)
    kit.pass(21)
    expect(kit.attempts.length).toBe(before + 1)
  }
  kit.last.fail('reset')
  kit.pass(rest_ms)
  expect(kit.attempts.length).toBe(4)
  expect(heard.words).toEqual(['reset sent'])
})

test('a wait is over with the fault that led to it where nobody can be asked any more', () => {
  const kit = new PoolKit([a, b])
  const { heard } = kit.ask(follow('get', at(b)))
  kit.last.fail('reset')
  for (let i = 0; i < 2; i += 1) kit.failAt(b)
  // Another one is finding out whether it works again.
  kit.ask(follow('get', at(b)))
  kit.pass(rest_ms)
  expect(kit.stateOf(b)).toBe('probing')
  expect(heard.words).toEqual(['reset sent'])
})

test('an instance that is left alone is not asked twice for one call', () => {
  const kit = new PoolKit([a, b])
  for (let i = 0; i < 3; i += 1) kit.failAt(b)
  const { heard } = kit.ask(follow('get', at(b)))
  kit.last.fail('connect_failed')
  expect(heard.words).toEqual(['connect_failed'])
  expect(kit.wheel.size).toBe(0)
})

test('three that refuse are asked in turn, and the fault says that nothing was sent', () => {
  const kit = new PoolKit([a, b, c])
  const { heard, line } = kit.ask()
  for (let i = 0; i < 3; i += 1) kit.last.fail('connect_failed')
  expect(new Set(kit.asked)).toEqual(new Set([a, b, c]))
  expect(heard.words).toEqual(['connect_failed'])
  expect(line.sent).toBe(false)
})

test('another agent may be called only where nothing reached this one', () => {
  const may = (code: Parameters<typeof makeFault>[0], sent: boolean): boolean => fallbackFor(makeFault(code, '', sent))
  expect([may('connect_failed', false), may('connect_timeout', false), may('overloaded', false)]).toEqual([
    true,
    true,
    true,
  ])
  expect([may('connect_failed', true), may('reset', true), may('aborted', false), may('too_large', false)]).toEqual([
    false,
    false,
    false,
    false,
  ])
})
