/** The configuration table: an API that is described by OpenAPI and whose operations are tools. */
import { z } from 'zod'
import { path, prose, text, whole } from './fields.ts'

const methods = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

const operations = z
  .strictObject({
    operations: z
      .array(prose({ description: 'An `operationId`, or a method and a path: `GET /pets`.' }))
      .default([])
      .meta({ description: 'Operations by name.' }),
    tags: z
      .array(prose({ description: 'A tag.' }))
      .default([])
      .meta({ description: 'Operations that bear one of these tags.' }),
    methods: z.array(z.enum(methods)).default([]).meta({ description: 'Operations by method.' }),
  })
  .prefault({})

export const openApiDocument = z
  .strictObject({
    document: path({ description: 'The description: a file, absolute or beside the configuration; JSON or YAML.' }),
    sha256: text((value) => /^[0-9a-f]{64}$/.test(value), {
      form: '64 hexadecimal digits in lower case',
      description: 'SHA-256 of that file; another file is not taken. Without it, whatever the file says counts.',
    }).optional(),
    include: operations.meta({ description: 'Operations that become tools; all of them where none is named.' }),
    exclude: operations.meta({ description: 'Operations that do not, whatever `include` says.' }),
    tool_bytes: whole(2048, 1_048_576, {
      description:
        'Largest definition of a tool; a larger one goes without its output schema, then with shorter descriptions, then with less of its input schema.',
      unit: 'bytes',
    }).default(32_768),
    blob_bytes: whole(0, 67_108_864, {
      description: 'Largest answer that is no text; a larger one is an error for the caller.',
      unit: 'bytes',
    }).default(1_048_576),
    error_chars: whole(0, 1_048_576, {
      description: 'How much of the text of a failed call its caller is told.',
      unit: 'characters',
    }).default(4096),
  })
  .meta({
    description: 'The description of an API at `url` whose operations become tools; Swagger 2.0, OpenAPI 3.0 or 3.1.',
  })
