/** Time that runs backwards would make what has expired hold again, and what was used fresh. Ours does not run backwards. */
import { expect, test } from 'vitest'
import { type Clock, ManualClock, steadyClock } from '../../src/base/clock.ts'
import { holder, prove } from '../support/dpop-kit.ts'
import { codeOf, gatewayUrl, World } from '../support/identity-kit.ts'

/** A machine whose wall clock somebody sets. */
class Machine implements Clock {
  readonly #real = new ManualClock()
  shift_ms = 0

  now(): number {
    return this.#real.now() + this.shift_ms
  }

  monotonic(): number {
    return this.#real.monotonic()
  }

  advance(by_ms: number): void {
    this.#real.advance(by_ms)
  }
}

test('threat 59: a token that has expired stays expired, however far the clock is set back', async () => {
  const machine = new Machine()
  const world = new World({ clock: steadyClock(machine) })
  const raw = world.idpToken({ iat: machine.now() / 1000, exp: machine.now() / 1000 + 600 })
  expect(codeOf(await world.authenticate(raw))).toBe('ok')
  machine.advance(631_000)
  expect(codeOf(await world.authenticate(raw))).toBe('token_expired')
  for (const back_ms of [1000, 60_000, 3_600_000, 86_400_000, 400 * 86_400_000]) {
    machine.shift_ms = -back_ms
    const unseen = world.idpToken({ jti: `unseen-${back_ms}` })
    expect([back_ms, codeOf(await world.authenticate(raw)), codeOf(await world.authenticate(unseen))]).toEqual([
      back_ms,
      'token_expired',
      'token_expired',
    ])
  }
})

test('threat 59: a clock set back lets no token from the future in, and a clock set forth no token live longer', async () => {
  const machine = new Machine()
  const world = new World({ clock: steadyClock(machine) })
  const now_s = machine.now() / 1000
  machine.shift_ms = -86_400_000
  expect(codeOf(await world.authenticate(world.idpToken({ jti: 'a', iat: now_s + 31, exp: now_s + 60 })))).toBe(
    'unauthenticated',
  )
  machine.shift_ms = 86_400_000
  expect(codeOf(await world.authenticate(world.idpToken({ jti: 'b', iat: now_s, exp: now_s + 600 })))).toBe(
    'token_expired',
  )
})

test('threat 59: what was used once is used, before and after the clock is set back', async () => {
  const machine = new Machine()
  machine.advance(120_000)
  const world = new World({ clock: steadyClock(machine) })
  machine.advance(120_000)
  const by = await holder()
  const url = `${gatewayUrl}/oauth/token`
  const proof = prove(by, { htu: url, at: machine.now() })
  const check = async (): Promise<string> =>
    (await world.identity.checkDpop({ proof, method: 'POST', url, accessToken: null, peer: '::1' })).kind
  expect(await check()).toBe('dpop_proof')
  for (const [pass_ms, back_ms] of [
    [0, 3_600_000],
    [31_000, 31_000],
    [120_000, 120_000],
    [3_600_000, 86_400_000],
  ] as const) {
    machine.advance(pass_ms)
    machine.shift_ms = -back_ms
    expect([back_ms, await check()]).toEqual([back_ms, 'dpop_refusal'])
  }
})
