/** Two chains cannot be joined, a person at the root cannot be dropped or swapped, and nobody joins a run it is not in. */
import { nameOfToken } from '../../src/domain/revocation.ts'
import { describe, expect, test } from 'vitest'
import { accessTokenType } from '../../src/protocol/oauth/words.ts'
import { agentId } from '../support/hop.ts'
import {
  as,
  audienceOf,
  deliverySubject,
  exchange,
  openTokenTrial,
  person,
  subjectOf,
  type TokenTrial,
} from '../support/token-endpoint.ts'

const orchestrator = agentId('agent:orchestrator')
const actor = (token: string) => ({ actor_token: token, actor_token_type: accessTokenType })

async function refused(trial: TokenTrial, params: Parameters<TokenTrial['ask']>[0]): Promise<unknown> {
  const answer = await trial.ask(params)
  expect([answer.status, trial.minted]).toEqual([400, []])
  return answer.body['error']
}

describe('threat 17: splicing', () => {
  test('a delivery token is of use to the agent it was delivered to, and to nobody else', async () => {
    const trial = await openTokenTrial()
    const { delivery } = trial.delivered()
    expect(await refused(trial, exchange('research', delivery.tokenId, 'vault'))).toBe('invalid_request')
    expect(await refused(trial, exchange('console', delivery.tokenId, 'orchestrator'))).toBe('invalid_request')
    expect(trial.grants().map((entry) => [entry.agent, entry.parent_jti, entry.decision])).toEqual([
      ['agent:research', delivery.tokenId, 'deny'],
      ['agent:console', delivery.tokenId, 'deny'],
    ])
  })

  test('an actor token says who acts: the client, in this chain', async () => {
    const trial = await openTokenTrial()
    const [mine, other] = [trial.delivered(), trial.delivered('ana')]
    trial.subjects.set('of research', subjectOf('delivery', agentId('agent:research')))
    trial.subjects.set('of ana', subjectOf('person', orchestrator, { person: person('ana') }))
    const ask = exchange('orchestrator', mine.delivery.tokenId, 'research')
    for (const token of [other.delivery.tokenId, 'of research', 'of ana', 'forged'])
      expect(await refused(trial, { ...ask, ...actor(token) })).toBe('invalid_request')
    expect((await trial.ask({ ...ask, ...actor(mine.delivery.tokenId) })).status).toBe(200)
  })

  test('an actor token that was revoked says nothing any more', async () => {
    const trial = await openTokenTrial()
    const { delivery } = trial.delivered()
    trial.subjects.set('me', subjectOf('call', orchestrator, { tokenId: 'me', issuer: 'weir' }))
    const ask = { ...exchange('orchestrator', delivery.tokenId, 'research'), ...actor('me') }
    await trial.withdraw('token', nameOfToken('weir', 'me'))
    expect(await refused(trial, ask)).toBe('invalid_request')
  })

  test('a run that is over takes its tokens with it', async () => {
    const trial = await openTokenTrial()
    const { run, delivery } = trial.delivered()
    const halt = { code: 'operator', reason: 'enough', actor: 'ana', at: trial.clock.now(), hop: null } as const
    trial.road.runs.halt(run, halt)
    expect(await refused(trial, exchange('orchestrator', delivery.tokenId, 'research'))).toBe('invalid_request')
    const gone = { ...delivery, run: trial.delivered().run.id }
    trial.subjects.set('gone', deliverySubject(gone))
    const ended = trial.road.runs.find(gone.run)
    if (ended) trial.road.runs.end(ended, trial.clock.now())
    expect(await refused(trial, exchange('orchestrator', 'gone', 'research'))).toBe('invalid_request')
  })

  test('so do an agent, a person and a token that were revoked', async () => {
    for (const what of ['person', 'agent', 'token'] as const) {
      const trial = await openTokenTrial()
      const { delivery } = trial.delivered()
      const names = { person: 'user:tomas', agent: 'agent:orchestrator', token: nameOfToken('weir', delivery.tokenId) }
      await trial.withdraw(what, names[what])
      const answer = await trial.ask(exchange('orchestrator', delivery.tokenId, 'research'))
      expect(answer.body['error']).toBe(what === 'agent' ? 'invalid_client' : 'invalid_request')
      expect(trial.minted).toEqual([])
    }
  })
})

describe('threat 18: the person at the root', () => {
  test('stays there: the token is for the person of the subject, whatever else the form says', async () => {
    const trial = await openTokenTrial()
    const { delivery } = trial.delivered()
    const more = { sub: 'user:root', person: 'user:root', subject: 'user:root', sub_profile: 'service' }
    await trial.ask(exchange('orchestrator', delivery.tokenId, 'research', more))
    expect(trial.minted[0]?.person).toBe('user:tomas')
  })

  test('is not dropped or swapped by a subject that says otherwise than its chain or its run', async () => {
    const trial = await openTokenTrial()
    const { delivery } = trial.delivered()
    trial.subjects.set('dropped', deliverySubject(delivery, { person: null }))
    trial.subjects.set('swapped', deliverySubject(delivery, { person: person('ana') }))
    trial.subjects.set('forged', deliverySubject({ ...delivery, person: person('ana') }))
    trial.subjects.set('nobody', deliverySubject({ ...delivery, person: null }))
    trial.subjects.set('two', deliverySubject({ ...delivery, person: person('ana') }, { person: delivery.person }))
    for (const token of ['dropped', 'swapped', 'forged', 'nobody', 'two'])
      expect(await refused(trial, exchange('orchestrator', token, 'research'))).toBe('invalid_request')
  })
})

describe('threat 24: a run id that was guessed', () => {
  test('is answered alike whether such a run exists or not, and joins nothing', async () => {
    const trial = await openTokenTrial()
    const [mine, other] = [trial.delivered(), trial.delivered('ana')]
    const ask = exchange('orchestrator', mine.delivery.tokenId, 'research')
    const existing = await trial.ask({ ...ask, run_id: other.run.id })
    const missing = await trial.ask({ ...ask, run_id: `run_${'f'.repeat(32)}` })
    const nonsense = await trial.ask({ ...ask, run_id: 'anything' })
    expect([existing.status, existing.body['error']]).toEqual([400, 'invalid_request'])
    expect([missing.text, nonsense.text]).toEqual([existing.text, existing.text])
    expect((await trial.ask({ ...ask, run_id: mine.run.id })).status).toBe(200)
    expect(trial.minted.map((facts) => facts.run.id)).toEqual([mine.run.id])
  })

  test('in a header changes nothing', async () => {
    const trial = await openTokenTrial()
    const [mine, other] = [trial.delivered(), trial.delivered('ana')]
    const headers = { 'weir-run-id': other.run.id, 'txn-token': other.delivery.tokenId }
    await trial.ask(exchange('orchestrator', mine.delivery.tokenId, 'research'), { headers })
    expect(trial.minted[0]?.run.id).toBe(mine.run.id)
  })
})

describe('threat 57: who exists', () => {
  test('is not told by the token endpoint: missing, hidden and forbidden targets answer alike', async () => {
    const trial = await openTokenTrial()
    const { delivery } = trial.delivered()
    const answers = await Promise.all(
      ['nobody', 'vault', 'console', 'writer', 'orchestrator', 'no%20slug', ''].map((target) =>
        trial.ask(exchange('orchestrator', delivery.tokenId, target)),
      ),
    )
    expect(new Set(answers.map(({ status, headers, text }) => JSON.stringify([status, headers, text])))).toHaveProperty(
      'size',
      1,
    )
    expect(answers[0]?.body['error']).toBe('invalid_target')
    expect(new Set(trial.grants().map((entry) => entry.detail)).size).toBeGreaterThan(3)
  })

  test('is not told by the order of the checks either: a wide scope for a missing target is an invalid target', async () => {
    const trial = await openTokenTrial()
    const { delivery } = trial.delivered()
    trial.subjects.set('narrow', deliverySubject({ ...delivery, authority: { scopes: ['read'], details: [] } }))
    const bodies = await Promise.all(
      ['nobody', 'vault'].map((target) => trial.ask(exchange('orchestrator', 'narrow', target, { scope: 'admin' }))),
    )
    expect(bodies.map((answer) => answer.body['error'])).toEqual(['invalid_target', 'invalid_target'])
  })

  test('is not told by introspection', async () => {
    const trial = await openTokenTrial()
    const asked = await trial.introspect({ ...as('research'), token: audienceOf('vault') })
    expect(asked.text).toBe('{"active":false}')
  })
})
