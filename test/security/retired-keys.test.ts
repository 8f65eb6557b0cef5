/** What a retired key signed is accepted for its time; what it signs afterwards, and what a withdrawn key signed, never. */
import type { JsonWebKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { overlap_ms } from '../../src/identity/keys/key-rotation.ts'
import { callTyp } from '../../src/identity/tokens/call-token.ts'
import {
  agent,
  callFacts,
  codeOf,
  forge,
  gatewayUrl,
  type OwnKeys,
  privateKeyOf,
  rotation,
  World,
} from '../support/identity-kit.ts'

/** A call token issued at this time and valid for five minutes, signed with the first key of this world or another. */
function callToken(world: World, iat: number, key: Pick<OwnKeys, 'kid' | 'privateJwk'> = world.keys): string {
  const times = { iat, exp: iat + 300, jti: `j${iat}` }
  const who = { client_id: agent('orchestrator'), sub: agent('orchestrator'), sub_profile: 'service' }
  const claims = { iss: gatewayUrl, aud: gatewayUrl, ...who, ...times }
  return forge(privateKeyOf(key), { alg: 'ES256', typ: callTyp, kid: key.kid }, claims)
}

const mint = async (world: World): Promise<string> => {
  const minted = await world.identity.mintCallToken(callFacts('orchestrator'))
  return minted.kind === 'call_token' ? minted.raw : minted.code
}

const show = async (world: World, raw: string): Promise<string> => codeOf(await world.authenticate(raw))

test('a token of the old key works after a rotation until it has run out', async () => {
  const world = new World()
  const old = callToken(world, world.now_s)
  await world.keys.ring.rotate('token', { now: true })
  expect(await show(world, old)).toBe('ok')
  expect(await show(world, await mint(world))).toBe('ok')
  world.clock.advance(329_000)
  expect(await show(world, old)).toBe('ok')
  world.clock.advance(2000)
  expect(await show(world, old)).toBe('token_expired')
})

test('the old key itself is refused when its window has ended, whatever its token says', async () => {
  const world = new World()
  const { kid, ring } = world.keys
  await ring.rotate('token', { now: true })
  const retiredAt_s = world.now_s
  world.clock.advance(overlap_ms(rotation) - 1)
  expect(await ring.source('token').find(kid, 'ES256', retiredAt_s * 1000)).not.toBeNull()
  world.clock.advance(1)
  expect(await ring.source('token').find(kid, 'ES256', retiredAt_s * 1000)).toBeNull()
})

test('whoever keeps a copy of a retired key can sign nothing new with it', async () => {
  const world = new World()
  await world.keys.ring.rotate('token', { now: true })
  world.clock.advance(31_000)
  expect(await show(world, callToken(world, world.now_s))).toBe('unauthenticated')
})

test('a revoked key ends at once, for tokens that were verified a moment ago as well', async () => {
  const world = new World()
  const old = await mint(world)
  expect(await show(world, old)).toBe('ok')
  await world.keys.ring.rotate('token', { revoke: true })
  world.identity.forgetTokens()
  expect(await show(world, old)).toBe('unauthenticated')
  expect(await show(world, await mint(world))).toBe('ok')
})

test('a key that is published and does not sign yet, and a key for another use, sign no tokens', async () => {
  const world = new World()
  const next = await world.keys.ring.rotate('token')
  expect('kid' in next && (await world.keys.ring.source('token').find(next.kid, 'ES256'))).toBeNull()
  const { kid } = world.keys.ring.signer('card')
  const file = join(world.keys.stateDir, 'keys', `card-${kid}.jwk`)
  const privateJwk = JSON.parse(readFileSync(file, 'utf8')) as JsonWebKey
  expect(await show(world, callToken(world, world.now_s, { kid, privateJwk }))).toBe('unauthenticated')
})
