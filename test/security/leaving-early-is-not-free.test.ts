/**
 * A provider bills what it was asked, whoever still listens. So callers who leave before, during or after an answer pay for
 * it: at each moment no less is booked than could have been used.
 */
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { policyOpen } from '../support/loop.ts'
import type { LedgerEntry } from '../../src/domain/record.ts'
import { ledgerOf } from '../support/ledger-entries.ts'
import { apiKey, keyOf, startWeir, type Weir } from '../support/weir.ts'

/** What a provider does that never comes to its end. */
const manners: Readonly<Record<string, (response: ServerResponse) => void>> = {
  silent: () => undefined,
  // Some providers keep a connection open with spaces while they work.
  spaces: (response) => void response.writeHead(200, { 'content-type': 'application/json' }).write('   \n'),
  lost: (response) => void response.destroy(),
}

let provider: Server
let weir: Weir
let asked: () => void = () => undefined

beforeAll(async () => {
  provider = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      manners[(JSON.parse(body) as { model: string }).model]?.(response)
      asked()
    })
  })
  await new Promise<void>((done) => void provider.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`
  const price = { input: 1, output: 10 }
  const models = Object.fromEntries(Object.keys(manners).map((name) => [name, { price }]))
  weir = await startWeir({
    identity: { api_keys: [apiKey('alice', 'ana')] },
    agents: { alice: { may_start_runs: true } },
    models: { providers: { odd: { api: 'openai', url, models, keys: [{ key: 'sk-of-the-operator' }] } } },
    policy: { dir: policyOpen },
  })
})

afterAll(async () => {
  await weir.stop()
  provider.closeAllConnections()
  provider.close()
})

function ask(model: string, signal: AbortSignal | null = null): Promise<Response> {
  return fetch(`${weir.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keyOf('alice')}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: `odd/${model}`, max_tokens: 1000, messages: [{ role: 'user', content: 'hi' }] }),
    signal,
  })
}

/** Whoever leaves hears of no end, so it is waited for. */
async function recordOf(model: string): Promise<LedgerEntry> {
  for (;;) {
    const record = (await ledgerOf(weir)).find(
      (entry) => entry.kind === 'call' && entry.target === `model:odd/${model}`,
    )
    if (record) return record
    await sleep(20)
  }
}

/** A thousand tokens at ten dollars a million, and whatever the input may come to. */
const booked = {
  outcome: {
    metered: { source: 'reserved', prices: 'config' },
    spent: { cost_micros: expect.toSatisfy((micros: number) => micros >= 10_000) as number },
  },
}

test.each(['silent', 'spaces'])('who leaves while a provider is %s pays what was reserved', async (model) => {
  const leaving = new AbortController()
  asked = () => void setTimeout(() => leaving.abort(), 50)
  await expect(ask(model, leaving.signal)).rejects.toThrow()
  expect(await recordOf(model)).toMatchObject(booked)
})

test('what a provider took and never answered is paid as it was reserved', async () => {
  const answer = await ask('lost')
  expect(answer.status).toBeGreaterThanOrEqual(500)
  expect(await recordOf('lost')).toMatchObject(booked)
})
