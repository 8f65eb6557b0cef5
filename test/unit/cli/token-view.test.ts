import { expect, test } from 'vitest'
import { anything } from '../../../src/domain/authority.ts'
import { authorityHash } from '../../../src/domain/authority/hash.ts'
import type { InspectedToken } from '../../../src/cli/deps.ts'
import { problem } from '../../../src/cli/exit-codes.ts'
import { tokenPage } from '../../../src/cli/token-view.ts'
import { run } from './fake-deps.ts'
import { noon as now } from '../ledger/entries.ts'

const scoped = { scopes: ['read'], details: [{ type: 'agent_invoke', targets: ['writer'] } as const] }

const seen: InspectedToken = {
  valid: true,
  reason: null,
  typ: 'delivery+jwt',
  issuer: 'https://weir.test',
  key: 'k3',
  header: {},
  claims: { cnf: {} },
  signature: 'valid',
  signedBy: { kid: 'k3', activeFrom: now - 86_400_000, retiredAt: now - 1000, revokedAt: null, inUse: true },
  issuedAt: now - 10_000,
  expiresAt: now + 120_000,
  person: 'user:tomas',
  login: { auth_time: now / 1000 - 60, acr: 'aal2', amr: ['hwk', 'user'] },
  chain: ['user:tomas', 'agent:console', 'agent:research', 'agent:writer'],
  actors: [
    { agent: 'agent:console', acted: true, at: now - 20_000, credential: 'key-1', adh: null, authority: anything },
    { agent: 'agent:research', acted: true, at: now - 10_000, credential: 'jti-2', adh: 'x', authority: scoped },
    { agent: 'agent:writer', acted: false, at: null, credential: null, adh: null, authority: null },
  ],
  run: 'run_1',
  hop: 'hop_2',
  depth: 2,
  depthMax: 5,
  audience: 'agent:writer',
  boundTo: { kind: 'dpop', thumbprint: 'thumb' },
  authority: scoped,
  budget: [{ cost_micros: 420_000, tokens: 1200, grant: 'jti-0' }],
  taint: 'none',
  foreign: { issuer: 'https://abroad.test', depth: 2, actors: ['their:planner'] },
}

const plain = (_tone: unknown, text: string): string => text

test('a token is drawn as verdict, person, one line an actor, and the rest', () => {
  expect(tokenPage(seen, plain, now)).toBe(`verdict   valid
signature holds with key k3, which signs since 2027-01-14T08:00:00Z, retired 2027-01-15T07:59:59Z
person    user:tomas, logged in 2027-01-15T07:59:00Z, acr aal2, amr hwk user

       DEPTH  AGENT           ACTED                 WITH   AUTHORITY
chain  1      agent:console   2027-01-15T07:59:40Z  key-1  whatever policy allows
       2      agent:research  2027-01-15T07:59:50Z  jti-2  scope read; agent_invoke targets writer
       3      agent:writer    not yet               -      -

run       run_1, depth 2 of at most 5, hop hop_2
audience  agent:writer
binding   dpop jkt thumb
authority scope read; agent_invoke targets writer
budget    $0.42, 1,200 tokens, counted on jti-0
taint     none
partner   https://abroad.test says 2 acted before: their:planner
issued    2027-01-15T07:59:50Z
expires   2027-01-15T08:02:00Z (2m00s left)
issuer    https://weir.test
type      delivery+jwt
`)
})

test('what a token does not say is not made up', () => {
  const bare = { ...seen, claims: {}, signature: 'unchecked', signedBy: null, key: null, person: null } as const
  const less = { login: null, chain: [], actors: [], run: null, budget: [], taint: null, foreign: null }
  const page = tokenPage({ ...bare, ...less, boundTo: null, authority: null, expiresAt: null }, plain, now)
  expect(page).toContain('signature not checked, names no key\n')
  expect(page).toContain('person    nobody: the agent acts for itself\nchain     nobody\n')
  expect(page).toContain('binding   bearer\nauthority cannot be read\n')
  expect(page).toContain('expires   never says\n')
})

test('an authority that only its hash is known of is shown as its hash, and older actors as before', () => {
  const adh = authorityHash(scoped)
  const [first, second] = seen.actors
  if (!first || !second) throw new Error('two actors')
  const actors = [
    { ...first, at: null, credential: null },
    { ...second, adh, authority: null },
  ]
  const page = tokenPage({ ...seen, actors }, plain, now)
  expect(page).toMatch(/agent:console +before +- +-\n/)
  expect(page).toContain(`hash ${adh}\n`)
})

test('inspect reads the token from stdin, says no with 3, and takes keys from elsewhere', async () => {
  const asked: (string | null)[] = []
  const inspect = ({ token, jwks }: { token: string; jwks: string | null }): Promise<InspectedToken> => {
    asked.push(jwks)
    const valid = token === 'good'
    return Promise.resolve({ ...seen, valid, reason: valid ? null : 'signature' })
  }
  const token = { inspect, mint: () => Promise.resolve(problem('failed', '')) }
  const good = await run(['token', 'inspect'], { token }, 'good\nrest')
  expect(good.code).toBe(0)
  expect(good.stdout).toContain('1m50s left')
  expect(await run(['token', 'inspect', '-', '--jwks', 'keys.json'], { token }, 'forged')).toMatchObject({ code: 3 })
  expect((await run(['token', 'inspect', 'good', '--json'], { token })).stdout).toMatch(/^\{"schema":"weir.token-insp/)
  expect((await run(['token', 'inspect'], { token }, '')).code).toBe(2)
  expect(asked).toEqual([null, 'keys.json', null])
})
