/** No record, no hop: with a full disk nothing new is let through, what is under way ends, and space brings it back. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readLedger } from '../../src/ledger/read.ts'
import { refusalOf, say } from '../support/caller.ts'
import { longWork, openStream } from '../support/open-stream.ts'
import { completedTask, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, metricOf, startWeir } from '../support/weir.ts'

const mebibyte = 1_048_576

/** A directory whose `state` is a small disk of its own, or null where a test may not mount one. */
function smallDisk(): string | null {
  const directory = mkdtempSync(join(tmpdir(), 'weir-test-'))
  const state = join(directory, 'state')
  mkdirSync(state)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=96m', 'tmpfs', state], { stdio: 'ignore' })
  } catch {
    return null
  }
  onTestFinished(() => {
    execFileSync('umount', ['-l', state])
    rmSync(directory, { recursive: true, force: true })
  })
  return directory
}

test('with a full disk calls are refused as busy, until there is space again', async (context) => {
  const directory = smallDisk() ?? context.skip('mounting is not permitted here')
  const state = join(directory, 'state')
  const work = longWork(() => completedTask('done'))
  const agent = await startScriptedAgent(work.script)
  onTestFinished(() => agent.stop())
  const weir = await startWeir(
    {
      identity: { api_keys: [apiKey('console', 'tomas')] },
      agents: { console: { groups: ['entrypoints'], may_start_runs: true }, orchestrator: { url: agent.url } },
    },
    directory,
  )
  onTestFinished(() => weir.kill('SIGKILL'))
  const fromOutside = { from: 'console', to: 'orchestrator' }
  const ready = async (): Promise<number> => (await fetch(`${weir.admin}/readyz`)).status
  const stream = await openStream(weir, 'console', 'orchestrator')
  expect(await ready()).toBe(200)

  const ballast = join(state, 'ballast')
  const { bavail, bsize } = statfsSync(state)
  writeFileSync(ballast, Buffer.alloc(bavail * bsize - 8 * mebibyte))
  await expect.poll(ready, { timeout: 10_000 }).toBe(503)
  const before = agent.asked.length
  const joined = { 'weir-run-id': stream.headers.get('weir-run-id') ?? '' }
  for (const headers of [{}, joined]) {
    const refused = await say(weir, { ...fromOutside, headers })
    expect([refusalOf(refused), refused.headers.get('retry-after')]).toEqual(['busy', '1'])
  }
  expect(agent.asked).toHaveLength(before)
  expect(await metricOf(weir, 'weir_ledger_failing')).toBe(1)
  expect((await fetch(`${weir.admin}/livez`)).status).toBe(200)
  work.finish()
  expect(JSON.stringify((await stream.ended).at(-1))).toContain('TASK_STATE_COMPLETED')

  rmSync(ballast)
  await expect.poll(ready, { timeout: 10_000 }).toBe(200)
  const admitted = await say(weir, fromOutside)
  expect(refusalOf(admitted)).toBe(null)
  await weir.kill('SIGTERM')
  const hops: (string | null)[] = []
  for await (const item of readLedger(join(state, 'ledger')))
    if (item.kind === 'entry' && item.entry.kind === 'call') hops.push(item.entry.rid)
  const kept = [stream.headers, admitted.headers].map((headers) => headers.get('weir-hop-id'))
  expect(hops).toEqual(expect.arrayContaining(kept))
})
