import { expect, test } from 'vitest'
import type { AgentId } from '../../../src/domain/ids.ts'
import { loadedOf, problemsOf } from '../../support/temp-config.ts'

const whole = {
  url: 'http://127.0.0.1:9/',
  versions: ['0.3'],
  headers: { 'X-Key': 'k' },
  description: 'Does it all.',
  price: { call_micros: 7 },
  external: true,
  card: { url: 'http://127.0.0.1:9/card.json', refresh_s: 60 },
}

test('a facet is reached as its agent is, and is itself in everything else', async () => {
  const part = { facet_of: 'all', skills: ['search'], groups: ['subagents'], discovery: 'stub' }
  const { settings } = await loadedOf(JSON.stringify({ agents: { part, all: whole } }))
  const row = (slug: string) => settings.agents.get(`agent:${slug}` as AgentId)
  expect(row('part')).toMatchObject({
    id: 'agent:part',
    url: whole.url,
    versions: ['0.3'],
    description: 'Does it all.',
    external: true,
    price: { call_micros: 7 },
    groups: ['subagents'],
    facet_of: 'agent:all',
    skills: ['search'],
    discovery: 'stub',
  })
  expect(row('part')?.headers.map(([name]) => name)).toEqual(['x-key'])
  expect(row('all')).toMatchObject({ facet_of: null, skills: null, discovery: 'hidden', groups: [] })
})

test('a card has usual demands, and the ranges that may be reached are none', async () => {
  const { settings } = await loadedOf(JSON.stringify({ agents: { all: { ...whole, card: { url: whole.card.url } } } }))
  expect(settings.agents.get('agent:all' as AgentId)?.card).toEqual({
    url: whole.card.url,
    digest: null,
    keys: null,
    signatures: 'if_present',
    refresh_s: 3600,
    on_change: 'quarantine',
  })
  expect(settings.gateway.outside.allow).toEqual([])
})

const agents = (rows: object) => ({ agents: { all: { url: whole.url }, ...rows } })

test.each<readonly [string, object, RegExp]>([
  ['of an agent there is not', agents({ part: { facet_of: 'al' } }), /agents\.part\.facet_of.*found "al".*all/],
  ['of itself', agents({ part: { facet_of: 'part' } }), /part is a facet/],
  ['of a facet', agents({ a: { facet_of: 'all' }, part: { facet_of: 'a' } }), /a is a facet/],
  ['of an agent that cannot be called', agents({ a: {}, part: { facet_of: 'a' } }), /a has no url/],
  ['with a url', agents({ part: { facet_of: 'all', url: whole.url } }), /agents\.part\.url.*beside facet_of/],
  ['with headers', agents({ part: { facet_of: 'all', headers: { a: 'b' } } }), /beside facet_of/],
  ['with a credential', agents({ part: { facet_of: 'all', credential: { mode: 'none' } } }), /beside facet_of/],
  ['with a card', agents({ part: { facet_of: 'all', card: whole.card } }), /beside facet_of/],
  ['with no skill', agents({ part: { facet_of: 'all', skills: [] } }), /1 to 128 ids/],
])('a facet %s is a mistake', async (_what, config, problem) => {
  expect((await problemsOf(JSON.stringify(config))).join('\n')).toMatch(problem)
})

test.each<readonly [string, object, RegExp]>([
  ['of an agent without a url', { agents: { a: { card: whole.card } } }, /agents\.a\.url.*missing/],
  [
    'with a digest that is none',
    agents({ b: { url: whole.url, card: { ...whole.card, digest: 'x' } } }),
    /64 lower-case/,
  ],
  [
    'that must be signed by nobody',
    agents({ b: { url: whole.url, card: { ...whole.card, signatures: 'required' } } }),
    /keys/,
  ],
  [
    'with keys that are not there',
    agents({ b: { url: whole.url, card: { ...whole.card, keys: 'file:./no.json' } } }),
    /does not exist/,
  ],
  [
    'at a range that is none',
    { gateway: { outside: { allow: ['10.0.0.0/40'] } } },
    /gateway\.outside\.allow.*10\.0\.0\.0\/8/,
  ],
])('a card %s is a mistake', async (_what, config, problem) => {
  expect((await problemsOf(JSON.stringify(config))).join('\n')).toMatch(problem)
})
