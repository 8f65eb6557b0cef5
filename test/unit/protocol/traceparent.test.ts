import { expect, test } from 'vitest'
import { countingDice } from '../../../src/base/dice.ts'
import { mintHopId, mintRunId } from '../../../src/domain/mint-ids.ts'
import { readTraceparent, traceparentOf } from '../../../src/protocol/traceparent.ts'

test('the trace that Weir opens leads back to its run and hop', () => {
  const dice = countingDice()
  const [run, hop] = [mintRunId(1_800_000_000_000, dice), mintHopId(dice)]
  const read = readTraceparent(traceparentOf(run, hop))
  expect(read).toMatchObject({ sampled: true })
  expect([`run_${read?.traceId}`, `hop_${read?.parentId}`]).toEqual([run, hop])
})
