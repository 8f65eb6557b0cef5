/** The configuration table: an API that is described by OpenAPI and whose operations are tools. */
import { z } from 'zod'
import { prose } from './fields.ts'

export const openApiDocument = z
  .strictObject({
    document: prose({ description: 'The description: a file, absolute or beside the configuration; JSON or YAML.' }),
  })
  .meta({
    description: 'The description of an API at `url` whose operations become tools; Swagger 2.0, OpenAPI 3.0 or 3.1.',
  })
