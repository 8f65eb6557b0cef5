/** A caller that goes away while its call is still being admitted leaves nothing open: no hop, no lease, no wait. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { RunView } from '../support/admin-views.ts'
import { sendMessage } from '../support/caller.ts'
import { startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, keyOf, startWeir, type Weir } from '../support/weir.ts'

/** Sends a whole request and resets the connection behind it. */
async function callAndReset(weir: Weir): Promise<void> {
  const { hostname, port, host } = new URL(weir.url)
  const socket = connect({ host: hostname, port: Number(port) })
  await once(socket, 'connect')
  const body = sendMessage('hello')
  const head = [
    'POST /a2a/orchestrator/ HTTP/1.1',
    `host: ${host}`,
    'content-type: application/json',
    'a2a-version: 1.0',
    `authorization: Bearer ${keyOf('console')}`,
    `content-length: ${body.length}`,
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.resetAndDestroy())
  await once(socket, 'close')
}

test.each(['uws', 'node'])('on %s a caller that resets behind its request holds nothing open', async (engine) => {
  const agent = await startScriptedAgent(() => undefined)
  onTestFinished(() => agent.stop())
  const weir = await startWeir({
    gateway: { engine },
    identity: { api_keys: [apiKey('console', 'tomas')] },
    agents: { console: { groups: ['entrypoints'], may_start_runs: true }, orchestrator: { url: agent.url } },
  })
  onTestFinished(async () => void (await weir.stop()))
  for (let call = 0; call < 30; call += 1) await callAndReset(weir)
  const runs = async () => (await weir.ask<{ runs: RunView[] }>('/api/v1/runs')).runs
  await expect.poll(async () => (await runs()).length, { timeout: 20_000 }).toBeGreaterThan(0)
  await expect.poll(async () => (await runs()).filter((run) => run.open > 0), { timeout: 20_000 }).toEqual([])
})
