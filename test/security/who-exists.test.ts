/** Nobody learns from an answer which agents, clients, tokens or runs there are: hidden and missing look the same on the wire. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callHeaders, sendMessage } from '../support/caller.ts'
import { jwtKey } from '../support/jwt-key.ts'
import { completedTask, type ScriptedAgent, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, startWeir, type Weir } from '../support/weir.ts'

let weir: Weir
let critic: ScriptedAgent

beforeAll(async () => {
  critic = await startScriptedAgent(() => completedTask('done'))
  weir = await startWeir({
    identity: { api_keys: [apiKey('console', 'tomas'), apiKey('stranger')] },
    agents: {
      console: { groups: ['entrypoints'], may_start_runs: true },
      stranger: { may_start_runs: true, client: { autonomous: true } },
      critic: { url: critic.url, groups: ['subagents'] },
      mute: { groups: ['subagents'] },
    },
  })
})

afterAll(async () => {
  await weir.stop()
  await critic.stop()
})

/** Status, names of headers and body, without what differs by chance and without the name that was asked for. */
async function shapeOf(answer: Response, slug: string): Promise<unknown> {
  const text = (await answer.text()).replaceAll(/hop_[0-9a-f]{16}/g, 'hop').replaceAll(slug, 'SLUG')
  const headers = [...answer.headers].filter(([name]) => name !== 'date' && name !== 'content-length')
  const shown = headers.map(([name, value]) => [
    name,
    value.replaceAll(/hop_[0-9a-f]{16}/g, 'hop').replaceAll(slug, 'SLUG'),
  ])
  return {
    status: answer.status,
    headers: shown.map((pair) => pair.join(': ')).toSorted((a, b) => a.localeCompare(b)),
    text,
  }
}

/** One that is hidden, one that cannot be called, and some that there are not. */
const slugs = ['critic', 'mute', 'nobody', 'q7', 'x'.repeat(63)]

async function sameForAll(ask: (slug: string) => Promise<Response>): Promise<unknown> {
  const shapes = await Promise.all(slugs.map(async (slug) => await shapeOf(await ask(slug), slug)))
  for (const shape of shapes) expect(shape).toEqual(shapes[0])
  return shapes[0]
}

const call = async (path: string, init: RequestInit): Promise<Response> => await fetch(`${weir.url}${path}`, init)

const bodies: Readonly<Record<string, string>> = {
  SendMessage: sendMessage('hello'),
  SendStreamingMessage: sendMessage('hello').replace('SendMessage', 'SendStreamingMessage'),
  'message/send': sendMessage('hello').replace('SendMessage', 'message/send'),
  GetTask: '{"jsonrpc":"2.0","id":1,"method":"GetTask","params":{"id":"t1"}}',
  'no method there is': '{"jsonrpc":"2.0","id":1,"method":"Nothing"}',
  'no JSON': '{',
  nothing: '',
}

describe('threat 57: which agents there are', () => {
  test.each(Object.keys(bodies))('is not told by a call of %s, with a credential or without', async (what) => {
    const version = what.includes('/') ? '0.3' : '1.0'
    const ask = (headers: Readonly<Record<string, string>>) => async (slug: string) =>
      await call(`/a2a/${slug}/`, { method: 'POST', headers, body: bodies[what] ?? '' })
    await sameForAll(ask({ ...callHeaders('stranger'), 'a2a-version': version }))
    expect(await sameForAll(ask({ 'content-type': 'application/json' }))).toMatchObject({ status: 401 })
    expect(await sameForAll(ask(callHeaders('nobody')))).toMatchObject({ status: 401 })
    expect(critic.asked).toEqual([])
  })

  test.each(['agent-card.json', 'agent.json', 'nothing.json'])('is not told by %s', async (file) => {
    for (const headers of [callHeaders('stranger'), callHeaders('nobody'), {}])
      await sameForAll(async (slug) => await call(`/a2a/${slug}/.well-known/${file}`, { headers }))
  })

  test('is not told by the metadata of its resource', async () => {
    await sameForAll(async (slug) => await call(`/.well-known/oauth-protected-resource/a2a/${slug}`, {}))
  })

  test.each(['client_credentials', 'exchange'])('is not told by the token endpoint: %s', async (grant) => {
    const form = { grant_type: 'client_credentials' }
    const shape = await sameForAll(async (slug) => {
      const resource = `http://weir.test/a2a/${slug}`
      const asked = grant === 'exchange' ? { ...form, audience: resource } : { ...form, resource }
      return await token(asked, callHeaders('stranger')['authorization'])
    })
    expect(shape).toMatchObject({ status: 400 })
  })
})

async function token(form: Readonly<Record<string, string>>, authorization?: string): Promise<Response> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const own = authorization === undefined ? headers : { ...headers, authorization }
  return await call('/oauth/token', { method: 'POST', headers: own, body: new URLSearchParams(form).toString() })
}

describe('threat 57: which clients there are', () => {
  test('is not told by a wrong proof of them', async () => {
    const stranger = jwtKey('ES256', 'stranger')
    const now_s = Math.floor(Date.now() / 1000)
    for (const [slug, shape] of await Promise.all(
      ['stranger', 'critic', 'nobody'].map(async (name) => {
        const iss = `agent:${name}`
        const claims = { iss, sub: iss, aud: 'http://weir.test', jti: `j-${name}`, iat: now_s, exp: now_s + 60 }
        const form = {
          grant_type: 'client_credentials',
          client_id: iss,
          audience: 'http://weir.test/a2a/critic',
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: stranger.sign({ typ: 'JWT' }, claims),
        }
        return [name, await shapeOf(await token(form), name)] as const
      }),
    ))
      expect([slug, shape]).toMatchObject([
        slug,
        { status: 401, text: expect.stringContaining('invalid_client') as string },
      ])
  })

  test('is not told by a key that names another one', async () => {
    const asked = { grant_type: 'client_credentials', audience: 'http://weir.test/a2a/critic' }
    const shapes = await Promise.all(
      ['agent:critic', 'agent:nobody', 'nonsense'].map(async (client_id) =>
        shapeOf(await token({ ...asked, client_id }, callHeaders('stranger')['authorization']), client_id),
      ),
    )
    expect(shapes[1]).toEqual(shapes[0])
    expect(shapes[2]).toEqual(shapes[0])
  })
})
