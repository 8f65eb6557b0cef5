/** A revoked token has other spellings with a signature that holds: all of them are that token, by issuer and jti. */
import { beforeEach, expect, test } from 'vitest'
import { createBoard } from '../../src/base/board.ts'
import type { Principal } from '../../src/domain/principal.ts'
import { nameOfToken } from '../../src/domain/revocation.ts'
import { type Denial, isDenial } from '../../src/domain/verdict.ts'
import { Epochs, epochsPlan } from '../../src/identity/revocation/epochs.ts'
import { idp, World } from '../support/identity-kit.ts'

const epochs = new Epochs(createBoard(epochsPlan(64)), 64)
let world: World

beforeEach(async () => {
  world = new World()
  await world.identity.warm()
})

/** The order of the curve P-256 (FIPS 186-5): with (r, s) also (r, n - s) is a signature of the same bytes. */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** The other valid signature of the same header and claims. */
function otherHalf(raw: string): string {
  const [header = '', claims = '', signature = ''] = raw.split('.')
  const bytes = Buffer.from(signature, 'base64url')
  const s = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`)
  const twin = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')])
  return `${header}.${claims}.${twin.toString('base64url')}`
}

/** The same claims in another order of members, signed again by the issuer. */
function reissued(): string {
  const { jti, ...claims } = world.idpClaims({ jti: 'stolen' }) as { readonly jti: string }
  return world.idpToken({ ...claims, jti, extra: 'member' })
}

function refusal(outcome: Principal | Denial): unknown {
  const denial = isDenial(outcome) ? outcome : epochs.refusalOf(outcome)
  return denial && [denial.code, denial.rule]
}

test('threat 8: a twin with the other half of its signature is refused like the token that was revoked', async () => {
  const raw = world.idpToken({ jti: 'stolen' })
  const twin = otherHalf(raw)
  expect(twin).not.toBe(raw)
  // The twin is no forgery: its signature holds, so only its name can tell that it was revoked.
  expect([await world.authenticate(raw), await world.authenticate(twin)].map(isDenial)).toEqual([false, false])
  epochs.set({ what: 'token', name: nameOfToken(idp, 'stolen'), epoch: 1, contained: false })
  for (const spelled of [raw, twin, otherHalf(twin), reissued()])
    expect(refusal(await world.authenticate(spelled))).toEqual(['unauthenticated', 'revoked.token'])
  expect(refusal(await world.authenticate(world.idpToken({ jti: 'other' })))).toBe(null)
})

test('stray bits at the end of the signature are no way around it: such a token is none', async () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const raw = world.idpToken({ jti: 'stolen' })
  const stray = raw.slice(0, -1) + (alphabet[alphabet.indexOf(raw.at(-1) ?? 'A') ^ 1] ?? '')
  expect(refusal(await world.authenticate(stray))).toEqual(['unauthenticated', null])
})
