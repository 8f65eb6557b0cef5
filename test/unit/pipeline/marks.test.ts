import { expect, test } from 'vitest'
import { headersOf, outcomeOf, pave } from '../../support/road.ts'

const limits = { run: { depth_max: 5, wall_clock_ms: 60_000 }, agent: { invokes_per_minute: 60 } }

test('an answer says the ids alone where that is what the operator wants', async () => {
  const gateway = { public_url: 'http://weir.test', response_headers: 'ids' }
  const trial = await pave({ gateway, limits })
  const reply = await trial.call('console', 'orchestrator')
  trial.sent[0]?.done(outcomeOf('answered'))
  const refused = await trial.call('research', 'orchestrator')
  for (const each of [reply, refused])
    expect(Object.keys(headersOf(each)).filter((name) => /^weir-(?!run-id|hop-id)|^ratelimit/.test(name))).toEqual([])
})

test('a refusal of a run that goes on says what is left of it, and one that begins nothing says nothing of a run', async () => {
  const trial = await pave({ limits })
  await trial.call('console', 'orchestrator')
  await trial.call('orchestrator', 'research')
  trial.clock.advance(10_000)
  const refused = headersOf(await trial.call('research', 'orchestrator'))
  expect(refused).toMatchObject({
    'weir-decision': 'deny;code=policy_denied',
    'weir-run-budget': 'wall;q=60;r=50, depth;q=5;r=2',
    ratelimit: '"agent-invoke";r=60;t=0',
  })
  const stranger = headersOf(await trial.call('writer', 'vault'))
  expect(stranger).not.toHaveProperty('weir-run-budget')
  expect(stranger['weir-decision']).toMatch(/^deny;code=/)
})
