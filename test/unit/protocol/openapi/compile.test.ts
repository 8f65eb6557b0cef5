/** What becomes of a description: names, arguments, schemas, budgets, and what is left out and why. */
import { expect, test } from 'vitest'
import type { JsonObject } from '../../../../src/base/json.ts'
import { compileApi, usualOptions } from '../../../../src/protocol/openapi/compile.ts'
import type { CompiledApi, CompileOptions } from '../../../../src/protocol/openapi/contract.ts'

const text = { type: 'string' }
const json = (schema: unknown): JsonObject => ({ content: { 'application/json': { schema } } })

function compile(paths: JsonObject, more: JsonObject = {}, options: Partial<CompileOptions> = {}): CompiledApi {
  return compileApi(
    { openapi: '3.0.3', info: { title: 'T', version: '1' }, paths, ...more },
    { ...usualOptions, ...options },
  )
}

function inputOf(api: CompiledApi, at = 0): JsonObject {
  const [tool, skipped] = [api.tools[at], api.skipped]
  expect(skipped).toEqual([])
  return tool?.definition.inputSchema ?? {}
}

/** The input schema of a POST with that body. */
function bodyOf(schema: unknown, components: JsonObject = {}, more: JsonObject = {}): JsonObject {
  const operation = { operationId: 'op', requestBody: { required: true, ...json(schema) } }
  return inputOf(compile({ '/x': { post: operation } }, { components: { schemas: components }, ...more }))
}

test('parameters and the members of a body are arguments side by side, and groups where two have one name', () => {
  const parameters = [{ name: 'id', in: 'path', required: true, schema: text, description: 'which' }]
  const member = (name: string): JsonObject => ({
    operationId: name,
    parameters,
    requestBody: { required: true, ...json({ type: 'object', properties: { [name]: text }, required: [name] }) },
  })
  const api = compile({ '/x/{id}': { put: member('name'), post: member('id') } })
  expect(inputOf(api, 0)).toEqual({
    type: 'object',
    properties: { id: { type: 'string', description: 'which' }, name: text },
    required: ['id', 'name'],
    additionalProperties: false,
  })
  expect(inputOf(api, 1)).toMatchObject({
    properties: { path: { required: ['id'] }, body: { required: ['id'] } },
    required: ['path', 'body'],
  })
})

test('a credential is never an argument', () => {
  const parameters = ['X-Key', 'Authorization', 'Host', 'x-ok'].map((name) => ({ name, in: 'header', schema: text }))
  const api = compile(
    { '/x': { get: { operationId: 'op', parameters: [...parameters, { name: 'token', in: 'query', schema: text }] } } },
    {
      components: {
        securitySchemes: {
          a: { type: 'apiKey', in: 'header', name: 'x-key' },
          b: { type: 'apiKey', in: 'query', name: 'token' },
        },
      },
    },
  )
  expect(Object.keys(inputOf(api)['properties'] as JsonObject)).toEqual(['x-ok'])
})

test('what is nullable may be null, and what only answers or only requests have is not in the other', () => {
  const schema = {
    type: 'object',
    properties: {
      a: { type: 'string', nullable: true, enum: ['x'] },
      b: { $ref: '#/components/schemas/R', nullable: true },
      id: { type: 'integer', readOnly: true },
    },
    required: ['a', 'id'],
  }
  expect(bodyOf(schema, { R: text })).toMatchObject({
    properties: {
      a: { type: ['string', 'null'], enum: ['x', null] },
      b: { anyOf: [{ $ref: '#/$defs/R' }, { type: 'null' }] },
    },
    required: ['a'],
    $defs: { R: text },
  })
  const answer = {
    type: 'object',
    properties: { id: text, secret: { type: 'string', writeOnly: true } },
    required: ['id', 'secret'],
  }
  const api = compile({ '/x': { get: { operationId: 'op', responses: { 200: json(answer) } } } })
  expect(api.tools[0]?.definition['outputSchema']).toMatchObject({ allOf: [{ properties: { id: text } }] })
  expect(JSON.stringify(api.tools[0]?.definition['outputSchema'])).not.toMatch(/secret|required/)
})

test('references stay references to what comes along: loops, escapes, and nothing that is not reached', () => {
  const node = {
    type: 'object',
    properties: { next: { $ref: '#/components/schemas/Node' }, 'a/b': { $ref: '#/components/schemas/N~1x%20y' } },
  }
  const input = bodyOf(
    { type: 'object', properties: { node: { $ref: '#/components/schemas/Node' } } },
    { Node: node, 'N/x y': text, Other: text },
  )
  const names = Object.keys(input['$defs'] as JsonObject)
  expect(names).toEqual(['Node', expect.stringMatching(/^N_1x_y_[0-9a-f]{8}$/)])
  expect(input).toMatchObject({
    properties: { node: { $ref: '#/$defs/Node' } },
    $defs: { Node: { properties: { next: { $ref: '#/$defs/Node' } } } },
  })
})

test('one operation that cannot be a tool is named with the reason and costs no other', () => {
  const with_ = (ref: string): JsonObject => ({
    operationId: ref.slice(0, 9),
    requestBody: { required: true, ...json({ type: 'object', properties: { a: { $ref: ref } } }) },
  })
  const api = compile(
    {
      '/far': { post: with_('other.yaml#/X') },
      '/none': { post: with_('#/components/schemas/None') },
      '/self': { post: with_('#/components/schemas/A') },
      '/hole/{a}': { get: {} },
      '/odd': { post: { requestBody: { required: true, content: { 'application/cbor': {} } } } },
      '/good': { get: {} },
      '/alien': { get: { parameters: [{ $ref: 'x.json' }] } },
    },
    { components: { schemas: { A: { $ref: '#/components/schemas/B' }, B: { $ref: '#/components/schemas/A' } } } },
  )
  expect(api.tools.map(({ definition }) => definition.name)).toEqual(['get_good'])
  expect(api.skipped.map(({ reason }) => reason.replace(/:.*/, ''))).toEqual([
    'a reference out of the description',
    'a reference to nothing',
    'a reference that leads to itself',
    'no parameter for {a} in its path',
    'a body that cannot be written',
    'a reference out of the description',
  ])
  expect(compileApi({ graphql: true }, usualOptions)).toMatchObject({ tools: [], skipped: [{ operation: '*' }] })
})

test('an answer that leads nowhere costs only the words about it', () => {
  const api = compile({
    '/x': {
      get: { operationId: 'op', responses: { 200: json({ type: 'object', properties: { a: { $ref: 'x#/y' } } }) } },
    },
  })
  expect([api.skipped, api.tools[0]?.definition['outputSchema'], api.tools[0]?.plan.promises]).toEqual([
    [],
    undefined,
    false,
  ])
})

test('a branch says itself which one it is, unless its own schema says it otherwise', () => {
  const cat = { type: 'object', properties: { kind: text } }
  const dog = { type: 'object', properties: { kind: { enum: ['woof'] } } }
  const choice = {
    oneOf: [{ $ref: '#/components/schemas/Cat' }, { $ref: '#/components/schemas/Dog' }],
    discriminator: { propertyName: 'kind' },
  }
  expect(bodyOf({ type: 'object', properties: { pet: choice } }, { Cat: cat, Dog: dog })['properties']).toEqual({
    pet: {
      oneOf: [
        { allOf: [{ $ref: '#/$defs/Cat' }, { properties: { kind: { const: 'Cat' } }, required: ['kind'] }] },
        { $ref: '#/$defs/Dog' },
      ],
    },
  })
})

test('several ways to write a change are chosen by an argument, several to write a thing are not', () => {
  const patch = {
    content: {
      'application/merge-patch+json': { schema: { type: 'object' } },
      'application/json-patch+json': { schema: { type: 'array' } },
    },
  }
  const create = {
    content: {
      'application/xml': { schema: text },
      'application/json': { schema: { type: 'object', properties: { a: text } } },
    },
  }
  const api = compile({
    '/x': {
      patch: { requestBody: { required: true, ...patch } },
      post: { requestBody: { required: true, ...create } },
    },
  })
  const byMethod = new Map(api.tools.map((tool) => [tool.plan.method, tool]))
  expect(byMethod.get('PATCH')?.definition.inputSchema).toMatchObject({
    properties: {
      content_type: { enum: ['application/merge-patch+json', 'application/json-patch+json'] },
      body: { anyOf: [{ type: 'object' }, { type: 'array' }] },
    },
    required: ['content_type', 'body'],
  })
  expect(byMethod.get('POST')?.plan.body?.media.map(({ type }) => type)).toEqual(['application/json'])
})

test('methods say what a tool does to the world', () => {
  const api = compile({ '/x': { get: {}, put: {}, post: {}, delete: {} } })
  const hints = api.tools.map(({ plan, definition }) => [plan.method, definition['annotations']] as const)
  expect(Object.fromEntries(hints)).toEqual({
    GET: { readOnlyHint: true, idempotentHint: true, openWorldHint: true },
    PUT: { readOnlyHint: false, idempotentHint: true, openWorldHint: true },
    POST: { readOnlyHint: false, openWorldHint: true },
    DELETE: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  })
})

test('a definition that is too large loses what answers look like, then words, then what is far inside', () => {
  const long = 'words '.repeat(300)
  const wide = (count: number, schema: unknown): JsonObject => ({
    type: 'object',
    properties: Object.fromEntries(Array.from({ length: count }, (_, at) => [`member_${at}`, schema])),
  })
  const of = (body: unknown, schemas: JsonObject = {}): CompiledApi => {
    const operation = {
      operationId: 'op',
      requestBody: { required: true, ...json(body) },
      responses: { 200: json(wide(100, text)) },
    }
    return compile({ '/x': { post: operation } }, { components: { schemas } }, { tool_bytes: 4096 })
  }
  const sizes = (api: CompiledApi): number => Buffer.byteLength(JSON.stringify(api.tools[0]?.definition))
  const answers = of(wide(50, text))
  expect([answers.tools[0]?.plan.promises, sizes(answers) <= 4096]).toEqual([false, true])
  const words = of(wide(10, { type: 'string', description: long }))
  expect(JSON.stringify(words.tools[0]?.definition)).toContain('word…')
  expect(sizes(words)).toBeLessThanOrEqual(4096)
  const deep = of(
    { type: 'object', properties: { a: { $ref: '#/components/schemas/A' } } },
    { A: { type: 'object', properties: { b: { $ref: '#/components/schemas/B' } } }, B: wide(200, text) },
  )
  expect(deep.tools[0]?.definition).toMatchObject({
    inputSchema: { $defs: { A: { properties: { b: {} } } } },
    description: expect.stringContaining('among them B') as string,
  })
  expect(sizes(deep)).toBeLessThanOrEqual(4096)
  expect(of(wide(400, text)).skipped[0]?.reason).toBe('its arguments alone take more than 4096 bytes')
})

test('what is at another server than the rest is left out, unless that is where it will be called', () => {
  const paths = {
    '/far': { get: { servers: [{ url: 'https://uploads.example' }] } },
    '/near': { get: { servers: [{ url: 'https://api.example/v2' }] } },
  }
  const servers = [{ url: 'https://api.example/v1' }]
  const reason = 'it is at another server: https://uploads.example'
  expect(compile(paths, { servers }).skipped).toEqual([{ operation: 'GET /far', reason }])
  expect(compile(paths, { servers }, { origin: 'https://uploads.example' }).skipped).toEqual([])
})

test('a body that may be left out and can hold nothing is none', () => {
  const schema = { type: 'object', properties: {}, additionalProperties: false }
  const input = inputOf(compile({ '/x': { get: { requestBody: json(schema) } } }))
  expect(input).toEqual({ type: 'object', properties: {}, additionalProperties: false })
})

test('what would spoil the list of all tools is left out of it, and words that JavaScript knows mean nothing', () => {
  const deep = Array.from({ length: 60 }).reduce<object>((inner) => ({ type: 'array', items: inner }), text)
  const proto = JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"}}}') as object
  const of = (schema: object): object => ({
    requestBody: { required: true, ...json({ type: 'object', properties: { a: schema } }) },
  })
  const odd = { constructor: ['$ref', 'http://elsewhere.example'], toString: 1, type: 'constructor' }
  const api = compile({ '/deep': { post: of(deep) }, '/proto': { post: of(proto) }, '/odd': { post: of(odd) } })
  expect(api.skipped.map(({ reason }) => reason)).toEqual([
    expect.stringContaining('nested deeper'),
    expect.stringContaining('__proto__'),
  ])
  expect(api.tools[0]?.definition.inputSchema['properties']).toEqual({ a: {} })
})

test('only what is wanted becomes a tool', () => {
  const paths = {
    '/a': { get: { operationId: 'a', tags: ['t'] }, post: { operationId: 'b', tags: ['t'] } },
    '/c': { get: { operationId: 'c' } },
  }
  const none = { operations: [], tags: [], methods: [] }
  const names = (options: Partial<CompileOptions>): readonly string[] =>
    compile(paths, {}, options).tools.map(({ definition }) => definition.name)
  expect(names({ include: { ...none, tags: ['t'] } })).toEqual(['a', 'b'])
  expect(names({ include: { ...none, operations: ['GET /c'] } })).toEqual(['c'])
  expect(names({ exclude: { ...none, methods: ['POST'] } })).toEqual(['a', 'c'])
})
