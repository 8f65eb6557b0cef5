import { describe, expect, test } from 'vitest'
import { anything } from '../../../../src/domain/authority.ts'
import { nameOfToken } from '../../../../src/domain/revocation.ts'
import type { OwnToken } from '../../../../src/identity/tokens/own-tokens.ts'
import { agentId } from '../../../support/hop.ts'
import { as, audienceOf, openTokenTrial, type TokenTrial } from '../../../support/token-endpoint.ts'

const orchestrator = agentId('agent:orchestrator')

async function trialWith(
  change: Partial<OwnToken> = {},
  over: Readonly<Record<string, unknown>> = {},
): Promise<TokenTrial> {
  const trial = await openTokenTrial(over)
  const { delivery } = trial.delivered()
  trial.own.set('raw', {
    use: 'call',
    holder: orchestrator,
    audience: audienceOf('research'),
    person: delivery.person,
    jti: 'call-1',
    issuedAt: trial.clock.now(),
    expiresAt: trial.clock.now() + 120_000,
    boundTo: { kind: 'dpop', thumbprint: 'key-1' },
    authority: { ...anything, scopes: ['read'] },
    delegation: delivery,
    keyId: 'key',
    ...change,
  })
  return trial
}

describe('introspection', () => {
  test('tells the holder everything about its own token', async () => {
    const trial = await trialWith()
    const answer = await trial.introspect({ ...as('orchestrator'), token: 'raw', token_type_hint: 'access_token' })
    const [run] = trial.road.runs.list()
    expect(answer.body).toMatchObject({
      active: true,
      client_id: 'agent:orchestrator',
      sub: 'user:tomas',
      aud: audienceOf('research'),
      token_type: 'DPoP',
      scope: 'read',
      cnf: { jkt: 'key-1' },
      act: { sub: 'agent:orchestrator', act: { sub: 'agent:console' } },
      dlg: { depth: 1, head: 'root' },
      txn: run?.id,
      run: { state: 'active' },
    })
    expect(answer.headers['cache-control']).toBe('no-store')
  })

  test('tells the target about a token that is for it', async () => {
    const trial = await trialWith()
    expect((await trial.introspect({ ...as('research'), token: 'raw' })).body).toMatchObject({ active: true })
  })

  test('says the same of somebody else’s token, of no token and of a revoked one', async () => {
    const trial = await trialWith()
    const others = [
      await trial.introspect({ ...as('console'), token: 'raw' }),
      await trial.introspect({ ...as('orchestrator'), token: 'garbage' }),
    ]
    await trial.withdraw('token', nameOfToken('weir', 'call-1'))
    others.push(await trial.introspect({ ...as('orchestrator'), token: 'raw' }))
    expect(new Set(others.map((answer) => answer.text))).toEqual(new Set(['{"active":false}']))
  })

  test('of a token whose run is over says that it is not active', async () => {
    const trial = await trialWith()
    const [run] = trial.road.runs.list()
    if (run) trial.road.runs.end(run, trial.clock.now())
    expect((await trial.introspect({ ...as('orchestrator'), token: 'raw' })).text).toBe('{"active":false}')
  })

  test('needs a client and a token', async () => {
    const trial = await trialWith()
    expect((await trial.introspect({ token: 'raw' })).status).toBe(401)
    expect((await trial.introspect(as('orchestrator'))).body['error']).toBe('invalid_request')
  })
})

describe('revocation', () => {
  test('ends the own token of a client, at once', async () => {
    const trial = await trialWith()
    expect((await trial.revoke({ ...as('orchestrator'), token: 'raw' })).status).toBe(200)
    expect(trial.road.revocations.list()).toMatchObject([{ name: nameOfToken('weir', 'call-1'), source: 'client' }])
    expect((await trial.introspect({ ...as('orchestrator'), token: 'raw' })).body).toEqual({ active: false })
  })

  test('of anything else answers the same and does nothing, also for the target of the token', async () => {
    const trial = await trialWith()
    for (const [client, token] of [
      ['orchestrator', 'garbage'],
      ['console', 'raw'],
      ['research', 'raw'],
    ] as const)
      expect(await trial.revoke({ ...as(client), token })).toMatchObject({ status: 200, text: '{}' })
    expect(trial.road.revocations.list()).toEqual([])
  })

  test('that cannot be remembered says so', async () => {
    const trial = await trialWith({}, { maximums: { revocations: 64 } })
    for (let n = 0; n < 64; n++) await trial.withdraw('person', `user:p${n}`)
    const answer = await trial.revoke({ ...as('orchestrator'), token: 'raw' })
    expect([answer.status, answer.headers['retry-after']]).toEqual([429, '1'])
  })

  test('needs a client', async () => {
    const trial = await trialWith()
    expect((await trial.revoke({ token: 'raw' })).body['error']).toBe('invalid_client')
  })
})
