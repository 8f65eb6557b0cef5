import { describe, expect, test } from 'vitest'
import type { Delegation } from '../../../src/domain/principal.ts'
import { personId } from '../policy/fixtures.ts'
import { headersOf, outcomeOf, pave, type TestRoad } from '../../support/road.ts'

/** What the delivery token of the newest hop says. */
function delivered({ sent }: TestRoad): Delegation {
  const newest = sent.at(-1)
  if (!newest) throw new Error('there is a hop')
  return newest.delegation
}

/** The target of the newest hop answers at once. */
function answer({ sent }: TestRoad): void {
  sent.at(-1)?.done(outcomeOf('answered'))
}

describe('depth never resets', () => {
  test('where an agent answers at once and goes on with the token of its first invocation for ever', async () => {
    const trial = await pave({ limits: { run: { depth_max: 5 } } }, 'policy-open')
    await trial.call('console', 'orchestrator')
    const first = delivered(trial)
    answer(trial)
    const depths: number[] = []
    for (let lap = 0; lap < 4; lap += 1) {
      const there = await trial.call('orchestrator', 'research', { delegation: first })
      if (there.text !== '') break
      depths.push(delivered(trial).depth)
      answer(trial)
      const back = await trial.call('research', 'orchestrator', { delegation: delivered(trial) })
      if (back.text !== '') break
      depths.push(delivered(trial).depth)
      answer(trial)
    }
    expect(depths).toEqual([2, 3, 4, 5])
    expect(trial.road.runs.list().map((run) => run.halt?.code)).toEqual(['depth_exceeded'])
  })

  test('where the root of a run was called back in it, has answered, and names the run in a header', async () => {
    const trial = await pave({}, 'policy-open')
    await trial.call('orchestrator', 'research')
    await trial.call('research', 'orchestrator', { delegation: delivered(trial) })
    answer(trial)
    await trial.call('orchestrator', 'research', { headers: { 'weir-run-id': delivered(trial).run } })
    expect(delivered(trial)).toMatchObject({ depth: 3, run: trial.sent[0]?.hop.run.id })
  })

  test('and an invocation that is still open keeps its own depth, whatever was finished below it', async () => {
    const trial = await pave({}, 'policy-open')
    await trial.call('console', 'orchestrator')
    const first = delivered(trial)
    await trial.call('orchestrator', 'research', { delegation: first })
    await trial.call('research', 'orchestrator', { delegation: delivered(trial) })
    answer(trial)
    await trial.call('orchestrator', 'research', { delegation: first })
    expect(delivered(trial).depth).toBe(2)
  })
})

describe('whose run it is', () => {
  const [ana, tomas] = [personId('ana'), personId('tomas')]

  test('a run is joined by its header only for the person it was started for', async () => {
    const trial = await pave()
    const run = headersOf(await opened(trial))['weir-run-id']
    if (run === undefined) throw new Error('an answer names its run')
    const headers = { 'weir-run-id': run }
    await trial.call('console', 'orchestrator', { person: ana, headers })
    expect(trial.sent.at(-1)?.hop.run).toMatchObject({ person: ana })
    await trial.call('console', 'orchestrator', { person: tomas, headers })
    expect(trial.sent.at(-1)?.hop.run).toMatchObject({ id: run, person: tomas })
  })

  test('a delegation beats the person of the credential, in the record and for policy', async () => {
    const trial = await pave()
    await trial.call('console', 'orchestrator', { person: tomas })
    await trial.call('orchestrator', 'research', { person: ana, delegation: delivered(trial) })
    answer(trial)
    expect(trial.lastRecord()).toMatchObject({ agent: 'agent:orchestrator', human: tomas })
  })

  async function opened(trial: TestRoad): ReturnType<TestRoad['call']> {
    const reply = await trial.call('console', 'orchestrator', { person: tomas })
    answer(trial)
    return reply
  }
})

test('an agent that calls itself is a cycle from its first call', async () => {
  const trial = await pave({ limits: { run: { laps_max: 1 } } }, 'policy-open')
  await trial.call('console', 'orchestrator')
  await trial.call('orchestrator', 'orchestrator', { delegation: delivered(trial) })
  const again = await trial.call('orchestrator', 'orchestrator', { delegation: delivered(trial) })
  expect(again.text).toContain('[weir:loop_detected]')
})

test('only an agent whose configuration says so starts runs, whatever policy permits', async () => {
  const trial = await pave({}, 'policy-open')
  const refused = await trial.call('research', 'orchestrator')
  expect(refused.text).toContain('[weir:run_context_required]')
  expect(trial.lastRecord()).toMatchObject({ rule: 'agents.may_start_runs', run: null })
  await trial.call('orchestrator', 'research')
  await trial.call('research', 'orchestrator')
  expect(trial.sent).toHaveLength(2)
})
