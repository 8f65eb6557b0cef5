import { describe, expect, test } from 'vitest'
import { haltRun } from '../../../src/pipeline/halt.ts'
import { headersOf, pave, type TestRoad } from '../../support/road.ts'
import type { MemoryReply } from '../../support/reply.ts'
import { delegationOf } from '../../support/principals.ts'

/** Everything a caller can tell two answers apart by, but for the reference. */
function seen(reply: MemoryReply): unknown {
  const plain = (text: string): string => text.replaceAll(/hop_[0-9a-f]{16}/g, 'hop')
  return [reply.status, plain(JSON.stringify(reply.headers)), plain(reply.text)]
}

/** The console's run, with a call of the orchestrator under way, so that the orchestrator acts inside it. */
async function inRun(trial: TestRoad): Promise<void> {
  await trial.call('console', 'orchestrator')
  await trial.call('orchestrator', 'research')
}

describe('what a caller may not see answers like what does not exist', () => {
  test('inside a run too: the answer names no run', async () => {
    const trial = await pave()
    await inRun(trial)
    const [hidden, missing] = [await trial.call('research', 'vault'), await trial.call('research', 'nobody')]
    expect(hidden.text).toContain('[weir:not_found]')
    expect(seen(hidden)).toEqual(seen(missing))
    expect(headersOf(await trial.call('research', 'orchestrator'))).toHaveProperty('weir-run-id')
  })

  test('for a stream too: one event that says the same', async () => {
    const trial = await pave()
    await inRun(trial)
    const method = 'SendStreamingMessage'
    const hidden = await trial.call('research', 'vault', { method })
    const missing = await trial.call('research', 'nobody', { method })
    expect(hidden.text).toMatch(/^data: .*\[weir:not_found\]/)
    expect(seen(hidden)).toEqual(seen(missing))
  })

  test('before any limit speaks: who is over its rate learns nothing of hidden targets', async () => {
    const trial = await pave({ limits: { agent: { invokes_per_minute: 1 } } })
    await trial.call('console', 'orchestrator')
    expect((await trial.call('console', 'orchestrator')).text).toContain('[weir:rate_limited]')
    expect(seen(await trial.call('console', 'vault'))).toEqual(seen(await trial.call('console', 'nobody')))
  })

  test('inside a halted run too, while a visible target still says that the run was halted', async () => {
    const trial = await pave()
    await inRun(trial)
    const [run] = trial.road.runs.list()
    if (!run) throw new Error('there is a run')
    // Exchanges that a halt aborts are gone; the delegation still leads into the run.
    const halt = { code: 'operator', reason: 'enough', actor: 'ana', at: trial.clock.now(), hop: null } as const
    const hop = trial.sent[0]?.hop
    if (!hop) throw new Error('there is a hop')
    haltRun(trial.road, run, halt, null)
    const holder = hop.chain.at(-1) ?? hop.principal.proof.agent
    const { id, depth, chain } = hop
    const known = { run: run.id, hop: id, depth, chain, holder, person: null, tokenId: 't', expiresAt: run.endsAt }
    const delegation = delegationOf(known)
    const visible = await trial.call('orchestrator', 'research', { delegation })
    expect(visible.text).toContain('[weir:run_halted]')
    const hidden = await trial.call('orchestrator', 'vault', { delegation })
    const missing = await trial.call('orchestrator', 'nobody', { delegation })
    expect(seen(hidden)).toEqual(seen(missing))
  })
})

test('a refusal offers only agents that can be called', async () => {
  const trial = await pave()
  await trial.call('console', 'orchestrator')
  const reply = await trial.call('orchestrator', 'orchestrator')
  expect(reply.text).toContain('You may call: agent:research. ')
})

test('the detail of a denial reaches the record and never the caller', async () => {
  const trial = await pave()
  await inRun(trial)
  const reply = await trial.call('research', 'orchestrator')
  const detail = trial.lastRecord()?.detail ?? ''
  expect(detail).toContain('forbidden by graph.no-back-edge')
  expect(reply.text).not.toContain(detail)
})
