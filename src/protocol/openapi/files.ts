/** Files in bodies: described as bytes, given as base64. */
import type { JsonObject } from '../../base/json.ts'
import { type ApiDocument, memberOf, textOf } from './document.ts'

const base64 = { type: 'string', contentEncoding: 'base64' } as const

/** A file, or a list of them (OpenAPI 3.0: `format: binary`; 3.1: a media type without an encoding; 2.0: `file`). */
export function isFile(doc: ApiDocument, written: unknown): boolean {
  const schema = doc.valueOf(written)
  if (textOf(schema, 'type') === 'array') return isBinary(doc.valueOf(memberOf(schema, 'items')))
  return isBinary(schema)
}

function isBinary(schema: unknown): boolean {
  if (textOf(schema, 'type') === 'file') return true
  if (textOf(schema, 'format') === 'binary') return true
  const media = textOf(schema, 'contentMediaType')
  return media !== null && memberOf(schema, 'contentEncoding') === undefined && !/^text\/|json$/.test(media)
}

export function fileSchema(doc: ApiDocument, written: unknown): JsonObject {
  const schema = doc.valueOf(written)
  const description = textOf(schema, 'description')
  const said = description === null ? {} : { description }
  if (textOf(schema, 'type') === 'array') return { ...said, type: 'array', items: oneFile }
  return { ...said, ...oneFile }
}

const oneFile = {
  anyOf: [
    { ...base64, description: 'The file in base64.' },
    {
      type: 'object',
      properties: {
        base64: { ...base64, description: 'The file in base64.' },
        filename: { type: 'string' },
        media_type: { type: 'string' },
      },
      required: ['base64'],
      additionalProperties: false,
    },
  ],
}

export function wholeFile(type: string): JsonObject {
  return { ...base64, description: `${type} in base64.` }
}
