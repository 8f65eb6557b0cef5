/** A constraint that a child leaves out is a constraint it does not have: absent is wider than anything that is there. */
import { describe, expect, test } from 'vitest'
import type { Authority, Detail } from '../../src/domain/authority.ts'
import { narrower } from '../../src/domain/authority/narrower.ts'
import { readDetails } from '../../src/domain/authority/read.ts'
import { deliverySubject, exchange, openTokenTrial } from '../support/token-endpoint.ts'

/** One detail of each type with every member it may have. */
const full = [
  { type: 'agent_invoke', targets: ['research'], methods: ['SendMessage'] },
  {
    type: 'mcp_tool',
    server: 'crm',
    tools: ['query'],
    args: { '/a': { max: 5, min: 1 }, '/b': { eq: 1 }, '/c': { in: ['x', 'y'] }, '/d': { prefix: 'x' } },
  },
  { type: 'mcp_resource', server: 'crm', uri_prefix: 'crm://accounts/' },
  { type: 'model_use', models: ['small'], max_output_tokens: 100, max_usd_u: 5 },
  { type: 'http_api', api: 'billing', operations: ['read'] },
  { type: 'db_query', source: 'crm', tables: ['accounts'], columns: ['name'], predicates: ['eu'] },
] as const

function detailOf(json: object): Detail {
  const details = readDetails([json])
  if (typeof details === 'string') throw new Error(details)
  const [detail] = details
  if (!detail) throw new Error('one detail was read')
  return detail
}

const holding = (...details: readonly Detail[]): Authority => ({ scopes: null, details })

/** The object without one member, for each member at any depth. */
function lacking(json: object): readonly (readonly [string, object])[] {
  return Object.entries(json).flatMap(([name, value]) => {
    const rest = Object.fromEntries(Object.entries(json).filter(([other]) => other !== name))
    const inner = typeof value === 'object' && value !== null && !Array.isArray(value) ? lacking(value as object) : []
    const deeper = inner.map(([path, less]) => [`${name} ${path}`, { ...json, [name]: less }] as const)
    return [[name, rest] as const, ...deeper]
  })
}

const cases = full.flatMap((json) =>
  lacking(json).map(([member, less]) => [json.type as string, member, json as object, less] as const),
)

describe('threat 16: a child that leaves out what its parent has', () => {
  test.each(cases)('of %s is refused or wider: %s', (_type, _member, json, less) => {
    const read = readDetails([less])
    if (typeof read !== 'string')
      expect(narrower({ scopes: null, details: read }, holding(detailOf(json)))).not.toBeNull()
    expect(narrower(holding(detailOf(json)), holding(detailOf(json)))).toBeNull()
  })

  test('in whole is wider too: no details, no scopes, and one detail without ceiling among many with', () => {
    const held: Authority = { scopes: ['a'], details: full.map(detailOf) }
    expect(narrower({ ...held, details: null }, held)).not.toBeNull()
    expect(narrower({ ...held, scopes: null }, held)).not.toBeNull()
    for (const { type } of full) {
      const bare = readDetails([{ type }])
      if (typeof bare !== 'string')
        expect(narrower({ ...held, details: [...full.map(detailOf), ...bare] }, held)).not.toBeNull()
    }
  })

  test('gets what the parent has at the token endpoint if it says nothing, and a refusal if it says less', async () => {
    const details = [detailOf({ type: 'agent_invoke', targets: ['research'], methods: ['SendMessage'] })]
    const authority: Authority = { scopes: ['read'], details }
    const trial = await openTokenTrial()
    const { delivery } = trial.delivered()
    trial.subjects.set('narrow', deliverySubject({ ...delivery, authority }))
    expect((await trial.ask(exchange('orchestrator', 'narrow', 'research'))).status).toBe(200)
    expect(trial.minted.at(-1)?.authority).toEqual(authority)
    for (const less of [{}, { targets: ['research'] }, { methods: ['SendMessage'] }]) {
      const authorization_details = JSON.stringify([{ type: 'agent_invoke', ...less }])
      const answer = await trial.ask(exchange('orchestrator', 'narrow', 'research', { authorization_details }))
      expect([less, answer.body['error']]).toEqual([less, 'invalid_authorization_details'])
    }
  })
})
