import { expect, test } from 'vitest'
import { loadedOf, problemsOf } from '../../support/temp-config.ts'

const withModels = (models: string): string => `models: ${models}`
const openai = 'openai: { api: openai, url: "https://api.openai.com/v1/", keys: [{ key: sk-1 }] }'
const claude = 'claude: { api: anthropic, url: "https://api.anthropic.com" }'

test('a provider is where its SDK finds it, and its keys are sealed', async () => {
  const { settings } = await loadedOf(withModels(`{ providers: { ${openai} } }`))
  const provider = settings.models.providers.get('openai')
  expect(provider).toMatchObject({ id: 'openai', url: 'https://api.openai.com/v1', prices_as: null, region: '' })
  expect(provider?.keys).toHaveLength(1)
  expect(JSON.stringify(settings.models.providers.get('openai'))).not.toContain('sk-1')
  expect(provider?.keys[0]?.key.reveal()).toBe('sk-1')
})

test('a route names places in the order in which they are asked', async () => {
  const route =
    '{ to: [{ model: openai/gpt-5, weight: 3 }, { model: fake/a/b }], fallback: [fake/echo], choose: least_outstanding }'
  const { settings } = await loadedOf(
    withModels(`{ providers: { ${openai}, fake: { api: fake } }, routes: { smart: ${route} } }`),
  )
  expect(settings.models.routes.get('smart')).toEqual({
    name: 'smart',
    choose: 'least_outstanding',
    to: [
      { provider: 'openai', model: 'gpt-5', weight: 3 },
      { provider: 'fake', model: 'a/b', weight: 1 },
    ],
    fallback: [{ provider: 'fake', model: 'echo' }],
  })
})

test.each([
  ['{ providers: { openai: { api: openai } } }', /providers\.openai: a provider without url/],
  ['{ providers: { fake: { api: fake, url: "http://a/" } } }', /providers\.fake\.url: a fake provider has no url/],
  ['{ providers: { Openai: { api: fake } } }', /key "Openai".*did you mean "openai"/],
  [
    `{ providers: { ${openai} }, routes: { a: { to: [{ model: opnai/gpt-5 }] } } }`,
    /routes\.a\.to\[0\]\.model: model "opnai\/gpt-5" of no provider that is here.*did you mean "openai\/gpt-5"/,
  ],
  [`{ providers: { ${openai} }, routes: { a: { to: [{ model: gpt-5 }] } } }`, /to\[0\]\.model: .*provider\/model/],
  [
    `{ providers: { ${openai}, ${claude} }, routes: { a: { to: [{ model: openai/x }], fallback: [claude/y] } } }`,
    /routes\.a\.fallback\[0\]: a model of another API than those before it/,
  ],
  [`{ providers: { ${openai} }, routes: { a: { to: [] } } }`, /routes\.a\.to/],
  ['{ providers: { o: { api: openai, url: "http://a/", headers: { Authorization: x } } } }', /headers/],
  ['{ providers: { o: { api: openai, url: "http://a/", models: { "a b": {} } } } }', /the name of a model/],
  ['{ providers: { o: { api: openai, url: "http://a/", models: { a: { price: { input: -1 } } } } } }', /price\.input/],
])('%s is a mistake', async (models, problem) => {
  expect((await problemsOf(withModels(models))).join('\n')).toMatch(problem)
})
