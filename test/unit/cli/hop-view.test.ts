import { expect, test } from 'vitest'
import { problem } from '../../../src/cli/exit-codes.ts'
import { hopPage } from '../../../src/cli/hop-view.ts'
import { anything } from '../../../src/domain/authority.ts'
import type { ChainStep, HopAccount } from '../../../src/domain/evidence.ts'
import { isHopId, isPersonId, isRunId } from '../../../src/domain/ids.ts'
import { agent, call as callRecord, hop, noon as now, person, run as runId } from '../ledger/entries.ts'
import { run } from './fake-deps.ts'

const scoped = { scopes: ['read'], details: null }
const first: ChainStep = {
  depth: 1,
  hop: hop(1),
  at: now - 1000,
  agent: agent('console'),
  target: 'agent:research',
  decision: 'allow',
  credential: { type: 'call_token', id: 'jti-1', bound: 'dpop' },
  authority: anything,
  adh: null,
  token: { jti: 'd1', kid: 'kid-1-is-long', problem: null },
}
const second: ChainStep = {
  ...first,
  depth: 2,
  hop: hop(2),
  agent: agent('research'),
  target: 'agent:writer',
  decision: 'deny',
  credential: { type: 'api_key', id: 'k2', bound: 'none' },
  authority: scoped,
  adh: 'x',
  token: null,
}
const refused: HopAccount = {
  schema: 'weir.hop/v1',
  hop: hop(2),
  at: now,
  run: runId(1),
  run_origin: 'token',
  claims: null,
  tags: {},
  decision: 'deny',
  code: 'policy_denied',
  detail: 'no policy permits it',
  rule: 'policy.default',
  policies: [],
  pol_hash: 'sha256:0123456789abcdef',
  cfg_hash: null,
  agent: agent('research'),
  target: 'agent:writer',
  method: 'SendMessage',
  outcome: null,
  person: person('tomas'),
  login: { how: 'login', issuer: 'https://login.test', auth_time: now / 1000, acr: null, amr: ['hwk'] },
  chain: [first, second],
  signatures: 'hold',
  problems: [],
}
const plain = (_tone: unknown, text: string): string => text

test('a refused hop says for whom, through whom and by what right, and why it was refused', () => {
  expect(hopPage(refused, plain)).toBe(`hop       ${hop(2)}, 2027-01-15T08:00:00Z
call      agent:research → agent:writer, SendMessage
decision  refused: policy_denied, policy.default, no policy permits it, policies sha256:01234
run       ${runId(1)}, by its token
person    user:tomas
login     at https://login.test, 2027-01-15T08:00:00Z, amr hwk
proof     1 of 2 hops signed, all signatures hold

DEPTH  HOP                   AGENT           CALLED          WITH                     AUTHORITY               SIGNED
1      ${hop(1)}  agent:console   agent:research  call_token jti-1 (dpop)  whatever policy allows  key kid-1-is
2      ${hop(2)}  agent:research  agent:writer    api_key k2               scope read              refused
`)
})

test('a rule that the detail names already is said once', () => {
  const detail = 'agent:research may not invoke agent:writer: forbidden by graph.no-back-edge'
  expect(hopPage({ ...refused, rule: 'graph.no-back-edge', detail }, plain)).toContain(
    `decision  refused: policy_denied, ${detail}, policies `,
  )
})

test('a login that nobody saw is not claimed, and a signature that does not hold is named at its hop', () => {
  const login = { how: 'credential', type: 'api_key', id: 'k1' } as const
  const token = { jti: 'd1', kid: null, problem: 'its signature does not hold' }
  const chain = [{ ...first, token }]
  const broken = { ...refused, login, chain, signatures: 'broken', problems: ['one is missing'] } as const
  const page = hopPage(
    { ...broken, decision: 'allow', policies: ['graph.a'], outcome: callRecord(hop(2)).outcome },
    plain,
  )
  expect(page).toContain('login     not seen: named by the api_key k1 of the root agent\n')
  expect(page).toContain('decision  allowed by graph.a, policies sha256:01234\n')
  expect(page).toContain('proof     broken: see the last column\nmissing   one is missing\n')
  expect(page).toMatch(/its signature does not hold\n$/)
})

test('hop ends with 3 where a signature is broken and with 5 where nothing is kept', async () => {
  const evidence = (signatures: HopAccount['signatures']): object => ({
    evidence: {
      hop: () => Promise.resolve({ ...refused, signatures }),
      run: () => Promise.resolve(problem('failed', '')),
      write: () => Promise.resolve(problem('failed', '')),
    },
  })
  expect(await run(['hop', hop(2)], evidence('hold'))).toMatchObject({ code: 0 })
  expect(await run(['hop', hop(2), '--json'], evidence('broken'))).toMatchObject({ code: 3 })
  expect(await run(['hop', hop(2)])).toMatchObject({ code: 5, stderr: 'weir: no such hop\n' })
  expect([isHopId(hop(2)), isRunId(runId(1)), isPersonId('user:tomas')]).toEqual([true, true, true])
})
