/** What goes out with a hop: chains that go on whatever is shown, tokens that go out again, authority that only narrows. */
import { describe, expect, test } from 'vitest'
import type { Delegation } from '../../../src/domain/principal.ts'
import { agent, callFacts } from '../../support/identity-kit.ts'
import { callDelegation } from '../../../src/identity/tokens/call-token.ts'
import { outcomeOf, pave, type Sent, type TestRoad } from '../../support/road.ts'

function newest({ sent }: TestRoad): Sent {
  const last = sent.at(-1)
  if (!last) throw new Error('there is a hop')
  return last
}

const answer = (trial: TestRoad): void => newest(trial).done(outcomeOf('answered'))
const open = { limits: { run: { depth_max: 5 } } }

/** A call token that its agent got for this delegation, or for the root of a run. */
function callTokenOf(facts: Parameters<typeof callFacts>[1] & { slug: string }): Delegation {
  const said = callDelegation(callFacts(facts.slug, facts), 'c1', 1)
  if (!said) throw new Error('it belongs to a run')
  return { ...said, inputHash: 'input-c1', keyId: 'key', issuedAt: 0, expiresAt: Number.POSITIVE_INFINITY }
}

describe('the chain goes on', () => {
  test('also where the agent drops its token, with the very link it would have had', async () => {
    const trial = await pave(open, 'policy-open')
    await trial.call('console', 'orchestrator')
    const first = newest(trial).delegation
    await trial.call('orchestrator', 'research')
    const inferred = newest(trial).delegation.lineage
    await trial.call('orchestrator', 'research', { delegation: first })
    expect(inferred.links.map((link) => link.a)).toEqual(['agent:console', 'agent:orchestrator'])
    expect(inferred).toMatchObject({ root: first.lineage.root, prh: first.inputHash })
    expect(newest(trial).delegation.lineage).toEqual(inferred)
  })

  test('with the links of a call token as they are, for its holder is in them', async () => {
    const trial = await pave(open, 'policy-open')
    await trial.call('console', 'orchestrator')
    const call = callTokenOf({ slug: 'orchestrator', delegation: newest(trial).delegation })
    await trial.call('orchestrator', 'research', { delegation: call, proof: { kind: 'call_token', delegation: call } })
    expect(newest(trial).delegation).toMatchObject({ depth: 2, lineage: { head: call.lineage.head, prh: 'input-c1' } })
    expect(newest(trial).hop.parent).toBe(call.hop)
  })

  test('from the root of its run where a root agent shows its call token, and deeper where it was called back', async () => {
    const trial = await pave(open, 'policy-open')
    await trial.call('orchestrator', 'research')
    const { run } = newest(trial).delegation
    answer(trial)
    const root = callTokenOf({ slug: 'orchestrator', run })
    await trial.call('orchestrator', 'research', { delegation: root })
    expect(newest(trial).hop).toMatchObject({ depth: 1, parent: null, run: { id: run } })
    expect(newest(trial).delegation.lineage).toMatchObject({ head: root.lineage.head })
    await trial.call('research', 'orchestrator', { delegation: newest(trial).delegation })
    await trial.call('orchestrator', 'research', { delegation: root })
    expect(newest(trial).delegation).toMatchObject({ depth: 3 })
  })

  test('and its record holds the hashes that tie the call to the tokens before and behind it', async () => {
    const trial = await pave(open, 'policy-open')
    await trial.call('console', 'orchestrator')
    const first = newest(trial).delegation
    await trial.call('orchestrator', 'research', { delegation: first, proof: { boundTo } })
    const second = newest(trial).delegation
    answer(trial)
    expect(trial.lastRecord()).toMatchObject({
      prh: first.inputHash,
      dlg_head: second.lineage.head,
      delivery: second.tokenId,
      bound: 'dpop',
      scope: null,
      adh: null,
    })
    const minted = trial.entries.filter((entry) => entry.kind === 'token')
    expect(minted).toMatchObject([
      { jti: first.tokenId, agent: 'agent:orchestrator', use: 'delivery', token: first.tokenId },
      { jti: second.tokenId, agent: 'agent:research', rid: second.hop },
    ])
  })

  const boundTo = { kind: 'dpop', thumbprint: 'x' } as const
})

describe('a delivery token', () => {
  test('goes out again for the next call from the same place, and no other one is minted', async () => {
    const trial = await pave(open, 'policy-open')
    await trial.call('console', 'orchestrator')
    const first = newest(trial).delegation
    for (let call = 0; call < 3; call += 1) {
      await trial.call('orchestrator', 'research', { delegation: first })
      answer(trial)
    }
    expect(new Set(trial.sent.slice(1).map((sent) => sent.delegation.tokenId)).size).toBe(1)
    expect(new Set(trial.sent.map((sent) => sent.hop.id)).size).toBe(4)
    expect(trial.entries.filter((entry) => entry.kind === 'token')).toHaveLength(2)
    expect(trial.page()).toContain('weir_delivery_cache_total{outcome="hit"} 2')
    expect(trial.page()).toContain('weir_delivery_cache_total{outcome="miss"} 2')
  })

  test('is out with one open call at a time, so that its holder stands on exactly one hop', async () => {
    const trial = await pave(open, 'policy-open')
    await trial.call('console', 'orchestrator')
    const first = newest(trial).delegation
    await trial.call('orchestrator', 'research', { delegation: first })
    await trial.call('orchestrator', 'research', { delegation: first })
    expect(newest(trial).delegation.tokenId).not.toBe(trial.sent[1]?.delegation.tokenId)
  })

  test.each(['fault', 'gone'] as const)('of a call that ended with %s does not go out again', async (how) => {
    const trial = await pave(open, 'policy-open')
    await trial.call('console', 'orchestrator')
    const first = newest(trial).delegation
    await trial.call('orchestrator', 'research', { delegation: first })
    const token = newest(trial).delegation.tokenId
    newest(trial).done(outcomeOf(how))
    await trial.call('orchestrator', 'research', { delegation: first })
    expect(newest(trial).delegation.tokenId).not.toBe(token)
  })

  test('that went out again stands for the hop it is out with, at its depth and no deeper', async () => {
    const trial = await pave(open, 'policy-open')
    await trial.call('console', 'orchestrator')
    const first = newest(trial).delegation
    await trial.call('orchestrator', 'research', { delegation: first })
    const lent = newest(trial).delegation
    answer(trial)
    // Research is called once more, deeper than ever: console > orchestrator > research > orchestrator > research.
    await trial.call('research', 'orchestrator', { delegation: lent })
    expect(newest(trial).hop.depth).toBe(3)
    await trial.call('orchestrator', 'research', { delegation: newest(trial).delegation })
    expect(newest(trial).hop.depth).toBe(4)
    answer(trial)
    // And again at depth 2, from the first invocation, by the token that has been home.
    trial.sent[2]?.done(outcomeOf('answered'))
    await trial.call('orchestrator', 'research', { delegation: first })
    const again = newest(trial)
    expect(again).toMatchObject({ hop: { depth: 2 }, delegation: { tokenId: lent.tokenId, hop: lent.hop } })
    await trial.call('research', 'orchestrator', { delegation: lent })
    expect(newest(trial).hop).toMatchObject({ depth: 3, parent: again.hop.id })
    again.done(outcomeOf('answered'))
    await trial.call('research', 'orchestrator', { delegation: lent })
    expect(newest(trial).hop.depth).toBe(5)
  })
})

describe('what a token allows', () => {
  const details = [{ type: 'agent_invoke', targets: ['research'] }] as const
  const authority = { scopes: ['agent:invoke'], details }

  test('is asked before policy, and is what the target may do for it', async () => {
    const trial = await pave(open, 'policy-open')
    await trial.call('console', 'orchestrator')
    const call = callTokenOf({ slug: 'orchestrator', delegation: newest(trial).delegation, authority })
    const refused = await trial.call('orchestrator', 'vault', { delegation: call, proof: { authority } })
    expect(refused.text).toContain('[weir:scope_missing]')
    expect(trial.lastRecord()).toMatchObject({ code: 'scope_missing', rule: 'token.authority', scope: 'agent:invoke' })
    expect(trial.lastRecord()?.adh).not.toBeNull()
    await trial.call('orchestrator', 'research', { delegation: call, proof: { authority } })
    expect(newest(trial).delegation.authority).toEqual(authority)
  })

  test('is not widened by dropping the token that narrows', async () => {
    const trial = await pave(open, 'policy-open')
    await trial.call('console', 'orchestrator', { proof: { authority: { scopes: null, details: narrow } } })
    const refused = await trial.call('orchestrator', 'vault')
    expect(refused.text).toContain('[weir:scope_missing]')
    await trial.call('orchestrator', 'research')
    expect(newest(trial).delegation.authority.details).toEqual(narrow)
  })

  test('ends at its depth, without halting the run', async () => {
    const trial = await pave(open, 'policy-open')
    await trial.call('console', 'orchestrator')
    const call = callTokenOf({ slug: 'orchestrator', delegation: newest(trial).delegation, depthMax: 2 })
    await trial.call('orchestrator', 'research', { delegation: call })
    expect(newest(trial).delegation.depthMax).toBe(2)
    const refused = await trial.call('research', 'orchestrator')
    expect(refused.text).toContain('[weir:depth_exceeded]')
    expect(trial.lastRecord()).toMatchObject({ rule: 'token.depth_max', depth: 3 })
    expect(trial.road.runs.list()[0]?.state).toBe('active')
  })

  const narrow = [{ type: 'agent_invoke', targets: ['orchestrator', 'research'] }] as const
})

test('agent for agent the newest link of a call token says with which token it acted', () => {
  expect(
    callTokenOf({ slug: 'orchestrator', run: `run_${'0'.repeat(32)}` as Delegation['run'] }).lineage.links,
  ).toEqual([{ a: agent('orchestrator'), adh: null, i: 0, iat: 1, jti: 'c1', pop: null }])
})
