import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../../src/base/clock.ts'
import { isDenial } from '../../../src/domain/verdict.ts'
import type { IdentitySettings } from '../../../src/identity/settings.ts'
import { agent, codeOf, gatewayUrl, headersOf, World } from '../../support/identity-kit.ts'
import { jwtKey } from '../../support/jwt-key.ts'

const folder = join(import.meta.dirname, '../../fixtures/workload')

interface Fixture {
  readonly about: string
  readonly alg: string
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>> & {
    readonly sub: string
    readonly exp: number
    readonly iat: number
  }
  readonly issuer: Omit<IdentitySettings['issuers'][number], 'workloads'> & {
    readonly workloads: readonly Readonly<Record<string, string>>[]
  }
  readonly agent: string
}

const fixtures = readdirSync(folder).map((file) => {
  const fixture = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Fixture
  return [file.replace('.json', ''), fixture] as const
})

/** A gateway that trusts the issuer of the fixture, at the time the token was made. */
function worldOf({ issuer, claims, alg }: Fixture): (header: object, claims: object, key?: string) => Promise<string> {
  const clock = new ManualClock(claims.iat * 1000 + 1000)
  const workloads = issuer.workloads.map((row) => ({ agent: agent('research'), claims: Object.entries(row) }))
  const rest = { jwks: 'test:workload', agent_claim: 'sub', for_tools: false, agents: {}, person_claim: null }
  const key = jwtKey(alg, 'k1')
  const fetchText = async (): Promise<string> => JSON.stringify({ keys: [key.jwk] })
  const world = new World({ clock, fetchText }, { issuers: [{ ...issuer, ...rest, workloads }] })
  const presented = { method: 'POST', path: '/mcp', peer: '127.0.0.1', clientCert: null }
  return async (header, changed, signer = 'k1') => {
    const raw = jwtKey(alg, signer).sign({ kid: 'k1', ...header }, changed)
    const outcome = await world.identity.authenticate({ ...presented, headers: headersOf(raw) }, gatewayUrl)
    return isDenial(outcome) ? codeOf(outcome) : `${outcome.proof.kind} ${outcome.proof.agent}`
  }
}

type Near = (fixture: Fixture) => readonly [header: object, claims: object]

const claim =
  (change: (fixture: Fixture) => object): Near =>
  (fixture) => [fixture.header, { ...fixture.claims, ...change(fixture) }]

const audienceOf = ({ issuer }: Fixture): string => issuer.audience

const nearMisses: Readonly<Record<string, Near>> = {
  'another sub': claim(({ claims }) => ({ sub: `${claims.sub}2` })),
  'a sub that only begins alike': claim(({ claims }) => ({ sub: claims.sub.slice(0, -1) })),
  'a sub in other case': claim(({ claims }) => ({ sub: claims.sub.toUpperCase().replace('SPIFFE', 'spiffe') + '_' })),
  'no sub': claim(() => ({ sub: undefined })),
  'another audience': claim(() => ({ aud: 'https://other.example' })),
  'another audience in a list': claim(() => ({ aud: ['https://other.example'] })),
  'two audiences': claim((fixture) => ({ aud: [audienceOf(fixture), 'https://other.example'] })),
  'the audience twice': claim((fixture) => ({ aud: [audienceOf(fixture), audienceOf(fixture)] })),
  'an empty list of audiences': claim(() => ({ aud: [] })),
  'no audience': claim(() => ({ aud: undefined })),
  'an audience in two lists': claim((fixture) => ({ aud: [[audienceOf(fixture)]] })),
  'a far-future iat': claim(({ claims }) => ({ iat: claims.exp - 1 })),
  'no exp': claim(() => ({ exp: undefined })),
  'a lifetime of days': claim(({ claims }) => ({ exp: claims.iat + 200_000 })),
  'an issuer nobody trusts': claim(({ claims }) => ({
    iss: 'https://evil.example',
    sub: claims.sub.replace('acme', 'evil'),
  })),
  'HS256 in the header': ({ header, claims }) => [{ ...header, alg: 'HS256' }, claims],
  'another algorithm in the header': ({ header, claims, alg }) => [
    { ...header, alg: alg === 'RS256' ? 'PS256' : 'RS256' },
    claims,
  ],
  'no kid': ({ header, claims }) => [{ ...header, kid: undefined }, claims],
  'another kid': ({ header, claims }) => [{ ...header, kid: 'k2' }, claims],
  'the typ of a login event': ({ header, claims }) => [{ ...header, typ: 'logout+jwt' }, claims],
  'an empty typ': ({ header, claims }) => [{ ...header, typ: '' }, claims],
}

describe.each(fixtures)('%s', (name, fixture) => {
  const show = worldOf(fixture)

  test('a token as its issuer writes it proves the agent it is mapped to', async () => {
    expect(await show(fixture.header, fixture.claims)).toBe(`issuer_jwt agent:${fixture.agent}`)
  })

  test.each(Object.entries(nearMisses))('a token with %s is refused', async (_what, near) => {
    expect(await show(...near(fixture))).toBe('unauthenticated')
  })

  test('a token signed with a key its issuer does not publish is refused', async () => {
    expect(await show(fixture.header, fixture.claims, 'stranger')).toBe('unauthenticated')
  })

  test('an expired token is refused as expired', async () => {
    const { iat, exp } = fixture.claims
    const past = { iat: iat - 100, exp: iat - 40, nbf: undefined }
    expect([exp > iat, await show(fixture.header, { ...fixture.claims, ...past })]).toEqual([true, 'token_expired'])
  })

  test.each(Object.keys(fixture.issuer.workloads[0] ?? {}))(
    'a token whose pinned %s differs or is missing is refused',
    async (pinned) => {
      for (const value of ['other', undefined]) {
        expect(await show(fixture.header, withClaim(fixture.claims, pinned, value))).toBe('unauthenticated')
      }
    },
  )

  test.each(['iss', 'iat', 'jti', 'typ'])(
    `a token without %s is accepted only where ${name} has none`,
    async (left) => {
      const header = left === 'typ' ? { ...fixture.header, typ: undefined } : fixture.header
      const outcome = await show(header, withClaim(fixture.claims, left, undefined))
      expect(outcome.startsWith('issuer_jwt')).toBe(mayLack[fixture.issuer.profile]?.includes(left) ?? false)
    },
  )
})

/** Written out once more, so that a row of the table of profiles cannot change unseen. */
const mayLack: Readonly<Record<string, readonly string[]>> = {
  kubernetes: ['jti', 'typ'],
  gcp: ['jti'],
  azure: ['jti'],
  spiffe: ['iss', 'iat', 'jti', 'typ'],
}

/** The claims with one of them, by name or JSON pointer, changed or left out. */
function withClaim(claims: object, pointer: string, value: unknown): object {
  const path = pointer.startsWith('/') ? pointer.slice(1).split('/') : [pointer]
  const [first = '', ...rest] = path.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  const inner = (claims as Record<string, unknown>)[first]
  return { ...claims, [first]: rest.length === 0 ? value : withClaim(inner as object, `/${rest.join('/')}`, value) }
}

test('a namespace of another name is another workload, however it begins', async () => {
  const fixture = fixtures.find(([name]) => name === 'kubernetes')?.[1]
  if (!fixture) throw new Error('no fixture')
  const near = withClaim(fixture.claims, '/kubernetes.io/namespace', 'agents-dev')
  expect(await worldOf(fixture)(fixture.header, near)).toBe('unauthenticated')
})
