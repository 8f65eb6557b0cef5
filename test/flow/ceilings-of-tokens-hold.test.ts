/**
 * A token with a ceiling, a flood of calls with it and below it, and a kill -9 in between: what was spent is in the
 * ledger, and it is never more than the ceiling.
 */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { CallRecord } from '../../src/domain/record.ts'
import { readLedger } from '../../src/ledger/read.ts'
import { refusalOf, say } from '../support/caller.ts'
import { assertionOf } from '../support/client-endpoint.ts'
import { jwtKey } from '../support/jwt-key.ts'
import { completedTask, startScriptedAgent } from '../support/scripted-agent.ts'
import { namesIn } from '../support/names.ts'
import { apiKey, startWeir, type Weir } from '../support/weir.ts'

const origin = 'http://weir.test'
const key = jwtKey('ES256', 'console')
const price = { call_micros: 1000 }
const ceiling_micros = 20_000

/** A call token of the console for the orchestrator, which starts a run. */
async function tokenFor(weir: Weir): Promise<string> {
  const now_s = Math.floor(Date.now() / 1000)
  const me = { iss: 'agent:console', sub: 'agent:console', aud: origin, jti: randomUUID(), iat: now_s, exp: now_s + 60 }
  const form = {
    grant_type: 'client_credentials',
    audience: `${origin}/a2a/orchestrator`,
    budget_usd_u: String(ceiling_micros),
    ...assertionOf(key.sign({}, me)),
  }
  const answer = await fetch(`${weir.url}/oauth/token`, { method: 'POST', body: new URLSearchParams(form) })
  const said = (await answer.json()) as { readonly access_token?: string }
  if (said.access_token === undefined) throw new Error(JSON.stringify(said))
  return said.access_token
}

/** How many of so many calls at once were answered. */
async function flood(weir: Weir, token: string, calls: number): Promise<number> {
  const saying = { from: 'console', to: 'orchestrator', authorization: `Bearer ${token}` }
  const answers = await Promise.all(Array.from({ length: calls }, async () => refusalOf(await say(weir, saying))))
  expect(new Set(answers.filter((code) => code !== null && code !== 'budget_exhausted'))).toEqual(new Set())
  return answers.filter((code) => code === null).length
}

async function callsIn(directory: string): Promise<readonly CallRecord[]> {
  const calls: CallRecord[] = []
  for await (const item of readLedger(join(directory, 'state', 'ledger'), 0, namesIn(join(directory, 'state'))))
    if (item.kind === 'entry' && item.entry.kind === 'call') calls.push(item.entry)
  return calls
}

test('the holder of a token and all below it spend its ceiling to the last call and not once more, restart or not', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'weir-ceilings-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  writeFileSync(join(directory, 'console.jwks'), JSON.stringify({ keys: [key.jwk] }))
  const research = await startScriptedAgent(() => completedTask('found'))
  let weir: Weir | null = null
  const below: (string | null)[] = []
  const orchestrator = await startScriptedAgent(async ({ headers }) => {
    const txn = { 'txn-token': String(headers['txn-token']) }
    if (weir) below.push(refusalOf(await say(weir, { from: 'orchestrator', to: 'research', headers: txn })))
    return completedTask('done')
  })
  onTestFinished(async () => void (await Promise.all([orchestrator.stop(), research.stop()])))
  const config = {
    policy: { dir: join(import.meta.dirname, '../../config/policy-open') },
    identity: { api_keys: [apiKey('orchestrator')] },
    agents: {
      console: { may_start_runs: true, client: { jwks: `file:${join(directory, 'console.jwks')}`, autonomous: true } },
      orchestrator: { url: orchestrator.url, price },
      research: { url: research.url, price },
    },
  }
  weir = await startWeir(config, directory)
  const token = await tokenFor(weir)
  let answered = await flood(weir, token, 4)
  expect([answered, below]).toEqual([4, [null, null, null, null]])
  // What no disk has seen by then is forgotten by every restart.
  const end = Date.now() + 20_000
  while ((await callsIn(directory)).length < 8 && Date.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 20))
  await weir.kill('SIGKILL')
  weir = await startWeir(config, directory)
  const started = weir
  answered += await flood(weir, token, 40)
  answered += await flood(weir, token, 4)
  await started.kill('SIGTERM')

  const paid = (await callsIn(directory)).filter(({ decision }) => decision === 'allow')
  expect(paid).toHaveLength(ceiling_micros / price.call_micros)
  expect(answered + below.filter((code) => code === null).length).toBe(paid.length)
  expect(new Set(paid.map(({ grants }) => grants?.length))).toEqual(new Set([1]))
  const refused = new Set(below.filter((code) => code !== null))
  expect([...refused].filter((code) => code !== 'budget_exhausted')).toEqual([])
}, 60_000)
