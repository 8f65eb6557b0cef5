/** Tokens for the addresses of Weir's own: each opens one of them, shows what it lets its holder call, and is proved once a call. */
import { decodeJwt } from 'jose'
import { afterAll, expect, test } from 'vitest'
import { completedTask, startAskedAgents } from '../support/agents-as-tools.ts'
import { holder, prove } from '../support/dpop-kit.ts'
import { messageOf, modernPost } from '../support/mcp-weir.ts'
import { keyOf, startWeir } from '../support/weir.ts'

const origin = 'http://weir.test'
const asked = await startAskedAgents({ helper: () => completedTask('done'), other: () => completedTask('done') })
const base = asked.config()
const agents = base['agents'] as Record<string, object>
const weir = await startWeir({
  ...base,
  agents: { ...agents, alice: { ...agents['alice'], client: { autonomous: true } } },
})
afterAll(async () => {
  await weir.stop()
  await asked[Symbol.asyncDispose]()
})

function grant(params: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${weir.url}/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keyOf('alice')}`, ...headers },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...params }),
  })
}

async function tokenFor(path: string, more: Record<string, string> = {}): Promise<string> {
  const said = (await (await grant({ resource: origin + path, ...more })).json()) as { access_token?: string }
  return said.access_token ?? ''
}

const ask = (path: string, method: string, params: object, headers: Record<string, string>): Promise<Response> =>
  modernPost(weir, 'alice', { path, method, params: { ...params }, headers })
const bearer = (raw: string): Record<string, string> => ({ authorization: `Bearer ${raw}` })
const helper = { name: 'ask_helper', arguments: { message: 'Work' } }

test('a token for agents as tools asks them in its own run, and opens nothing else', async () => {
  const raw = await tokenFor('/mcp/_agents')
  const answer = await ask('/mcp/_agents', 'tools/call', helper, bearer(raw))
  expect(answer.headers.get('weir-run-id')).toBe(decodeJwt(raw)['txn'])
  expect(await messageOf(answer)).toMatchObject({ result: { content: [{ text: 'done' }] } })
  expect((await ask('/mcp/_weir', 'tools/list', {}, bearer(raw))).status).toBe(401)
  const itself = await tokenFor('/mcp/_weir')
  expect((await ask('/mcp/_weir', 'tools/list', {}, bearer(itself))).status).toBe(200)
  expect((await ask('/mcp/_agents', 'tools/list', {}, bearer(itself))).status).toBe(401)
})

test('a token for one agent shows one tool, and the others answer as if they were none', async () => {
  const authorization_details = JSON.stringify([{ type: 'agent_invoke', targets: ['helper'] }])
  const raw = await tokenFor('/mcp/_agents', { authorization_details })
  const { result } = await messageOf(await ask('/mcp/_agents', 'tools/list', {}, bearer(raw)))
  expect((result as { tools: { name: string }[] }).tools.map(({ name }) => name)).toEqual(['ask_helper'])
  const refused = await ask('/mcp/_agents', 'tools/call', { ...helper, name: 'ask_other' }, bearer(raw))
  expect(await messageOf(refused)).toMatchObject({ error: { code: -32602, data: {} } })
})

test('a token for single answers is answered without a stream', async () => {
  const authorization_details = JSON.stringify([{ type: 'agent_invoke', methods: ['SendMessage'] }])
  const raw = await tokenFor('/mcp/_agents', { authorization_details })
  const answer = await ask('/mcp/_agents', 'tools/call', helper, bearer(raw))
  expect(await messageOf(answer)).toMatchObject({
    result: { content: [{ text: 'done' }], structuredContent: { state: 'completed' } },
  })
})

test('a proof of possession is taken once a call, though the call goes on in other words', async () => {
  const me = await holder()
  const token = `${origin}/oauth/token`
  const params = { resource: `${origin}/mcp/_agents` }
  const first = await grant(params, { dpop: prove(me, { htu: token, at: Date.now() }) })
  await first.text()
  const nonce = first.headers.get('dpop-nonce') ?? ''
  const granted = await grant(params, { dpop: prove(me, { htu: token, at: Date.now(), nonce }) })
  const { access_token: raw = '' } = (await granted.json()) as { access_token?: string }
  const shown = (): Record<string, string> => ({
    authorization: `DPoP ${raw}`,
    dpop: prove(me, { htu: `${origin}/mcp/_agents`, at: Date.now(), token: raw, nonce }),
  })
  const answer = await ask('/mcp/_agents', 'tools/call', helper, shown())
  expect(await messageOf(answer)).toMatchObject({ result: { content: [{ text: 'done' }] } })
})
