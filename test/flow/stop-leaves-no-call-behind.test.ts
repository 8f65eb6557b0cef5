/** A stop waits for what is open, but not for ever: what does not end in time is ended in words, and recorded. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readLedger } from '../../src/ledger/read.ts'
import { callHeaders, refusalOf, say, sendMessage } from '../support/caller.ts'
import { longWork, openStream } from '../support/open-stream.ts'
import { until } from '../support/relay.ts'
import { completedTask, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, startWeir } from '../support/weir.ts'

const price = { call_micros: 1000, call_tokens: 10 }

test.each(['uws', 'node'])(
  'on %s calls that outlive the drain are ended, recorded, and paid because they were sent',
  async (engine) => {
    const agent = await startScriptedAgent(
      longWork((asked) => (asked.method === 'SendMessage' ? undefined : {})).script,
    )
    onTestFinished(() => agent.stop())
    const weir = await startWeir({
      gateway: { engine },
      identity: { api_keys: [apiKey('console', 'tomas')] },
      agents: { console: { groups: ['entrypoints'], may_start_runs: true }, orchestrator: { url: agent.url, price } },
      timeouts: { drain_ms: 300 },
    })
    const stream = await openStream(weir, 'console', 'orchestrator')
    const unary = say(weir, { from: 'console', to: 'orchestrator' })
    await until(() => agent.asked.length === 2)
    await weir.kill('SIGTERM')

    expect(refusalOf(await unary)).toBe('upstream_unavailable')
    expect(JSON.stringify((await stream.ended).at(-1))).toContain('[weir:upstream_unavailable]')
    const outcomes: unknown[] = []
    for await (const item of readLedger(join(weir.directory, 'state', 'ledger')))
      if (item.kind === 'entry' && item.entry.kind === 'call') outcomes.push(item.entry.outcome)
    const paid = { status: 'failed', spent: { tokens: 10, cost_micros: 1000 } }
    expect(outcomes).toMatchObject([paid, paid])
    rmSync(weir.directory, { recursive: true })
  },
)

const drained = async (answer: Response): Promise<boolean> => (await answer.text()) === ''

test('a stop that does not wait leaves a record for every intent, also where the call had not left yet', async () => {
  const agent = await startScriptedAgent(() => completedTask('done'))
  onTestFinished(() => agent.stop())
  const weir = await startWeir({
    identity: { api_keys: [apiKey('console', 'tomas')] },
    agents: { console: { groups: ['entrypoints'], may_start_runs: true }, orchestrator: { url: agent.url } },
    limits: { agent: { invokes_per_minute: 100_000 } },
    timeouts: { drain_ms: 1 },
  })
  const call = { method: 'POST', headers: callHeaders('console'), body: sendMessage('hello') }
  let stopped = false
  const calling = async (): Promise<void> => {
    while (!stopped) stopped = await fetch(`${weir.url}/a2a/orchestrator/`, call).then(drained, () => true)
  }
  const callers = Array.from({ length: 64 }, calling)
  await until(() => agent.asked.length > 300)
  await weir.kill('SIGTERM')
  await Promise.all(callers)
  const rids: Record<'intent' | 'call', string[]> = { intent: [], call: [] }
  for await (const item of readLedger(join(weir.directory, 'state', 'ledger'))) {
    const entry = item.kind === 'entry' ? item.entry : null
    if (entry?.kind === 'intent' || entry?.kind === 'call') rids[entry.kind].push(entry.rid)
  }
  expect(rids.call.toSorted()).toEqual(rids.intent.toSorted())
  expect(weir.log()).not.toContain('"level":"error"')
  rmSync(weir.directory, { recursive: true })
})
