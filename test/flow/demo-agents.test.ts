/** The demo agents by themselves: clients of both SDK generations reach them, and none outlives whoever started it. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { SendMessageRequest } from '@a2a-js/sdk'
import { ClientFactory } from '@a2a-js/sdk/client'
import { A2AClient } from 'a2a-sdk-03/client'
import { afterEach, beforeEach, expect, test } from 'vitest'

const script = fileURLToPath(new URL('../../src/cli/demo/agents/orchestrator.ts', import.meta.url))
const partial = 'partial answer, research was not possible: copper'
let agent: ChildProcessByStdio<Writable, Readable, null>
let url = ''

beforeEach(async () => {
  agent = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
  // Nothing listens there, so every call onward fails and the agent has to make do.
  agent.stdin.write(`${JSON.stringify({ weir: 'http://127.0.0.1:1', key: 'wk_x_y' })}\n`)
  const [line] = (await once(createInterface({ input: agent.stdout }), 'line')) as [string]
  url = (JSON.parse(line) as { url: string }).url
})
afterEach(() => void agent.kill())

test('a client of A2A 1.0 is answered, whole and as a stream', async () => {
  const client = await new ClientFactory().createFromUrl(url)
  const message = { messageId: 'm1', role: 'ROLE_USER', parts: [{ text: 'copper' }] }
  const answer = await client.sendMessage(SendMessageRequest.fromJSON({ message }))
  expect(answer).toMatchObject({ parts: [{ content: { $case: 'text', value: partial } }] })
  const events: unknown[] = []
  for await (const event of client.sendMessageStream(SendMessageRequest.fromJSON({ message }))) events.push(event)
  expect(JSON.stringify(events)).toContain(partial)
})

test('a client of A2A 0.3 is answered too', async () => {
  const client = await A2AClient.fromCardUrl(`${url}.well-known/agent-card.json`)
  const parts = [{ kind: 'text' as const, text: 'copper' }]
  const answer = await client.sendMessage({ message: { kind: 'message', messageId: 'm1', role: 'user', parts } })
  expect(answer).toMatchObject({ result: { kind: 'message', parts: [{ text: partial }] } })
})

test('an agent ends when its stdin does', async () => {
  const ended = once(agent, 'exit')
  agent.stdin.end()
  expect(await ended).toEqual([0, null])
})
