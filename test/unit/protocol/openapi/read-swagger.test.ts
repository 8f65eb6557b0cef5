/** Swagger 2.0: bodies and forms that are parameters, parameters that are their own schemas. */
import { expect, test } from 'vitest'
import { compileApi, usualOptions } from '../../../../src/protocol/openapi/compile.ts'

const text = { type: 'string' }

test('Swagger 2.0 is read as what came after it', () => {
  const parameters = [
    { name: 'id', in: 'path', required: true, type: 'integer' },
    { name: 'tags', in: 'query', type: 'array', items: text, collectionFormat: 'multi' },
    { name: 'file', in: 'formData', type: 'file', required: true },
    { name: 'note', in: 'formData', type: 'string' },
  ]
  const document = {
    swagger: '2.0',
    info: {},
    host: 'pets.example',
    basePath: '/v2',
    paths: {
      '/p/{id}': {
        post: { operationId: 'up', parameters, responses: { 200: { schema: { $ref: '#/definitions/P' } } } },
      },
    },
    definitions: { P: { type: 'object', properties: { a: text } } },
  }
  const api = compileApi(document, usualOptions)
  expect([api.skipped, api.servers]).toEqual([[], ['https://pets.example/v2']])
  expect(api.tools[0]?.definition).toMatchObject({
    inputSchema: {
      properties: {
        id: { type: 'integer' },
        tags: { type: 'array' },
        file: { anyOf: [{ contentEncoding: 'base64' }, {}] },
        note: text,
      },
      required: ['id', 'file'],
    },
    outputSchema: { allOf: [{ $ref: '#/$defs/P' }] },
  })
  expect(api.tools[0]?.plan).toMatchObject({
    parameters: [{}, { style: 'form', explode: true }],
    body: { media: [{ form: 'multipart', files: ['file'] }] },
  })
})
