/**
 * What must not cross at the door of models: a caller's credentials and claims to providers, a provider's credentials and
 * account to callers, words of either to records and logs; and what is hidden to whoever may not see it.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ledgerOf } from '../support/ledger-entries.ts'
import { policyOpen } from '../support/loop.ts'
import { apiKey, keyOf, startWeir, type Weir } from '../support/weir.ts'

const providerKey = 'sk-canary0of0the0operator0123456789'
const organisation = 'org-canary0organisation01234'
const said = 'canary-in-the-prompt'
const answered = 'canary-in-the-answer'

const leaky = {
  'x-request-id': 'req-1',
  'openai-organization': organisation,
  'openai-project': 'proj_canary0project012345',
  'x-ratelimit-limit-requests': '17',
  'set-cookie': 'session=canary-cookie',
  authorization: `Bearer ${providerKey}`,
  'weir-cost': 'canary-cost',
  'x-odd': 'canary-header',
}

const manners: Readonly<Record<string, (response: ServerResponse, streams: boolean) => void>> = {
  fine: (response, streams) => {
    const usage = { prompt_tokens: 1, completion_tokens: 1 }
    if (!streams) return respond(response, 200, { choices: [{ message: { content: answered } }], usage })
    response.writeHead(200, { ...leaky, 'content-type': 'text/event-stream' })
    response.write(`data: ${JSON.stringify({ choices: [{ delta: { content: answered } }] })}\n\n`)
    response.end(`data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`)
  },
  refused: (response) => respond(response, 401, { error: { message: `bad key ${providerKey} of ${organisation}` } }),
  wrong: (response) => respond(response, 400, { error: { message: `${said}: ${providerKey}, ${organisation}` } }),
  broken: (response) => respond(response, 500, { error: { message: `${said} ${providerKey}` } }),
  echoes: (response) => respond(response, 200, { choices: [{ message: { content: providerKey } }] }),
  cut: (response) => {
    response.writeHead(200, { ...leaky, 'content-type': 'text/event-stream' })
    response.write(`data: ${JSON.stringify({ choices: [{ delta: { content: answered } }] })}\n\n`)
    setTimeout(() => response.destroy(), 20)
  },
}

function respond(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { ...leaky, 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

let provider: Server
let weir: Weir
const heard: IncomingMessage['headers'][] = []

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  heard.push(request.headers)
  const { model, stream } = JSON.parse(String(await buffer(request))) as { model: string; stream?: boolean }
  manners[model]?.(response, stream === true)
}

const rules = mkdtempSync(join(tmpdir(), 'weir-policy-'))

const policy = `
@id("start") permit (principal, action == Weir::Action::"startRun", resource);
@id("models") permit (principal, action == Weir::Action::"useModel", resource)
when { principal == Weir::Agent::"alice" };
`

beforeAll(async () => {
  cpSync(join(policyOpen, 'schema.cedarschema'), join(rules, 'schema.cedarschema'))
  writeFileSync(join(rules, 'models.cedar'), policy)
  provider = createServer((request, response) => void serve(request, response))
  await new Promise<void>((done) => void provider.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`
  const models = Object.fromEntries(Object.keys(manners).map((name) => [name, {}]))
  const keys = [{ key: providerKey }]
  weir = await startWeir({
    identity: { api_keys: [apiKey('alice', 'ana'), apiKey('mallory')] },
    agents: {
      alice: { may_start_runs: true },
      mallory: { may_start_runs: true },
      vault: { url: 'http://127.0.0.1:9/' },
    },
    models: {
      providers: Object.fromEntries(Object.keys(manners).map((id) => [id, { api: 'openai', url, models, keys }])),
      routes: { hidden: { to: [{ model: 'fine/fine' }] } },
    },
    policy: { dir: rules },
  })
})

afterAll(async () => {
  await weir.stop()
  provider.closeAllConnections()
  provider.close()
  rmSync(rules, { recursive: true })
})

const baggage = {
  cookie: 'session=canary-of-the-caller',
  baggage: 'secret=canary-of-the-caller',
  'weir-tags': 'project=canary-of-the-caller',
  'weir-run-id': 'run_canary-of-the-caller',
  'session-id': 'canary-of-the-caller',
  'x-litellm-trace-id': 'canary-of-the-caller',
  'openai-organization': 'canary-of-the-caller',
  'openai-project': 'canary-of-the-caller',
  'x-forwarded-for': 'canary-of-the-caller',
  'proxy-authorization': 'Basic canary-of-the-caller',
}

function ask(from: string, body: object, path = '/v1/chat/completions'): Promise<Response> {
  const authorization = `Bearer ${keyOf(from)}`
  return fetch(`${weir.url}${path}`, {
    method: 'POST',
    headers: { ...baggage, authorization, 'x-api-key': keyOf(from), 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: said }], input: said, max_tokens: 9, ...body }),
  })
}

async function everythingOf(response: Response): Promise<string> {
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n')
  return `${headers}\n\n${await response.text().catch(() => 'cut')}`
}

test('nothing crosses that must not, whatever a provider does', async () => {
  for (const model of Object.keys(manners))
    for (const stream of [false, true]) {
      const shown = await everythingOf(await ask('alice', { model: `${model}/${model}`, stream }))
      for (const secret of [
        providerKey,
        organisation,
        'canary0project',
        'canary-cookie',
        'canary-header',
        'canary-cost',
        ': 17',
      ])
        expect(shown, `${model}, ${String(stream)}`).not.toContain(secret)
    }
  expect(heard.length).toBeGreaterThan(8)
  const told = JSON.stringify(heard)
  expect(told).not.toContain('canary-of-the-caller')
  expect(told).not.toContain(keyOf('alice'))
  const records = JSON.stringify(await ledgerOf(weir))
  for (const secret of [providerKey, organisation, said, answered, keyOf('alice')]) {
    expect(records).not.toContain(secret)
    expect(weir.log()).not.toContain(secret)
    expect(stateOf(weir)).not.toContain(secret)
  }
})

/** All files of the state, as they stand on the disk. */
function stateOf({ directory }: Weir): string {
  const state = join(directory, 'state')
  return readdirSync(state, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name)).toString('latin1'))
    .join('\n')
}

const get = async (id: string): Promise<Response> =>
  await fetch(`${weir.url}/v1/models/${id}`, { headers: { authorization: `Bearer ${keyOf('mallory')}` } })

test.each([
  ['fine/fine', 'no-such-model'],
  ['fine', 'no-such-model'],
  ['hidden', 'no-such-model'],
  ['fine/anything', 'nobody/fine'],
  ['a2a/vault', 'a2a/nobody'],
])('to whoever may use no model %s is as if it were not there, like %s', async (hidden, missing) => {
  const normal = (text: string): string => text.replaceAll(/(hop|run)_[0-9a-f]+/g, 'id').replaceAll(/date: .*/g, 'date')
  for (const path of ['/v1/chat/completions', '/v1/responses']) {
    const [one, other] = [await ask('mallory', { model: hidden }, path), await ask('mallory', { model: missing }, path)]
    expect([one.status, other.status]).toEqual([404, 404])
    expect(normal(await everythingOf(one))).toBe(normal(await everythingOf(other)))
  }
  const [one, other] = [await get(hidden), await get(missing)]
  expect([one.status, other.status]).toEqual([404, 404])
  expect(normal(await everythingOf(one))).toBe(normal(await everythingOf(other)))
})
