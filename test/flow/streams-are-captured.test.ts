/** What callers got is kept as rules say, also where it came as a stream, and also of a stream that broke off. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { payloadsOf } from '../../src/ledger/vault/payloads.ts'
import { callHeaders, sendMessage } from '../support/caller.ts'
import { ledgerOf } from '../support/ledger-entries.ts'
import { policyOpen } from '../support/loop.ts'
import { namesIn } from '../support/names.ts'
import { type ScriptedAgent, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, startWeir, type Weir } from '../support/weir.ts'

const artifact = (text: string, password: string): object => ({
  artifactUpdate: {
    taskId: 't1',
    contextId: 'c1',
    artifact: { artifactId: 'a1', parts: [{ text }, { data: { password, pin: 4711 } }] },
  },
})
const done = {
  statusUpdate: { taskId: 't1', contextId: 'c1', status: { state: 'TASK_STATE_COMPLETED' }, final: true },
}

let talker: ScriptedAgent
let weir: Weir

/** Says two things, and then ends well or breaks off. */
function tell(response: ServerResponse, id: unknown, text: string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const event = (result: object): string => `data: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`
  const task = { id: 't1', contextId: 'c1', status: { state: 'TASK_STATE_WORKING' } }
  response.write(event({ task }))
  response.write(event(artifact(text, 'hunter2')), () => {
    if (text.includes('break')) setTimeout(() => response.destroy(), 50)
    else response.end(event(done))
  })
}

beforeAll(async () => {
  talker = await startScriptedAgent(({ id, params }, response) =>
    tell(response, id, (params['message'] as { parts: { text: string }[] }).parts[0]?.text ?? ''),
  )
  const agents = Object.fromEntries(['full', 'redacted', 'none', 'short'].map((slug) => [slug, { url: talker.url }]))
  const levels = Object.entries({ full: 'full', redacted: 'redacted', short: 'hash' })
  weir = await startWeir({
    ledger: {
      capture: {
        blank: ['PIN'],
        captured_bytes: 4096,
        rules: levels.map(([slug, level]) => ({ target: `agent:${slug}`, level })),
      },
    },
    identity: { api_keys: [apiKey('console', 'tomas')] },
    policy: { dir: policyOpen },
    agents: { console: { groups: ['entrypoints'], may_start_runs: true }, ...agents },
  })
})

afterAll(async () => {
  await weir.stop()
  await talker.stop()
  rmSync(weir.directory, { recursive: true, force: true })
})

/** What the caller got, the record, and what the vault has of it. */
async function stream(to: string, text: string) {
  const body = sendMessage(text).replace('SendMessage', 'SendStreamingMessage')
  const answer = await fetch(`${weir.url}/a2a/${to}/`, { method: 'POST', headers: callHeaders('console'), body })
  const got = await answer.text().catch((error: unknown) => String(error))
  const hop = answer.headers.get('weir-hop-id') ?? ''
  const recorded = async () => (await ledgerOf(weir)).find((entry) => entry.kind === 'call' && entry.rid === hop)
  // It follows the last byte.
  await expect.poll(recorded).toBeDefined()
  const record = await recorded()
  const kept = (): readonly string[] => {
    const names = namesIn(join(weir.directory, 'state'))
    const found = names ? payloadsOf(join(weir.directory, 'state', 'vault'), names, hop) : []
    names?.close()
    return found.filter(({ part }) => part === 'res').map(({ bytes }) => Buffer.from(bytes ?? []).toString())
  }
  return { got, record, kept }
}

test('a stream is kept as its caller got it, and the record has its hash', async () => {
  const { got: all, record, kept } = await stream('full', 'hello')
  // Where the first event is late, a comment goes ahead of it so that the headers leave.
  const got = all.replace(/^:\n\n/, '')
  expect(got).toContain('TASK_STATE_COMPLETED')
  expect(record).toMatchObject({ outcome: { status: 'answered' }, res_c: { level: 'full', n: got.length } })
  await expect.poll(kept).toEqual([got])
})

test('of a stream that broke off is kept what its caller got of it', async () => {
  const { record, kept } = await stream('full', 'break off')
  expect(record).toMatchObject({ outcome: { status: 'failed' }, res_c: { level: 'full' } })
  await expect.poll(async () => kept().join('')).toContain('break off')
})

test('redacted, each event is there without secrets and without the members that are to be blank', async () => {
  const { got, record, kept } = await stream('redacted', 'hello')
  expect(got).toMatch(/hunter2.*4711/)
  expect(record).toMatchObject({ res_c: { level: 'redacted' } })
  await expect.poll(async () => kept().join('')).toMatch(/hello.*\[redacted\].*TASK_STATE_COMPLETED/s)
  expect(kept().join('')).not.toMatch(/hunter2|4711/)
})

test('of a long stream as much is kept as is to be, and what is not to be kept is not', async () => {
  const long = await stream('short', 'x'.repeat(9000))
  expect(long.record).toMatchObject({ res_c: { level: 'hash', n: 4096, truncated: true } })
  const none = await stream('none', 'hello')
  expect(none.record).toMatchObject({ outcome: { status: 'answered' } })
  expect(none.record).not.toHaveProperty('res_c')
  expect(none.kept()).toEqual([])
})
