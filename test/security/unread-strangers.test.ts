/** A body of 33 MB takes the one thread there is for as long as it is read; nobody gets that for a wrong key. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ledgerOf } from '../support/ledger-entries.ts'
import { policyOpen } from '../support/loop.ts'
import { apiKey, keyOf, startWeir, type Weir } from '../support/weir.ts'

let weir: Weir

beforeAll(async () => {
  weir = await startWeir({
    identity: { api_keys: [apiKey('alice', 'ana')] },
    agents: { alice: { may_start_runs: true } },
    models: { providers: { fake: { api: 'fake' } } },
    maximums: { body_bytes: 65_536, model_body_bytes: 4_194_304 },
    policy: { dir: policyOpen },
  })
})

afterAll(async () => {
  await weir.stop()
})

function ask(key: string, letters: number): Promise<Response> {
  return fetch(`${weir.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'fake/echo', messages: [{ role: 'user', content: 'x'.repeat(letters) }] }),
  })
}

async function targetOf({ headers }: Response): Promise<unknown> {
  const hop = headers.get('weir-hop-id')
  return (await ledgerOf(weir)).find((entry) => entry.kind === 'call' && entry.rid === hop)
}

test('what a stranger sends is read only where it is no larger than any request may be', async () => {
  const [small, large] = [await ask('wk_nobody', 10), await ask('wk_nobody', 1_000_000)]
  expect([small.status, large.status]).toEqual([401, 401])
  expect(await targetOf(small)).toMatchObject({ target: 'model:fake/echo' })
  expect(await targetOf(large)).toMatchObject({ target: 'model:' })
})

test('what somebody known sends is read at any size', async () => {
  const answer = await ask(keyOf('alice'), 1_000_000)
  expect(answer.status).toBe(200)
  expect(await targetOf(answer)).toMatchObject({ target: 'model:fake/echo' })
})
