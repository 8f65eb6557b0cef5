import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { systemClock } from '../../../src/base/clock.ts'
import { type Ledger, openLedger } from '../../../src/ledger/ledger.ts'
import { call, grant, hop, intent, refusedCall } from './entries.ts'

/** A ledger whose disk takes nothing, for as long as its thread lives. */
async function stuck(): Promise<Ledger> {
  const dir = mkdtempSync(join(tmpdir(), 'weir-ledger-'))
  const worker = join(dir, 'stuck.mjs')
  const said = "parentPort.postMessage({ kind: 'ready', next: 1, cuts: [], drops: [] }); setTimeout(() => {}, 10_000)"
  writeFileSync(worker, `import { parentPort } from 'node:worker_threads'; ${said}`)
  const settings = { dir, workerUrl: pathToFileURL(worker), boot: 'b', clock: systemClock, ring_bytes: 524_288 }
  const ledger = await openLedger(settings)
  if (ledger.kind === 'ledger_problem') throw new Error(ledger.detail)
  return ledger
}

test.each([
  ['calls', refusedCall(hop(1))],
  ['requests for tokens', grant({ decision: 'deny', error: 'invalid_client' })],
])('a flood of refused %s leaves room for the records of what is let through', async (_what, refused) => {
  const ledger = await stuck()
  let taken = 0
  while (ledger.append(refused) && taken < 100_000) taken += 1
  expect(taken).toBeGreaterThan(100)
  expect(taken).toBeLessThan(100_000)
  expect(ledger.room).toBe(true)
  expect(ledger.append(intent(hop(2)))).toBe(true)
  expect(ledger.append(call(hop(2)))).toBe(true)
})
