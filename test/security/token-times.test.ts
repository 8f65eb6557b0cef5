/** No signed token is good for ever, for longer than its kind may be, or from tomorrow on, in whatever role it is shown. */
import { describe, expect, test } from 'vitest'
import { roleNames, RolesWorld } from '../support/roles.ts'

const named = roleNames.filter((name) => name !== 'proof of possession' && name !== 'security event')
const now_s = new RolesWorld().now_s

const nonsense: readonly unknown[] = [
  null,
  true,
  '',
  '9999999999',
  -1,
  1e308,
  Number.MAX_SAFE_INTEGER,
  [now_s + 60],
  { valueOf: now_s + 60 },
]

const lives: Readonly<Record<string, readonly object[]>> = {
  'no end': [{ exp: undefined }, ...nonsense.map((exp) => ({ exp }))],
  'a life that is too long': [
    { exp: now_s + 3601 },
    { exp: now_s + 86_400 },
    { iat: now_s - 86_400, exp: now_s + 60 },
    { iat: 0, exp: now_s + 60 },
    { iat: -1e9, exp: now_s + 60 },
  ],
  'no beginning': [{ iat: undefined }, ...nonsense.map((iat) => ({ iat, exp: now_s + 60 }))],
  'a beginning that lies ahead': [
    { iat: now_s + 31, exp: now_s + 60 },
    { iat: now_s + 86_400, exp: now_s + 86_460 },
    { nbf: now_s + 31 },
    { nbf: String(now_s) },
  ],
  'an end that has come': [
    { iat: now_s - 100, exp: now_s - 31 },
    { iat: now_s, exp: now_s },
    { iat: now_s, exp: now_s - 1 },
    { exp: 0 },
  ],
}

describe.each(named)('threat 10: a %s with', (name) => {
  test.each(Object.keys(lives))('%s is refused', async (what) => {
    const world = new RolesWorld()
    for (const claims of lives[what] ?? []) expect([claims, await world.changed(name, {}, claims)]).not.toContain('ok')
  })
})

test('a token of each kind with none of these is accepted', async () => {
  const world = new RolesWorld()
  for (const name of roleNames) expect([name, await world.changed(name, {})]).toEqual([name, 'ok'])
})

describe('threat 10: a proof of possession', () => {
  test.each([undefined, now_s - 31, now_s + 31, 0, ...nonsense])('made at %j is refused', async (iat) => {
    const world = new RolesWorld()
    expect(await world.changed('proof of possession', {}, { iat })).not.toBe('ok')
  })
})

describe('threat 10: a security event', () => {
  test.each([undefined, now_s + 31, ...nonsense])('of %j is refused', async (iat) => {
    expect(await new RolesWorld().changed('security event', {}, { iat })).not.toBe('ok')
  })
})
