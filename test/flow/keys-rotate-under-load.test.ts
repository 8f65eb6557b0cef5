/** Keys take turns while calls are in flight, and nobody notices. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { refusalOf, say } from '../support/caller.ts'
import { completedTask, type ScriptedAgent, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, keyOf, startWeir, type Weir, writeConfig } from '../support/weir.ts'
import { mint, verifyCardFile } from '../../src/tools.ts'

interface Keys {
  readonly keys: readonly { readonly kid: string; readonly use: string; readonly state: string }[]
}

let agent: ScriptedAgent
let weir: Weir

const config = (url: string) => ({
  identity: { api_keys: [apiKey('console', 'tomas')] },
  limits: { agent: { concurrency_max: 1000 } },
  agents: { console: { groups: ['entrypoints'], may_start_runs: true }, orchestrator: { url } },
})

beforeAll(async () => {
  // Slow enough that every call of the test is still open when the last key takes over.
  agent = await startScriptedAgent(async () => {
    await new Promise((resolve) => setTimeout(resolve, 1000))
    return completedTask('done')
  })
  weir = await startWeir(config(agent.url))
})

afterAll(async () => {
  await weir.stop()
  await agent.stop()
})

const rotate = (use: string, more: object = {}): Promise<Keys> =>
  weir.ask<Keys>('/api/v1/keys/rotate', { use, now: true, ...more })

async function callToken(): Promise<string> {
  const minted = await mint({
    configPath: join(weir.directory, 'weir.yaml'),
    agent: 'console',
    person: 'tomas',
    to: null,
    ttl_s: null,
  })
  if (!('token' in minted)) throw new Error(minted.text)
  return `Bearer ${minted.token}`
}

test('rotations while more than 200 calls are in flight fail none of them, and old tokens go on working', async () => {
  const before = await callToken()
  const calling = { from: 'console', to: 'orchestrator' }
  const calls: ReturnType<typeof say>[] = []
  for (let turn = 0; turn < 6; turn++) {
    for (let call = 0; call < 40; call++) {
      calls.push(say(weir, call % 2 === 0 ? calling : { ...calling, authorization: before }))
    }
    await rotate('token')
  }
  const said = await Promise.all(calls)
  expect(said.filter(({ status, body }) => status !== 200 || body.error).map(refusalOf)).toEqual([])
  expect(said).toHaveLength(240)
  const signedBy = new Set(agent.asked.map(({ headers }) => kidOf(String(headers['txn-token']))))
  expect(signedBy.size).toBeGreaterThan(2)
  const after = await say(weir, { ...calling, authorization: await callToken() })
  expect(after.body.error).toBeUndefined()
}, 60_000)

const kidOf = (raw: string): string =>
  (JSON.parse(Buffer.from(raw.split('.')[0] ?? '', 'base64url').toString()) as { kid: string }).kid

test('the published set holds the new key at once, answers 304 to who knows it, and the list of all keys grows', async () => {
  const url = `${weir.url}/.well-known/jwks.json`
  const first = await fetch(url)
  expect(first.headers.get('cache-control')).toBe('public, max-age=300')
  const etag = first.headers.get('etag') ?? ''
  expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).toBe(304)
  const { keys } = await rotate('card')
  const fresh = (await (await fetch(url, { headers: { 'if-none-match': etag } })).json()) as Keys
  const active = keys.find(({ use, state }) => use === 'card' && state === 'active')
  expect(fresh.keys.map(({ kid }) => kid)).toContain(active?.kid)
  const all = (await (await fetch(`${weir.url}/.well-known/weir-keys.json`)).json()) as Keys
  expect(all.keys.length).toBe(keys.length)
  expect(JSON.stringify([fresh, all, keys])).not.toContain('"d":')
})

test('a revoked key ends at once, and the records say nothing of any key', async () => {
  const old = await callToken()
  const calling = { from: 'console', to: 'orchestrator', authorization: old }
  expect((await say(weir, calling)).body.error).toBeUndefined()
  await rotate('token', { revoke: true })
  expect(refusalOf(await say(weir, calling)) ?? (await say(weir, calling)).status).toEqual(
    expect.stringMatching(/unauthenticated/) as string,
  )
  expect(weir.log()).not.toContain('"d":')
})

test('a reload of the configuration leaves the keys as they are', async () => {
  const before = await weir.ask<Keys>('/api/v1/keys')
  writeConfig({ ...config(agent.url), timeouts: { drain_ms: 1000 } }, weir.directory)
  await expect.poll(() => weir.log(), { timeout: 20_000 }).toContain('taken into use')
  expect(await weir.ask<Keys>('/api/v1/keys')).toEqual(before)
  expect(readFileSync(join(weir.directory, 'state', 'keys', 'keys.json'), 'utf8')).not.toContain('"d"')
})

test('the card of an agent verifies with the published keys, over a rotation too, and its text stays the same between', async () => {
  const file = join(weir.directory, 'card.json')
  const fetchCard = async (): Promise<string> => {
    const headers = { authorization: `Bearer ${keyOf('console')}` }
    return (await fetch(`${weir.url}/a2a/orchestrator/.well-known/agent-card.json`, { headers })).text()
  }
  const verdict = async (text: string): Promise<unknown> => {
    writeFileSync(file, text)
    return verifyCardFile({ card: file, jwks: `${weir.url}/.well-known/jwks.json` })
  }
  const first = await fetchCard()
  expect(await fetchCard()).toBe(first)
  await rotate('card')
  const second = await fetchCard()
  expect(second).not.toBe(first)
  expect(await verdict(first)).toMatchObject({ valid: true })
  expect(await verdict(second)).toMatchObject({ valid: true })
  expect(await verdict(second.replace('orchestrator', 'orchestrat0r'))).toMatchObject({ valid: false })
  await rotate('card', { revoke: true })
  expect(await verdict(second)).toMatchObject({ valid: false })
})

test('a use that is none is 400', async () => {
  await expect(rotate('password')).rejects.toThrow('answered 400')
})
