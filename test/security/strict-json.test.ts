/**
 * JSON with two readings is a way past whoever read the first: a member said twice, in two spellings, or by a name that
 * every object has already. It is refused wherever it comes in.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { forge } from '../support/identity-kit.ts'
import { callHeaders, sendMessage } from '../support/caller.ts'
import { type RoleName, roleNames, RolesWorld } from '../support/roles.ts'
import { completedTask, type ScriptedAgent, startScriptedAgent } from '../support/scripted-agent.ts'
import { credentials, exchange, openTokenTrial } from '../support/token-endpoint.ts'
import { apiKey, startWeir, type Weir } from '../support/weir.ts'

/** Writes one member more, as text, at the front or the end of an object. */
const more = (json: string, member: string, where: 'first' | 'last'): string =>
  where === 'first' ? json.replace('{', `{${member},`) : json.replace(/\}$/, `,${member}}`)

/** Every second spelling of a member that is there: the same letters, one of them escaped. */
const spellings = (name: string): readonly string[] => [
  JSON.stringify(name),
  `"${String.raw`\u`}${name.charCodeAt(0).toString(16).padStart(4, '0')}${name.slice(1)}"`,
]

const hostile = ['"__proto__":{"admin":true}', String.raw`"\u005f_proto__":{"admin":true}`, '"__proto__":null']

describe('threat 9: a signed token', () => {
  test.each<RoleName>([...roleNames])('as %s with a member said twice or __proto__ is refused', async (name) => {
    const world = new RolesWorld()
    const role = await world.role(name)
    for (const part of ['header', 'claims'] as const) {
      const json = JSON.stringify(role[part])
      const members = Object.entries(role[part])
        .filter(([, value]) => value !== undefined)
        .flatMap(([member, value]) => spellings(member).map((spelled) => `${spelled}:${JSON.stringify(value)}`))
      for (const member of [...members, ...hostile])
        for (const where of ['first', 'last'] as const) {
          const twice = more(json, member, where)
          const raw = part === 'header' ? forge(role.key, twice, role.claims) : forge(role.key, role.header, twice)
          expect([part, member, await role.show(raw)]).not.toContain('ok')
        }
    }
    expect(await role.show(forge(role.key, role.header, role.claims))).toBe('ok')
  })

  test.each<RoleName>([...roleNames])('as %s is one JSON object and nothing around it', async (name) => {
    const world = new RolesWorld()
    const role = await world.role(name)
    const json = JSON.stringify(role.claims)
    const texts = [`[${json}]`, `${json}${json}`, `${json}x`, `\uFEFF${json}`, `${json}\u0000`, `/**/${json}`]
    for (const text of [...texts, json.replace(/\}$/, ',}'), json.replaceAll('"', "'"), 'null', '', '"text"', 'NaN'])
      expect([text, await role.show(forge(role.key, role.header, text))]).not.toContain('ok')
  })
})

describe('threat 9: a call', () => {
  let upstream: ScriptedAgent
  let weir: Weir

  beforeAll(async () => {
    upstream = await startScriptedAgent(() => completedTask('done'))
    weir = await startWeir({
      identity: { api_keys: [apiKey('console', 'tomas')] },
      agents: { console: { groups: ['entrypoints'], may_start_runs: true }, orchestrator: { url: upstream.url } },
    })
  })

  afterAll(async () => {
    await weir.stop()
    await upstream.stop()
  })

  const ask = async (body: string): Promise<{ readonly error?: { readonly code: number } }> => {
    const answer = await fetch(`${weir.url}/a2a/orchestrator`, {
      method: 'POST',
      headers: callHeaders('console'),
      body,
    })
    return (await answer.json()) as { readonly error?: { readonly code: number } }
  }

  const good = sendMessage('hello')
  const envelope = ['"jsonrpc":"2.0"', '"id":1', '"method":"SendMessage"', '"params":{}']
  const cases: readonly string[] = [
    ...envelope.flatMap((member) => [more(good, member, 'first'), more(good, member, 'last')]),
    more(good, String.raw`"m\u0065thod":"GetTask"`, 'last'),
    more(good, '"Method":"GetTask"', 'last'),
    more(good, String.raw`"p\u0061rams":{}`, 'first'),
    ...hostile.map((member) => more(good, member, 'last')),
    good.replace('"message":{', '"message":{},"message":{'),
    good.replace('"messageId"', '"taskId":"a","taskId":"b","messageId"'),
    good.replace('"messageId"', '"task_id":"a","messageId"'),
    good.replace('"messageId"', '"__proto__":{"taskId":"t"},"messageId"'),
    good.replace('"text"', '"__proto__":{},"text"'),
  ]

  test.each(cases)('%s is an invalid request and never leaves', async (body) => {
    expect(await ask(body)).toMatchObject({ error: { code: -32_600 } })
    expect(upstream.asked).toHaveLength(0)
  })

  test('without all that goes through', async () => {
    expect(await ask(good)).toHaveProperty('result')
    expect(upstream.asked).toHaveLength(1)
  })
})

describe('threat 9: the details of a token request', () => {
  const detail = '{"type":"agent_invoke","targets":["research"]}'
  test.each([
    more(detail, '"targets":["vault"]', 'last'),
    more(detail, String.raw`"t\u0061rgets":["vault"]`, 'first'),
    more(detail, '"type":"agent_invoke"', 'first'),
    ...hostile.map((member) => more(detail, member, 'last')),
    '{"type":"mcp_tool","args":{"/limit":{"max":1,"max":100}}}',
    '{"type":"mcp_tool","args":{"/limit":{"max":1},"/limit":{"max":100}}}',
    '{"type":"mcp_tool","args":{"__proto__":{"max":1}}}',
  ])('%s are refused', async (twice) => {
    const trial = await openTokenTrial()
    const { delivery } = trial.delivered()
    const authorization_details = `[${twice}]`
    for (const request of [
      exchange('orchestrator', delivery.tokenId, 'research', { authorization_details }),
      credentials('orchestrator', 'research', { authorization_details }),
    ]) {
      const answer = await trial.ask(request)
      expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_authorization_details'])
    }
    expect(trial.minted).toEqual([])
    const plain = exchange('orchestrator', delivery.tokenId, 'research', { authorization_details: `[${detail}]` })
    expect((await trial.ask(plain)).status).toBe(200)
  })
})
