/** What the gateway shows an upstream in TLS, and what it asks of it. */
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, expect, test } from 'vitest'
import { sendMessage } from '../support/caller.ts'
import { TestCa } from '../support/test-ca.ts'
import { apiKey, keyOf, startWeir } from '../support/weir.ts'

const ca = new TestCa()
const strangers = new TestCa()
const ours = ca.issue('weir', 'URI:spiffe://acme.test/weir')
const open: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of open.splice(0)) await close()
})
afterAll(() => {
  ca.remove()
  strangers.remove()
})

/** An A2A agent that wants a certificate of the test CA; returns its URL and the names it was shown. */
async function startTlsAgent(): Promise<{ url: string; shown: string[] }> {
  const shown: string[] = []
  const server = createServer({ ...ca.server().pem, ca: ca.pem, requestCert: true }, (request, response) => {
    const { socket } = request as unknown as { socket: { getPeerCertificate(): { subject: { CN: string } } } }
    shown.push(socket.getPeerCertificate().subject.CN)
    const status = { state: 'TASK_STATE_COMPLETED', timestamp: '2026-11-21T00:00:00.000Z' }
    const result = { task: { id: 't1', contextId: 'c1', status } }
    request.on('data', (chunk: Buffer) => {
      const { id } = JSON.parse(chunk.toString()) as { id: unknown }
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push(async () => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/`, shown }
}

/** The text of the answer to a call through a gateway whose row for the agent has this credential. */
async function callThrough(url: string, credential: object): Promise<string> {
  const weir = await startWeir({
    identity: { api_keys: [apiKey('console', 'tomas')] },
    agents: {
      console: { groups: ['entrypoints'], may_start_runs: true },
      orchestrator: { url, credential },
    },
  })
  open.push(() => weir.stop())
  const headers = {
    'content-type': 'application/json',
    'a2a-version': '1.0',
    authorization: `Bearer ${keyOf('console')}`,
  }
  const answer = await fetch(`${weir.url}/a2a/orchestrator/`, { method: 'POST', headers, body: sendMessage('hello') })
  return await answer.text()
}

test('with a certificate and the CA of the upstream the call arrives, and the upstream sees who we are', async () => {
  const agent = await startTlsAgent()
  const text = await callThrough(agent.url, { cert: ours.cert, key: ours.key, ca: ca.path })
  expect(text).toContain('TASK_STATE_COMPLETED')
  expect(agent.shown).toEqual(['weir'])
})

test.each([
  ['without a certificate', { ca: ca.path }],
  ['with another CA than that of the upstream', { cert: ours.cert, key: ours.key, ca: strangers.path }],
  ['with the CAs Node trusts', { cert: ours.cert, key: ours.key }],
])('%s the call does not arrive and its caller hears that the target is away', async (_how, credential) => {
  const agent = await startTlsAgent()
  expect(await callThrough(agent.url, credential)).toContain('upstream_unavailable')
  expect(agent.shown).toEqual([])
})

test('a key that others may read keeps the gateway from starting', async () => {
  const { chmodSync } = await import('node:fs')
  const lax = ca.issue('lax', 'URI:spiffe://acme.test/weir')
  chmodSync(lax.key, 0o644)
  await expect(callThrough('https://127.0.0.1:1/', { cert: lax.cert, key: lax.key })).rejects.toThrow(
    'others may read it',
  )
})
