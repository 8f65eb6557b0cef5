/** A restart on a clock that stands before the ledger would make expired tokens valid again, so it is refused in one sentence. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { segmentName } from '../../src/ledger/segment.ts'
import { startWeir } from '../support/weir.ts'
import { bootEntry } from '../unit/ledger/entries.ts'
import { segmentOf } from '../unit/ledger/segments.ts'

/** A state directory whose ledger was last written to at that time. */
function stateLeftAt(ts: number): string {
  const directory = mkdtempSync(join(tmpdir(), 'weir-clock-'))
  mkdirSync(join(directory, 'state', 'ledger'), { recursive: true })
  writeFileSync(join(directory, 'state', 'ledger', segmentName(1)), segmentOf([{ ...bootEntry('b0'), ts }]))
  return directory
}

test('a ledger that is an hour ahead of the clock keeps the gateway from starting', async () => {
  const start = startWeir({ agents: {} }, stateLeftAt(Date.now() + 3_600_000))
  await expect(start).rejects.toThrow(/stands 3\d{3} s before the newest entry of the ledger\. Set the clock right/)
})

test('a ledger that is a little ahead does not', async () => {
  const weir = await startWeir({ agents: {} }, stateLeftAt(Date.now() + 20_000))
  expect(await weir.stop()).toBe(0)
})
