/** A run is played through a real gateway, which is stopped; what it left proves every hop to somebody with Node alone. */
import { createPrivateKey } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import type { HopAccount, RunChain } from '../../src/domain/evidence.ts'
import { type Ended, type Office, playOffice, runNode, runWeir } from '../support/evidence.ts'
import type { Detail } from '../../src/domain/authority.ts'
import { authorityHash } from '../../src/domain/authority/hash.ts'
import { inputHash } from '../../src/identity/digest.ts'
import { forge, keysIn, type OwnKeys } from '../support/identity-kit.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-auditor-'))
const evidence = join(folder, 'evidence')
let office: Office
let made: Ended
let bundle: RunChain
let other: RunChain
let keys: OwnKeys

const weir = async (...args: readonly string[]): Promise<Ended> => await runWeir(...args, '--config', office.config)

beforeAll(async () => {
  office = await playOffice()
  made = await weir('runs', 'chain', office.run, '--out', evidence)
  bundle = JSON.parse(readFileSync(join(evidence, 'bundle.json'), 'utf8')) as RunChain
  other = JSON.parse((await weir('runs', 'chain', office.other)).stdout) as RunChain
  keys = keysIn(join(office.weir.directory, 'state'), systemClock)
}, 90_000)

afterAll(() => {
  for (const directory of [folder, office?.weir.directory ?? folder])
    rmSync(directory, { recursive: true, force: true })
})

const anyHop = /hop_[0-9a-f]{16}/

test('one command says of a refused hop for whom, how they logged in, through whom and by what right', async () => {
  const account = JSON.parse((await weir('hop', office.refused, '--json')).stdout) as HopAccount
  expect(account).toMatchObject({
    schema: 'weir.hop/v1',
    decision: 'deny',
    code: 'scope_missing',
    person: 'user:tomas',
    login: { how: 'login', issuer: 'https://login.example', acr: 'aal2', amr: ['hwk', 'user'] },
    signatures: 'hold',
    problems: [],
  })
  const narrowed = { details: [{ type: 'agent_invoke', targets: ['checker', 'planner', 'research', 'writer'] }] }
  const anything = { scopes: null, details: null }
  const token = { problem: null }
  expect(account.chain).toMatchObject([
    { depth: 1, agent: 'agent:console', target: 'agent:planner', authority: anything, token },
    { depth: 2, agent: 'agent:planner', target: 'agent:research', authority: anything, token },
    { depth: 3, agent: 'agent:research', target: 'agent:writer', authority: narrowed, token },
    { depth: 4, agent: 'agent:writer', target: 'agent:checker', authority: narrowed, token },
    { depth: 5, agent: 'agent:checker', target: 'agent:archive', authority: narrowed, token: null, decision: 'deny' },
  ])
})

test('the same was said beside the running gateway, while no call of the chain had its record yet', () => {
  expect(office.during.stdout).toContain('person    user:tomas\nlogin     at https://login.example, ')
  expect(office.during.stdout).toContain('proof     4 of 5 hops signed, all signatures hold\n')
  expect(office.during.stdout.split('\n').filter((line) => anyHop.test(line) && / key /.test(line))).toHaveLength(4)
})

test('a hop or a run nobody knows is not found, and what is no id is a wrong use', async () => {
  expect(await weir('hop', `hop_${'0'.repeat(16)}`)).toMatchObject({ code: 5, stdout: '' })
  expect(await weir('runs', 'chain', `run_${'0'.repeat(32)}`)).toMatchObject({ code: 5, stdout: '' })
  expect((await weir('hop', 'nonsense')).code).toBe(2)
})

test('a token of the run is drawn long after, with the keys of the state directory or those of the bundle', async () => {
  const token = bundle.tokens.at(-1)?.token ?? ''
  const drawn = await weir('token', 'inspect', token)
  expect(drawn).toMatchObject({ code: 0, stdout: expect.stringContaining('5      agent:checker ') as unknown })
  expect(drawn.stdout).not.toContain(token.split('.')[2])
  const whole = await weir('token', 'inspect', token, '--json')
  expect(whole.stdout).not.toContain(token.split('.')[2])
  expect(await runWeir('token', 'inspect', token, '--json', '--jwks', join(evidence, 'jwks.json'))).toEqual(whole)
})

test('the bundle is checked by Node alone, in a folder with nothing else', async () => {
  expect(made.code).toBe(0)
  expect(['README.txt', 'verify-chain.mjs'].every((file) => existsSync(join(evidence, file)))).toBe(true)
  expect(JSON.stringify(bundle)).not.toContain('"d":')
  const verdict = await runNode(evidence, 'verify-chain.mjs', 'bundle.json', '--jwks', 'jwks.json')
  expect(verdict).toMatchObject({ code: 0, stderr: '' })
  expect(verdict.stdout).toContain('HOLDS: 5 hops, 4 signed tokens\n')
  const again = await weir('runs', 'chain', office.run, '--out', evidence)
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot be written') as unknown })
})

test('a run for nobody holds as well, also where a token that came home went out again with a later call', async () => {
  const lent = other.calls.filter(({ depth }) => depth === 4).map(({ delivery }) => delivery)
  expect(lent).toHaveLength(2)
  expect(new Set(lent).size).toBe(1)
  writeFileSync(join(evidence, 'other.json'), JSON.stringify(other))
  const verdict = await runNode(evidence, 'verify-chain.mjs', 'other.json')
  expect(verdict).toMatchObject({ code: 0, stderr: '' })
  expect(verdict.stdout).toContain('of nobody, begun by agent:console')
  expect(verdict.stdout).toContain('compare them with published ones.\nHOLDS: 7 hops, 4 signed tokens\n')
})

test('a bundle cannot steer the terminal of whoever checks it', async () => {
  const [first, ...rest] = bundle.calls
  const agent = '\u001b[2Jagent:eve\nHOLDS: all of it'
  writeFileSync(join(evidence, 'loud.json'), JSON.stringify({ ...bundle, calls: [{ ...first, agent }, ...rest] }))
  const { code, stdout } = await runNode(evidence, 'verify-chain.mjs', 'loud.json')
  expect([code, stdout.includes('\u001b'), /^HOLDS/m.test(stdout)]).toEqual([1, false, false])
})

type Loose = Record<string, unknown>
interface Forged {
  calls: Loose[]
  tokens: Loose[]
  intents: Loose[]
  grants: Loose[]
  keys: Loose[]
}

/** Signs a token of the bundle anew, as only somebody with the gateway's key could. */
function resign(at: number, change: (claims: { dlg: Loose } & Loose) => void): (forged: Forged) => void {
  return ({ tokens }) => {
    const [header, claims] = String(tokens[at]?.['token'])
      .split('.')
      .slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as { dlg: Loose } & Loose)
    if (!header || !claims) throw new Error('no such token')
    change(claims)
    const key = createPrivateKey({ key: keys.privateJwk, format: 'jwk' })
    tokens[at] = { ...tokens[at], token: forge(key, header, claims) }
  }
}

const edit = (list: 'calls' | 'tokens' | 'grants', at: number, change: Loose) => (forged: Forged) =>
  void (forged[list][at] = { ...forged[list][at], ...change })
const allKeys = (change: Loose) => (forged: Forged) => forged.keys.forEach((key) => Object.assign(key, change))

/** Hops are counted from the root; records are written when a call ends, so they stand the other way round. */
const recordOf = (depth: number): number => bundle.calls.findIndex((call) => call.depth === depth)
const lose =
  (depth: number, ...lists: readonly ('calls' | 'tokens' | 'intents')[]) =>
  (forged: Forged) => {
    const rid = bundle.calls[recordOf(depth)]?.rid
    for (const list of lists) forged[list] = forged[list].filter((entry) => entry['rid'] !== rid)
  }

const unsigned = (at: number, change: Loose) => (forged: Forged) => {
  const [header = '', claims = '', signature = ''] = String(forged.tokens[at]?.['token']).split('.')
  const said = { ...(JSON.parse(Buffer.from(claims, 'base64url').toString()) as Loose), ...change }
  const token = [header, Buffer.from(JSON.stringify(said)).toString('base64url'), signature].join('.')
  forged.tokens[at] = { ...forged.tokens[at], token }
}

const flipped = (forged: Forged): void => {
  const raw = String(forged.tokens[1]?.['token'])
  const at = raw.lastIndexOf('.') + 1
  const token = raw.slice(0, at) + (raw[at] === 'A' ? 'B' : 'A') + raw.slice(at + 1)
  forged.tokens[1] = { ...forged.tokens[1], token }
}

const wide = (claims: Loose): void => void delete claims['authorization_details']

/** A parent with a scope and a record that says so, and its child, which stands on it and has none. */
const narrowParent = (forged: Forged): void => {
  let adh: string | null = null
  resign(2, (claims) => {
    claims['scope'] = 'read'
    adh = authorityHash({ scopes: ['read'], details: claims['authorization_details'] as Detail[] })
  })(forged)
  edit('calls', recordOf(3), { adh })(forged)
  const prh = inputHash(String(forged.tokens[2]?.['token']))
  resign(3, ({ dlg }) => (dlg['prh'] = prh))(forged)
}

/** A parent with a budget, and its child, which stands on it and counts on none. */
const freeChild = (forged: Forged): void => {
  resign(2, ({ dlg }) => (dlg['bud'] = [{ id: 'g', usd_u: 1 }]))(forged)
  const prh = inputHash(String(forged.tokens[2]?.['token']))
  resign(3, ({ dlg }) => (dlg['prh'] = prh))(forged)
}

test.each<readonly [string, number, string, () => (forged: Forged) => unknown]>([
  ['another person in a token', 2, 'signature of its token does not hold', () => unsigned(1, { sub: 'user:eve' })],
  ['another person, signed again', 2, 'root is not that of run', () => resign(1, (c) => (c['sub'] = 'user:eve'))],
  ['another person in a record', 3, 'another person', () => edit('calls', recordOf(3), { human: 'user:eve' })],
  ['another agent in a record', 3, 'another agent', () => edit('calls', recordOf(3), { agent: 'agent:eve' })],
  ['another target in a record', 3, 'another target', () => edit('calls', recordOf(3), { target: 'agent:eve' })],
  [
    'a shorter chain in a record',
    3,
    'another chain',
    () => edit('calls', recordOf(3), { chain: ['agent:console', 'agent:research'] }),
  ],
  [
    'a shorter chain in a token',
    3,
    'depth of its token',
    () => resign(2, ({ dlg }) => (dlg['chain'] = ['console', 'research', 'writer'])),
  ],
  ['another authority in a record', 4, 'another authority', () => edit('calls', recordOf(4), { adh: null })],
  ['a wider authority, signed again', 4, 'authority is wider', () => resign(3, wide)],
  ['a budget that is dropped, signed again', 4, 'lacks a budget', () => freeChild],
  ['a wider scope, signed again', 4, 'authority is wider', () => narrowParent],
  [
    'a token of another run',
    2,
    'of another run',
    () => (forged: Forged) => void (forged.tokens[1] = { ...forged.tokens[1], token: other.tokens[1]?.token }),
  ],
  [
    'another hash of the parent',
    3,
    'is not in the bundle',
    () => resign(2, ({ dlg }) => (dlg['prh'] = 'x'.repeat(43))),
  ],
  ['another head of the chain', 3, 'does not add up', () => resign(2, ({ dlg }) => (dlg['head'] = 'x'.repeat(43)))],
  ['a hop that is gone', 3, 'is not in the bundle', () => lose(2, 'calls', 'tokens', 'intents')],
  ['a record that is gone', 4, 'let through and has no record', () => lose(4, 'calls', 'tokens')],
  ['a grant that is gone', 3, 'is not in the bundle', () => (forged: Forged) => void (forged.grants.length = 1)],
  ['another agent in a grant', 3, 'its grant is not', () => edit('grants', 1, { agent: 'agent:eve' })],
  ['another person in the grant of the root', 1, 'its grant is not', () => edit('grants', 0, { person: 'user:eve' })],
  ['a flipped signature', 2, 'signature of its token does not hold', () => flipped],
  ['a key retired before', 1, 'after its key was retired', () => allKeys({ retired_at: 1 })],
  ['a key that signs later', 1, 'older than the key', () => allKeys({ active_from: Date.now() + 3_600_000 })],
  ['a revoked key', 1, 'was revoked', () => allKeys({ revoked_at: 1 })],
  ['an unknown key', 1, 'not in the JWKS', () => allKeys({ kid: 'other' })],
])('%s is caught at its hop', async (_what, depth, sentence, tamper) => {
  const forged = structuredClone(bundle) as unknown as Forged
  tamper()(forged)
  const dir = mkdtempSync(join(folder, 'forged-'))
  writeFileSync(join(dir, 'bundle.json'), JSON.stringify(forged))
  writeFileSync(join(dir, 'jwks.json'), JSON.stringify({ keys: forged.keys }))
  writeFileSync(join(dir, 'verify-chain.mjs'), readFileSync(join(evidence, 'verify-chain.mjs')))
  const verdict = await runNode(dir, 'verify-chain.mjs', 'bundle.json', '--jwks', 'jwks.json')
  const last = verdict.stdout.trim().split('\n').at(-1)
  expect([verdict.code, last]).toEqual([1, expect.stringContaining(sentence)])
  expect(last).toContain(`BROKEN at ${bundle.calls[recordOf(depth)]?.rid}: `)
})
