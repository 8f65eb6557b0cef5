/** An upstream that is a bare socket keeps every byte it gets; nothing a caller proved itself with is among them. */
import { createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { JSONWebKeySet } from 'jose'
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { openKeyring } from '../../src/identity/keys/keyring.ts'
import { rotation } from '../support/identity-kit.ts'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../kit/edge.ts'
import { startAuthServer } from '../support/auth-server.ts'
import { sendMessage } from '../support/caller.ts'
import { apiKey, keyOf, startWeir, type Weir } from '../support/weir.ts'

const open: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

/** Every place a client of any gateway is known to put a credential. */
const places = [
  'dpop',
  'cookie',
  'cookie2',
  'proxy-authorization',
  'x-authorization',
  'x-forwarded-authorization',
  'x-original-authorization',
  'x-api-key',
  'api-key',
  'apikey',
  'x-goog-api-key',
  'x-goog-iap-jwt-assertion',
  'x-litellm-api-key',
  'x-amz-security-token',
  'x-amzn-oidc-data',
  'x-ms-token-aad-access-token',
  'x-auth-token',
  'x-access-token',
  'x-csrf-token',
  'x-vault-token',
  'x-forwarded-access-token',
  'x-forwarded-client-cert',
  'x-forwarded-user',
  'x-forwarded-for',
  'x-real-ip',
  'forwarded',
  'client-cert',
  'workload-identity-token',
  'workload-proof-token',
  'signature',
  'signature-input',
  'mcp-session-id',
  'weir-run-id',
  'weir-parent-hop',
  'weir-tags',
  'baggage',
  'session-id',
  'x-invented-by-nobody-yet',
]

/** Answers every request with the same bytes. */
async function startRecorder(): Promise<{ url: string; bytes: () => string }> {
  const chunks: Buffer[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      socket.end('HTTP/1.1 503 Away\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, bytes: () => Buffer.concat(chunks).toString('latin1') }
}

interface Staged {
  readonly weir: Weir
  readonly bytes: () => string
}

async function stage(credential: object, directory?: string): Promise<Staged> {
  const { url, bytes } = await startRecorder()
  const config = {
    identity: { api_keys: [apiKey('console', 'tomas')] },
    agents: {
      console: { groups: ['entrypoints'], may_start_runs: true },
      orchestrator: { url, headers: { 'X-Upstream-Key': 'operators-own' }, credential },
    },
  }
  const weir = await startWeir(config, directory)
  open.push(() => weir.stop())
  return { weir, bytes }
}

async function call({ weir }: Staged, method: 'SendMessage' | 'SendStreamingMessage'): Promise<void> {
  const canaries = Object.fromEntries(places.map((name, n) => [name, `canary-${n}`]))
  const body = sendMessage('hello').replace('"SendMessage"', JSON.stringify(method))
  expect(body).toContain(method)
  const own = { 'content-type': 'application/json', 'a2a-version': '1.0', authorization: `Bearer ${keyOf('console')}` }
  const url = `${weir.url}/a2a/orchestrator/?access_token=canary-query&api_key=canary-query`
  const answer = await fetch(url, { method: 'POST', headers: { ...canaries, ...own }, body })
  await answer.text()
}

const methods = ['SendMessage', 'SendStreamingMessage'] as const

test.each(methods)(
  'threat 22: in %s, of all places for a credential none crosses, and the target gets ours instead',
  async (method) => {
    const staged = await stage({})
    await call(staged, method)
    await eventually(() => staged.bytes().includes('hello'))
    const bytes = staged.bytes()
    expect(bytes).toContain(method)
    expect(bytes).not.toContain('canary')
    expect(bytes).not.toContain(keyOf('console'))
    expect(bytes).not.toMatch(/^authorization:/im)
    expect(bytes).toMatch(/^txn-token: [\w-]+\.[\w-]+\.[\w-]+\r$/im)
    expect(bytes).toMatch(/^x-upstream-key: operators-own\r$/im)
  },
)

test.each([
  ['client_credentials', /^authorization: Bearer [\w-]{20,}\r$/im, true],
  ['exchange', /^authorization: Bearer exchanged-\d+\r$/im, false],
] as const)(
  '%s: the one Authorization is of the target, and who exchanges gets no token of the run',
  async (mode, own, txn) => {
    const directory = mkdtempSync(join(tmpdir(), 'weir-test-'))
    const keys = openKeyring({
      stateDir: join(directory, 'state'),
      credentials_dir: null,
      rotation,
      clock: systemClock,
    })
    if (keys.kind !== 'keyring') throw new Error(keys.sentence)
    const server = await startAuthServer(JSON.parse(keys.jwks().text) as JSONWebKeySet)
    open.push(() => server.stop())
    const place = { token_endpoint: server.endpoint, issuer: server.issuer, client_id: 'weir-jwt' }
    const staged = await stage({ mode, ...place }, directory)
    for (const method of methods) await call(staged, method)
    await eventually(() => staged.bytes().includes('SendStreamingMessage'))
    const bytes = staged.bytes()
    expect(bytes).not.toContain('canary')
    expect(bytes).not.toContain(keyOf('console'))
    expect(bytes).toMatch(own)
    expect(/^txn-token:/im.test(bytes)).toBe(txn)
    const [told] = server.messages
    expect(JSON.stringify(told)).not.toContain('canary')
    if (mode === 'exchange') expect(bytes).not.toContain(told?.subject_token)
  },
)

test('a target whose token cannot be had is not called, and the caller is told in its own dialect', async () => {
  const place = { token_endpoint: 'http://127.0.0.1:1/token', client_id: 'weir', client_secret: 'secret-canary' }
  const staged = await stage({ mode: 'client_credentials', ...place })
  const headers = {
    'content-type': 'application/json',
    'a2a-version': '1.0',
    authorization: `Bearer ${keyOf('console')}`,
  }
  const answer = await fetch(`${staged.weir.url}/a2a/orchestrator/`, {
    method: 'POST',
    headers,
    body: sendMessage('hello'),
  })
  const text = await answer.text()
  expect(text).toContain('[weir:upstream_unavailable]')
  expect(text + staged.weir.log()).not.toContain('canary')
  expect(staged.bytes()).toBe('')
  const { runs } = await staged.weir.ask<{ runs: readonly { open: number }[] }>('/api/v1/runs')
  expect(runs.every((run) => run.open === 0)).toBe(true)
})
