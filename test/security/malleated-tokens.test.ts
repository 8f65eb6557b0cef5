/**
 * One token has several spellings: (r, n - s) signs what (r, s) signed, and base64url has bits that say nothing. A twin must
 * never escape what was said about the token, so whatever is forbidden is named by issuer and jti.
 */
import { expect, test } from 'vitest'
import type { Principal } from '../../src/domain/principal.ts'
import { type Denial, isDenial } from '../../src/domain/verdict.ts'
import { holder, prove } from '../support/dpop-kit.ts'
import { codeOf, gatewayUrl, idp, World } from '../support/identity-kit.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.split('')
/** The order of P-256. */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** The other signature of the same bytes with the same key. */
function highS(raw: string): string {
  const [header, claims, signature = ''] = raw.split('.')
  const bytes = Buffer.from(signature, 'base64url')
  const s = BigInt(`0x${bytes.subarray(32).toString('hex')}`)
  const twin = Buffer.concat([bytes.subarray(0, 32), Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex')])
  return `${header}.${claims}.${twin.toString('base64url')}`
}

/** Every other spelling of the last character of a part. */
function strayBits(raw: string): readonly string[] {
  const parts = raw.split('.')
  return parts.flatMap((part, at) => {
    const bytes = Buffer.from(part, 'base64url')
    const spellings = alphabet.map((last) => part.slice(0, -1) + last)
    const same = spellings.filter((other) => other !== part && Buffer.from(other, 'base64url').equals(bytes))
    return same.map((other) => parts.with(at, other).join('.'))
  })
}

/** What lists of revoked tokens are asked about. */
function nameOf(outcome: Principal | Denial): unknown {
  return isDenial(outcome) ? outcome.code : [outcome.proof.issuer, outcome.proof.credentialId]
}

test('threat 8: a base64 twin is no token at all', async () => {
  const world = new World()
  const raw = world.idpToken()
  expect(codeOf(await world.authenticate(raw))).toBe('ok')
  const twins = [...strayBits(raw), `${raw}=`, raw.replaceAll('.', '=.')]
  expect(twins.length).toBeGreaterThan(10)
  for (const twin of twins) expect(codeOf(await world.authenticate(twin))).toBe('unauthenticated')
})

test('threat 8: a high-s twin has the name of its token, so whoever revokes one has revoked both', async () => {
  const world = new World()
  const raw = world.idpToken({ jti: 'revoked-1' })
  const twin = highS(raw)
  expect(twin).not.toBe(raw)
  const outcomes = [await world.authenticate(raw), await world.authenticate(twin)]
  expect(outcomes.map(nameOf)).toEqual([
    [idp, 'revoked-1'],
    [idp, 'revoked-1'],
  ])
  expect(outcomes[1]).toEqual(outcomes[0])
  // From the memory of known tokens they come back under the same name too.
  expect([world.authenticate(raw), world.authenticate(twin)]).toEqual(outcomes)
  world.clock.advance(700_000)
  expect([codeOf(await world.authenticate(raw)), codeOf(await world.authenticate(twin))]).toEqual([
    'token_expired',
    'token_expired',
  ])
})

test('threat 8: a twin of a used proof is used too, and a twin of a used assertion', async () => {
  const world = new World()
  world.clock.advance(120_000)
  const by = await holder()
  const url = `${gatewayUrl}/oauth/token`
  const proof = prove(by, { htu: url, at: world.clock.now() })
  const request = { method: 'POST', url, accessToken: null, peer: '10.0.0.1' }
  expect(await world.identity.checkDpop({ ...request, proof })).toMatchObject({ jkt: by.jkt })
  const twins = [highS(proof), ...strayBits(proof)]
  for (const twin of twins)
    expect(await world.identity.checkDpop({ ...request, proof: twin })).toMatchObject({ kind: 'dpop_refusal' })
  const expiresAt = world.clock.now() + 60_000
  expect([world.identity.once(idp, 'a1', expiresAt), world.identity.once(idp, 'a1', expiresAt)]).toEqual([
    'first',
    'seen',
  ])
})
