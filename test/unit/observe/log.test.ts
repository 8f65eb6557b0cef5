import { expect, test } from 'vitest'
import { ManualClock } from '../../../src/base/clock.ts'
import { type Log, openLog } from '../../../src/observe/log.ts'
import { scrub, scrubText } from '../../../src/observe/scrub.ts'

function logInto(lines: string[], level: 'info' | 'silent' = 'info'): Log {
  return openLog({ level, clock: new ManualClock(0), sink: { write: (line) => void lines.push(line) } })
}

test('a line is one JSON object with a level in words, a time, a sentence and its facts', () => {
  const lines: string[] = []
  logInto(lines).info('the gateway is ready', { port: 8080 })
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'info',
    msg: 'the gateway is ready',
    port: 8080,
    time: '1970-01-01T00:00:00.000Z',
  })
})

test('what is below the level is not written', () => {
  const lines: string[] = []
  logInto(lines).debug('quiet')
  logInto(lines, 'silent').error('quiet')
  expect(lines).toEqual([])
})

test('a fact cannot take the place of a member of the line', () => {
  const lines: string[] = []
  logInto(lines).warn('true', { msg: 'false', level: 'false', time: 0 })
  expect(lines[0]?.match(/"(msg|level|time)":/g)).toEqual(['"level":', '"time":', '"msg":'])
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ msg: 'true', level: 'warn', msg_: 'false' })
})

test('a message is no format, so a percent sign from outside stays one', () => {
  const lines: string[] = []
  logInto(lines).info('100%s %o', { a: 1 })
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ msg: '100%s %o' })
})

test('no control character reaches the terminal or starts a new line', () => {
  const lines: string[] = []
  logInto(lines).info('a\nb\u001b[31m\u009b31m\u007f\u2028\u202e', { 'k\n\u0085': 'v\u0000\u0090' })
  expect(lines[0]?.trimEnd()).toMatch(/^[\u0020-\u007e]+$/)
})

test('a fact is bounded in depth, width and length, even if it contains itself', () => {
  const loop: Record<string, unknown> = { wide: Array.from({ length: 1000 }, () => 1), long: 'x'.repeat(100_000) }
  loop['self'] = loop
  expect(JSON.stringify(scrub(loop)).length).toBeLessThan(100_000)
  expect(scrub({ wide: loop['wide'] })).toEqual({ wide: Array.from({ length: 100 }, () => 1) })
})

test('ordinary words, ids and URLs are left alone', () => {
  const plain = 'run_0190 by agent:research called https://h/a2a/research/?x=1 (token expired) for user:tomas@home'
  expect(scrubText(plain)).toBe(plain)
})
