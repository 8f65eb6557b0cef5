import { expect, test } from 'vitest'
import type { PriceSettings } from '../../../src/config/schema-price.ts'
import type { Settings } from '../../../src/config/settings.ts'
import { isAgentId } from '../../../src/domain/ids.ts'
import { loadedOf, problemsOf } from '../../support/temp-config.ts'

function priceOf({ agents }: Settings, id: string): PriceSettings | undefined {
  return isAgentId(id) ? agents.get(id)?.price : undefined
}

const agent = (price: string, more = ''): string => `agents: { a: { url: "http://h/", price: ${price}${more} } }`
const tool = (price: string): string =>
  `tools: { servers: { s: { url: "http://h/", tools: { t: { price: ${price} } } } } }`
const units = '{ units: { at: /_meta/pages, micros: 10, max: 5 } }'

test('agents, servers and tools have one shape of a price', async () => {
  const { settings } = await loadedOf(
    `${agent('{ reported: { cost_usd: /metadata/cost, max_micros: 9 } }')}\n` +
      `tools: { servers: { s: { url: "http://h/", price: ${units}, tools: { t: { price: { call_micros: 3 } } } } } }`,
  )
  const server = settings.tools.servers.get('s')
  expect(priceOf(settings, 'agent:a')).toMatchObject({ call_micros: 0, reported: { max_micros: 9 } })
  expect(server?.price.units).toEqual({ at: '/_meta/pages', micros: 10, max: 5 })
  // A row stands in place of that of its server.
  expect(server?.tools.get('t')?.price).toEqual({ call_micros: 3, call_tokens: 0 })
})

test('a facet without a price of its own has that of its agent, however it is written', async () => {
  const { settings } = await loadedOf(
    `agents: { a: { url: "http://h/", price: { units: { at: /metadata/n, micros: 1, max: 2 } } }, f: { facet_of: a }, g: { facet_of: a, price: { tokens_as: p/m, reported: { input_tokens: /metadata/i, output_tokens: /metadata/o, max_tokens: 1 } } } }
models: { providers: { p: { api: fake } } }`,
  )
  expect(priceOf(settings, 'agent:f')?.units).toBeDefined()
  expect(priceOf(settings, 'agent:g')?.units).toBeUndefined()
})

test.each([
  ['meta.cost', '/_meta/cost'],
  ['$._meta.cost', '/_meta/cost'],
  ['_meta/cost', '/_meta/cost'],
  ['/meta/cost', '/_meta/cost'],
  ['/result/_meta/cost', '/_meta/cost'],
  ['/structured_content/n', '/structuredContent/n'],
])('of a tool %s is probably %s', async (written, meant) => {
  const [problem = '', ...more] = await problemsOf(tool(`{ units: { at: "${written}", micros: 1, max: 1 } }`))
  expect(more).toEqual([])
  expect(problem).toBe(
    `weir.yaml:1:80 tools.servers.s.tools.t.price.units.at: found "${written}", expected a JSON pointer that begins with /_meta, /structuredContent, /content; did you mean "${meant}"?`,
  )
})

const needs = 'reported: { cost_usd: /metadata/c'

test.each([
  [
    agent('{ reported: { cost_usd: /metadatas/c, max_micros: 1 } }'),
    /^weir\.yaml:1:\d+ agents\.a\.price\.reported\.cost_usd: found .*begins with \/metadata, .*did you mean "\/metadata\/c"\?$/,
  ],
  [agent(`{ ${needs} } }`), /reported\.max_micros: is missing, expected a value, because cost_usd is there/],
  [agent('{ reported: { tokens: /metadata/t } }'), /max_tokens: is missing, expected a value, because tokens is there/],
  [
    agent(`{ ${needs}, cost_micros: /metadata/m, max_micros: 1 } }`),
    /cost_micros: found cost_micros, expected cost_usd or/,
  ],
  [
    agent('{ reported: { input_tokens: /metadata/t, max_tokens: 1 } }'),
    /output_tokens: is missing, expected a value, because input_tokens/,
  ],
  [agent('{ reported: { max_tokens: 1 } }'), /price\.reported: reported points at nothing, expected one of cost_usd/],
  [agent('{ units: { at: /metadata/n, micros: 1000000000000, max: 2 } }'), /found 2 units of 1000000000000/],
  [agent('{ units: { at: /metadata/n, micros: 1, max: 0 } }'), /units\.max: found 0, expected a whole number from 1/],
  [agent('{ units: { at: /metadata/n, micros: 1 } }'), /units\.max: is missing/],
  [agent('{ unit: {} }'), /unit: unknown key, expected one of .*did you mean "units"/],
  [agent('{ tokens_as: openai/gpt }'), /tokens_as: found tokens_as, expected reported\.input_tokens/],
  [agent('{ tokens_as: gpt }'), /tokens_as: found "gpt", expected provider\/model/],
  [
    `${agent('{ tokens_as: opnai/gpt }', ', driver: { kind: langgraph, assistant_id: x }')}\nmodels: { providers: { openai: { api: openai, url: "https://api.openai.com/v1" } } }`,
    /tokens_as: model "opnai\/gpt" of no provider that is here, .*did you mean "openai\/gpt"/,
  ],
  [
    `${agent(`{ tokens_as: p/m, ${needs}, max_micros: 1 } }`)}\nmodels: { providers: { p: { api: fake } } }`,
    /tokens_as: found tokens_as, expected the price of a model, or a cost/,
  ],
])('%s is a mistake', async (text, problem) => {
  expect((await problemsOf(text)).join('\n')).toMatch(problem)
})

test('a framework needs no pointers, and neither does a facet of it', async () => {
  const driver = ', driver: { kind: langgraph, assistant_id: x }'
  const price = '{ tokens_as: p/m, reported: { max_tokens: 9 } }'
  const text = `agents: { a: { url: "http://h/", price: ${price}${driver} }, f: { facet_of: a, price: ${price} } }
models: { providers: { p: { api: fake } } }`
  await expect(problemsOf(text)).resolves.toEqual([])
})
