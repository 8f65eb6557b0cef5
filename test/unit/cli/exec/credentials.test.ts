import { expect, test } from 'vitest'
import { ManualClock } from '../../../../src/base/clock.ts'
import { credentials, type Held } from '../../../../src/cli/exec/credentials.ts'
import { type CliProblem, problem } from '../../../../src/cli/exit-codes.ts'

function counted(lifetime_ms: number) {
  const clock = new ManualClock(1_000_000)
  const made = { count: 0, answer: null as CliProblem | null }
  const next = (): Held => ({ token: `token ${(made.count += 1)}`, expires_at: clock.now() + lifetime_ms })
  const credential = credentials(clock, next(), () => Promise.resolve(made.answer ?? next()))
  return { clock, made, credential }
}

test('a token serves until little of it is left, and whoever asks at once then shares the next', async () => {
  const { clock, credential } = counted(120_000)
  clock.advance(89_999)
  expect(await credential()).toBe('token 1')
  clock.advance(1)
  expect(await Promise.all([credential(), credential()])).toEqual(['token 2', 'token 2'])
  expect(await credential()).toBe('token 2')
})

test('one that lives shorter than that is not made anew for each call', async () => {
  const { clock, credential } = counted(9000)
  clock.advance(5999)
  expect(await credential()).toBe('token 1')
  clock.advance(1)
  expect(await credential()).toBe('token 2')
  expect(await credential()).toBe('token 2')
})

test('where none can be made, the old one serves to its end, and then a sentence says why', async () => {
  const { clock, made, credential } = counted(120_000)
  made.answer = problem('failed', 'no keys')
  clock.advance(119_999)
  expect(await credential()).toBe('token 1')
  clock.advance(1)
  expect(await credential()).toEqual({ sentence: 'no keys' })
  made.answer = null
  expect(await credential()).toBe('token 2')
})
