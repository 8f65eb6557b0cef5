/** Nobody leaves the token endpoint with more than it came with: not wider, not deeper, not longer, not for another. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Authority } from '../../src/domain/authority.ts'
import { agentId } from '../support/hop.ts'
import {
  credentials,
  deliverySubject,
  exchange,
  openTokenTrial,
  type Params,
  subjectOf,
  person,
  type TokenTrial,
} from '../support/token-endpoint.ts'

const targets = ['research', 'writer', 'vault', 'orchestrator'] as const
const words = ['read', 'write', 'admin', 'delete'] as const

const invoking = (names: readonly string[]): string => JSON.stringify([{ type: 'agent_invoke', targets: names }])

async function holding(authority: Authority, agents = {}): Promise<{ trial: TokenTrial; token: string }> {
  const trial = await openTokenTrial({}, agents)
  const { delivery } = trial.delivered()
  trial.subjects.set('narrow', deliverySubject({ ...delivery, authority }))
  return { trial, token: 'narrow' }
}

describe('authority', () => {
  test('whatever is asked for, a token holds no scope and no target that its subject did not', async () => {
    const { trial } = await holding({ scopes: [], details: [] })
    const { delivery } = trial.delivered()
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          held: fc.option(fc.subarray([...words]), { nil: null }),
          heldTargets: fc.option(fc.subarray([...targets]), { nil: null }),
          asked: fc.option(fc.subarray([...words], { minLength: 1 }), { nil: null }),
          askedTargets: fc.option(fc.subarray([...targets]), { nil: null }),
        }),
        async ({ held, heldTargets, asked, askedTargets }) => {
          trial.clock.advance(60)
          const details = heldTargets && [{ type: 'agent_invoke' as const, targets: heldTargets }]
          trial.subjects.set('t', deliverySubject({ ...delivery, authority: { scopes: held, details } }))
          const more: Params = {
            ...(asked ? { scope: asked.join(' ') } : {}),
            ...(askedTargets ? { authorization_details: invoking(askedTargets) } : {}),
          }
          const before = trial.minted.length
          const answer = await trial.ask(exchange('orchestrator', 't', 'research', more))
          const fits =
            (!held || !asked || asked.every((word) => held.includes(word))) &&
            (!heldTargets || !askedTargets || askedTargets.every((name) => heldTargets.includes(name)))
          expect(answer.status).toBe(fits ? 200 : 400)
          const given = trial.minted[before]?.authority
          if (held && given) expect(given.scopes?.every((word) => held.some((own) => own === word))).toBe(true)
          expect(trial.minted.length - before).toBe(fits ? 1 : 0)
        },
      ),
      { numRuns: 300 },
    )
  })

  test.each([
    [{ scope: 'read write' }, 'invalid_scope'],
    [{ authorization_details: invoking(['research', 'vault']) }, 'invalid_authorization_details'],
    [{ authorization_details: '[{"type":"agent_invoke"}]' }, 'invalid_authorization_details'],
    [{ authorization_details: '[{"type":"root_shell"}]' }, 'invalid_authorization_details'],
  ])('more than the subject holds is refused and never cut down: %j', async (more, error) => {
    const details = [{ type: 'agent_invoke' as const, targets: ['research'] }]
    const { trial, token } = await holding({ scopes: ['read'], details })
    const answer = await trial.ask(exchange('orchestrator', token, 'research', more))
    expect([answer.status, answer.body['error'], trial.minted]).toEqual([400, error, []])
  })

  test('what is not asked for is what the subject holds, and not what nobody forbade', async () => {
    const { trial, token } = await holding({ scopes: ['read'], details: [] })
    const answer = await trial.ask(exchange('orchestrator', token, 'research'))
    expect(answer.body).toMatchObject({ scope: 'read', authorization_details: [] })
    expect(trial.minted[0]?.authority).toEqual({ scopes: ['read'], details: [] })
  })
})

describe('a confused deputy', () => {
  const powerful = {
    orchestrator: {
      client: { autonomous: true, authorization_details: [{ type: 'agent_invoke', targets: ['research', 'vault'] }] },
    },
  }
  const details = [{ type: 'agent_invoke' as const, targets: ['research'] }]

  test('holds for a person of little authority no more than that person has', async () => {
    const { trial, token } = await holding({ scopes: null, details }, powerful)
    const answer = await trial.ask(
      exchange('orchestrator', token, 'research', { authorization_details: invoking(['vault']) }),
    )
    expect(answer.body['error']).toBe('invalid_authorization_details')
    await trial.ask(exchange('orchestrator', token, 'research'))
    expect(trial.minted.map((facts) => facts.authority.details)).toEqual([details])
  })

  test('holds for a person of much authority no more than itself has', async () => {
    const { trial } = await holding({ scopes: null, details: null }, powerful)
    const { delivery } = trial.delivered()
    const asked = { authorization_details: invoking(['writer']) }
    expect((await trial.ask(exchange('orchestrator', delivery.tokenId, 'research', asked))).body['error']).toBe(
      'invalid_authorization_details',
    )
  })
})

describe('depth', () => {
  test('ends at what the token says, at the limit of the run and at the longest chain, whichever is first', async () => {
    for (const [over, depthMax, status] of [
      [{}, null, 200],
      [{}, 2, 200],
      [{}, 1, 400],
      [{ limits: { run: { depth_max: 1 } } }, null, 400],
      [{ maximums: { chain: 2 } }, null, 400],
    ] as const) {
      const trial = await openTokenTrial(over)
      const { delivery } = trial.delivered()
      trial.subjects.set('deep', deliverySubject({ ...delivery, depthMax }))
      expect((await trial.ask(exchange('orchestrator', 'deep', 'research'))).status).toBe(status)
    }
  })

  test('is not reset by a new root: an agent that may not start runs gets none', async () => {
    const rows = { orchestrator: { may_start_runs: false, client: { autonomous: true } } }
    const trial = await openTokenTrial({ limits: { run: { depth_max: 1 } } }, rows)
    trial.subjects.set('id token', subjectOf('person', agentId('agent:orchestrator'), { person: person('tomas') }))
    for (const ask of [credentials('orchestrator', 'research'), exchange('orchestrator', 'id token', 'research')]) {
      const answer = await trial.ask(ask)
      expect([answer.status, answer.body['error']]).toEqual([400, 'unauthorized_client'])
    }
    expect([trial.road.runs.list(), trial.minted]).toEqual([[], []])
  })

  test('a new root is a run of its own, without the person whose token the agent also holds', async () => {
    const trial = await openTokenTrial()
    const { run } = trial.delivered()
    await trial.ask(credentials('orchestrator', 'research'))
    expect(trial.minted[0]).toMatchObject({ person: null, delegation: null })
    expect(trial.minted[0]?.run.id).not.toBe(run.id)
  })
})

describe('an agent asks for a token for itself', () => {
  test.each(['', '/', '?x', '#x', '%20'])('and is refused, however the resource is spelled: %j', async (tail) => {
    const trial = await openTokenTrial({}, {}, 'policy-open')
    const { delivery } = trial.delivered()
    const answer = await trial.ask(exchange('orchestrator', delivery.tokenId, `orchestrator${tail}`))
    expect([answer.body['error'], trial.minted]).toEqual(['invalid_target', []])
  })

  test.each(['ORCHESTRATOR', 'orchestr%61tor', './orchestrator', 'оrchestrator'])(
    'under no alias: %j',
    async (alias) => {
      const trial = await openTokenTrial({}, {}, 'policy-open')
      const { delivery } = trial.delivered()
      expect((await trial.ask(exchange('orchestrator', delivery.tokenId, alias))).body['error']).toBe('invalid_target')
    },
  )
})
