/** The OpenAPI document says what is served, no more and no less, and answers are what it says. */
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import type { AnyRoute } from '../../../src/admin/routes.ts'
import { openAdminTrial } from '../../support/admin-routes.ts'

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: object }[]
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: object }>> }>
  >
}

interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
}

const { routes, ask, trial } = await openAdminTrial()
const document = JSON.parse((await ask('GET', '/api/v1/openapi.json', { as: 'finance' })).text) as Document
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
)
const placeOf = ({ method, path }: AnyRoute): string => `${method} ${path.replace(/:([a-z]+)/g, '{$1}')}`

test('every route that is served is in the document, and nothing else', () => {
  expect(operations.map(({ name }) => name).toSorted()).toEqual(routes.map(placeOf).toSorted())
})

test('the document has the structure of OpenAPI 3.1', () => {
  expect(document.openapi).toBe('3.1.0')
  const ids = operations.map(({ operation }) => operation.operationId)
  expect(new Set(ids).size).toBe(ids.length)
  for (const { name, operation } of operations) {
    const placed = operation.parameters
      .filter((parameter) => parameter.in === 'path')
      .map((parameter) => parameter.name)
    expect(placed).toEqual([...name.matchAll(/\{([a-z]+)\}/g)].map(([, each]) => each))
    expect(operation.summary).not.toBe('')
    expect(Object.keys(operation.responses)).toContain('default')
  }
})

test('every schema is one, and every reference leads to one', () => {
  const names = [...JSON.stringify(document).matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name)
  for (const name of names) expect(Object.keys(document.components.schemas)).toContain(name)
  for (const name of Object.keys(document.components.schemas)) expect(names).toContain(name)
  for (const schema of Object.values(document.components.schemas)) expect(ajv.validateSchema(schema)).toBe(true)
})

const ajv = new Ajv2020({ strict: false })
ajv.addSchema({ $id: 'weir', components: document.components })

/** Asks, and holds the answer against what the document says of it. */
async function hold(method: string, path: string, body?: unknown): Promise<unknown> {
  const reply = await ask(method, path, { body })
  const route = routes.find((each) => {
    const form = new RegExp(`^${each.path.replace(/:[a-z]+/g, '[^/]+')}$`)
    return each.method === method && form.test(path.split('?')[0] ?? '')
  })
  const operation = operations.find(({ name }) => route && name === placeOf(route))?.operation
  const told = operation?.responses[reply.status] ?? operation?.responses['default']
  const schema = Object.values(told?.content ?? {})[0]?.schema
  const answer: unknown = JSON.parse(reply.text)
  const text = JSON.stringify(schema).replaceAll('#/components', 'weir#/components')
  const valid = ajv.validate(JSON.parse(text) as object, answer)
  expect([path, reply.status, valid, ajv.errorsText()]).toEqual([path, reply.status, true, 'No errors'])
  return answer
}

test('what is answered is what the document says', async () => {
  await trial.call('console', 'orchestrator')
  const [run] = trial.road.runs.list()
  const id = run?.id ?? ''
  for (const path of [
    '/livez',
    '/api/v1/runs',
    '/api/v1/runs?filter=root:console&limit=5',
    `/api/v1/runs/${id}`,
    '/api/v1/runs/run_0',
    '/api/v1/keys',
    '/api/v1/agents',
    '/api/v1/agents/research',
    '/api/v1/tools',
    '/api/v1/approvals',
    '/api/v1/revocations',
    '/api/v1/hops',
    '/api/v1/runs?filter=nothing:1',
    '/api/v1/runs?limit=0',
    '/api/v1/openapi.json',
  ])
    await hold('GET', path)
  await hold('POST', '/api/v1/runs', { agent: 'console', reason: 'nightly' })
  await hold('POST', `/api/v1/runs/${id}/halt`, { reason: 'enough' })
  await hold('POST', `/api/v1/runs/${id}/halt`, { reason: 'enough' })
  await hold('POST', '/api/v1/agents/research/contain', { reason: 'odd' })
  await hold('GET', '/api/v1/revocations')
})

test('the page of the interface names every route', () => {
  const page = readFileSync('docs/reference/http-api.md', 'utf8')
  const rows = page.split('## The admin listener')[1] ?? ''
  for (const { method, path } of routes) {
    const [, noun = ''] = /^\/api\/v1\/([a-z-]+)/.exec(path) ?? [null, path]
    expect(rows, `${method} ${path}`).toMatch(new RegExp(`\`[^\`]*${noun}`))
  }
})
