import { authorityHash } from '../../../../src/domain/authority/hash.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { accessTokenType } from '../../../../src/protocol/oauth/words.ts'
import { agentId } from '../../../support/hop.ts'
import { snapshotOf } from '../../policy/fixtures.ts'
import {
  as,
  assertion,
  audienceOf,
  credentials,
  exchange,
  openTokenTrial,
  person,
  subjectOf,
} from '../../../support/token-endpoint.ts'

const schemaText = readFileSync(join(import.meta.dirname, '../../../../config/policy/schema.cedarschema'), 'utf8')
const action = (name: string): string => `Weir::Action::"${name}"`
const console_ = agentId('agent:console')
const orchestrator = agentId('agent:orchestrator')

describe('an exchange', () => {
  test('of a delivery token goes on in its run, for its person, at its place', async () => {
    const trial = await openTokenTrial()
    const { run, delivery } = trial.delivered()
    const answer = await trial.ask(exchange('orchestrator', delivery.tokenId, 'research'))
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({
      access_token: 'raw jti-1',
      issued_token_type: accessTokenType,
      token_type: 'Bearer',
      expires_in: 120,
    })
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' })
    const [facts] = trial.minted
    expect(facts).toMatchObject({ agent: orchestrator, person: person('tomas'), delegation: delivery, depthMax: null })
    expect([facts?.run, facts?.audience, facts?.pop]).toEqual([run, audienceOf('research'), 'evidence of orchestrator'])
    expect(trial.road.runs.list()).toHaveLength(1)
  })

  test('leaves exactly one entry that says who, for whom, with what and by which policies', async () => {
    const trial = await openTokenTrial()
    const { run, delivery } = trial.delivered()
    await trial.ask(exchange('orchestrator', delivery.tokenId, 'research', { scope: 'read' }))
    expect(trial.grants()).toEqual([
      {
        v: 1,
        ts: trial.clock.now(),
        kind: 'grant',
        run: run.id,
        jti: 'jti-1',
        agent: orchestrator,
        person: person('tomas'),
        method: 'private_key_jwt',
        grant: 'urn:ietf:params:oauth:grant-type:token-exchange',
        audience: audienceOf('research'),
        parent_jti: delivery.tokenId,
        scope: 'read',
        adh: authorityHash({ scopes: ['read'], details: null }),
        bound: 'none',
        pop: 'evidence of orchestrator',
        decision: 'allow',
        error: null,
        detail: null,
        policies: ['graph.orchestrator-fanout', 'token.whoever-may-invoke'],
        pol_hash: trial.road.snapshot.policy.hash,
        expires_at: trial.clock.now() + 120_000,
        ext: null,
        input_hash: null,
        login_iss: null,
        auth_time: null,
        acr: null,
        amr: null,
      },
    ])
  })

  test("of a person's login opens a run for that person, which waits for its first call", async () => {
    const trial = await openTokenTrial()
    const login = { auth_time: 1, acr: null, amr: ['hwk'] }
    trial.subjects.set('id token', subjectOf('person', console_, { person: person('ana'), login }))
    const answer = await trial.ask(exchange('console', 'id token', 'orchestrator'))
    expect(answer.status).toBe(200)
    const [run] = trial.road.runs.list()
    expect(trial.grants()).toMatchObject([
      { login_iss: expect.any(String) as unknown, auth_time: 1, acr: null, amr: ['hwk'] },
    ])
    expect(run).toMatchObject({ root: console_, person: person('ana'), state: 'active' })
    expect(trial.minted[0]).toMatchObject({ delegation: null, run, login })
    expect(trial.entries.map((entry) => entry.kind)).toEqual(['run', 'grant'])
    for (let second = 0; second < 119; second += 1) {
      trial.clock.advance(1000)
      trial.road.runs.sweep(trial.clock.now())
    }
    expect(run?.state).toBe('active')
    for (let second = 0; second < 62; second += 1) {
      trial.clock.advance(1000)
      trial.road.runs.sweep(trial.clock.now())
    }
    expect(run?.state).toBe('ended')
  })

  test('never outlives its subject nor its run', async () => {
    const trial = await openTokenTrial({ limits: { run: { wall_clock_ms: 100_000 } } })
    const { delivery } = trial.delivered()
    const subject = trial.subjects.get(delivery.tokenId)
    if (!subject) throw new Error('it was delivered')
    await trial.ask(exchange('orchestrator', delivery.tokenId, 'research'))
    trial.subjects.set('short', { ...subject, expiresAt: trial.clock.now() + 30_000 + 45_900 })
    await trial.ask(exchange('orchestrator', 'short', 'research'))
    expect(trial.minted.map((facts) => facts.ttl_s)).toEqual([100, 45])
    trial.subjects.set('over', { ...subject, expiresAt: trial.clock.now() + 30_500 })
    expect((await trial.ask(exchange('orchestrator', 'over', 'research'))).body['error']).toBe('invalid_request')
  })
})

describe('a root of its own', () => {
  test('is given to a client that may act for itself: a run without a person', async () => {
    const trial = await openTokenTrial()
    const answer = await trial.ask(credentials('orchestrator', 'research'))
    expect(answer.body).toEqual({ access_token: 'raw jti-1', token_type: 'Bearer', expires_in: 120 })
    expect(trial.road.runs.list()[0]).toMatchObject({ root: orchestrator, person: null })
    expect(trial.grants()[0]?.policies).toContain('run.start-orchestrator')
  })

  test.each([
    ['that is not autonomous', { orchestrator: { client: { autonomous: false } } }],
    ['that may not start runs', { orchestrator: { may_start_runs: false } }],
  ])('is refused to a client %s', async (_what, agents) => {
    const trial = await openTokenTrial({}, agents)
    const answer = await trial.ask(credentials('orchestrator', 'research'))
    expect([answer.status, answer.body['error'], trial.road.runs.list()]).toEqual([400, 'unauthorized_client', []])
  })

  test('is refused where policy lets the client call the target but not begin with it', async () => {
    const trial = await openTokenTrial()
    const text = ['invoke', 'exchange'].map(
      (name) => `@id("${name}") permit(principal, action == ${action(name)}, resource);`,
    )
    const schema = { name: 's', text: schemaText }
    const policy = snapshotOf({
      schema,
      files: [{ name: 'a.cedar', text: text.join('\n') }],
      hash: 'a',
      schemaHash: 'a',
    })
    trial.road.snapshot = { ...trial.road.snapshot, policy }
    const answer = await trial.ask(credentials('orchestrator', 'research'))
    expect([answer.status, answer.body['error']]).toEqual([400, 'unauthorized_client'])
    expect(trial.grants()[0]?.detail).toContain('start a run')
  })

  test('ends with the token that could not be signed', async () => {
    const trial = await openTokenTrial()
    trial.busySigner = true
    const answer = await trial.ask(credentials('orchestrator', 'research'))
    expect([answer.status, answer.body['error']]).toEqual([429, 'temporarily_unavailable'])
    expect(answer.headers['retry-after']).toBe('1')
    expect(trial.road.runs.list()[0]?.state).toBe('ended')
  })
})

describe('the grant of a partner', () => {
  const partner = {
    issuer: 'https://partner.test',
    jwks: 'https://partner.test/jwks',
    clients: { them: 'console' },
    person_prefix: 'partner',
    depth_max: 4,
  }
  const ext = { issuer: partner.issuer, head: 'their head', depth: 2, actors: ['a', 'b'] }
  const foreign = { person: person('eva@partner'), issuer: partner.issuer, ext }

  test('is a new root with their chain before it, counted in its depth', async () => {
    const trial = await openTokenTrial({ identity: { partners: [partner] } })
    trial.subjects.set('grant', subjectOf('grant', console_, foreign))
    const answer = await trial.ask(assertion('console', 'grant', 'orchestrator'))
    expect(answer.status).toBe(200)
    expect(trial.minted[0]).toMatchObject({ ext, depthMax: 1, delegation: null, person: person('eva@partner') })
  })

  test('is good for one token', async () => {
    const trial = await openTokenTrial({ identity: { partners: [partner] } })
    trial.subjects.set('grant', subjectOf('grant', console_, foreign))
    await trial.ask(assertion('console', 'grant', 'orchestrator'))
    expect((await trial.ask(assertion('console', 'grant', 'orchestrator'))).body['error']).toBe('invalid_grant')
    expect([trial.minted.length, trial.road.runs.list().length]).toEqual([1, 1])
  })

  test('that is refused for another reason is not used up', async () => {
    const trial = await openTokenTrial({ identity: { partners: [partner] } })
    trial.subjects.set('grant', subjectOf('grant', console_, foreign))
    await trial.ask(assertion('console', 'grant', 'research'))
    expect((await trial.ask(assertion('console', 'grant', 'orchestrator'))).status).toBe(200)
  })

  test.each([
    ['whose chain is too long', subjectOf('grant', console_, { ...foreign, ext: { ...ext, depth: 3 } })],
    ['of a partner nobody configured', subjectOf('grant', console_, { ...foreign, issuer: 'https://else.test' })],
    ['made for another client', subjectOf('grant', orchestrator, foreign)],
    ['that is no grant', subjectOf('person', console_, foreign)],
  ])('%s is an invalid_grant', async (_what, subject) => {
    const trial = await openTokenTrial({ identity: { partners: [partner] } })
    trial.subjects.set('grant', subject)
    const answer = await trial.ask(assertion('console', 'grant', 'orchestrator'))
    expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_grant'])
  })

  test('is none in an exchange', async () => {
    const trial = await openTokenTrial({ identity: { partners: [partner] } })
    trial.subjects.set('grant', subjectOf('grant', console_, foreign))
    expect((await trial.ask(exchange('console', 'grant', 'orchestrator'))).body['error']).toBe('invalid_request')
  })
})

test('no record, no token: what the ledger does not take never leaves', async () => {
  const trial = await openTokenTrial()
  Object.assign(trial.road.ledger, {
    append: (entry: { kind: string; decision?: string }) => !(entry.kind === 'grant' && entry.decision === 'allow'),
  })
  const answer = await trial.ask(credentials('orchestrator', 'research'))
  expect([answer.status, answer.body]).toMatchObject([429, { error: 'temporarily_unavailable' }])
  expect(answer.text).not.toContain('raw')
  expect(trial.road.runs.list()[0]?.state).toBe('ended')
})

test('an unknown client leaves an entry too, and learns nothing', async () => {
  const trial = await openTokenTrial()
  const answers = [
    await trial.ask({ grant_type: 'client_credentials', client_assertion: 'forged' }),
    await trial.ask({ grant_type: 'client_credentials', ...as('nobody') }),
  ]
  for (const answer of answers) {
    expect(answer.body).toEqual({ error: 'invalid_client', error_description: 'Client authentication failed' })
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, expect.stringContaining('realm="weir"')])
  }
  expect(trial.grants()).toMatchObject([
    { agent: null, decision: 'deny', error: 'invalid_client' },
    { agent: null, decision: 'deny', error: 'invalid_client' },
  ])
})
