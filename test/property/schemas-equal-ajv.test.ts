/** What fits a schema here fits it for ajv, and the other way round: two readers of one specification. */
import { Ajv, type ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Check } from '../../src/catalogue/schema-check.ts'
import { SchemaPatterns, SchemaRefs } from '../../src/catalogue/schema-refs.ts'

const name = fc.constantFrom('a', 'b', 'c', 'constructor')
const small = fc.integer({ min: 0, max: 3 })
const leaf = fc.oneof(fc.integer({ min: -3, max: 5 }), fc.constantFrom('', 'a', 'ab', 'é😀', null, true, false, 1.5))
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
}))

/** Schemas of the words that both know. */
function schemas(isOld: boolean): fc.Arbitrary<unknown> {
  return fc.letrec<{ schema: unknown }>((tie) => {
    const schema = tie('schema')
    const words: Record<string, fc.Arbitrary<unknown>> = {
      type: fc.constantFrom('string', 'integer', 'number', 'object', 'array', 'null', 'boolean', ['string', 'null']),
      enum: fc.uniqueArray(value, { minLength: 1, maxLength: 3, selector: (each) => JSON.stringify(each) }),
      const: value,
      maximum: small,
      exclusiveMinimum: small,
      multipleOf: fc.constantFrom(1, 2, 0.5),
      maxLength: small,
      minLength: small,
      pattern: fc.constantFrom('^a', 'b$', '^[a-c]+$', '.'),
      maxItems: small,
      minItems: small,
      uniqueItems: fc.boolean(),
      maxProperties: small,
      minProperties: small,
      required: fc.uniqueArray(name, { maxLength: 2 }),
      properties: fc.dictionary(name, schema, { maxKeys: 3, noNullPrototype: true }),
      patternProperties: fc.dictionary(fc.constantFrom('^a', 'c'), schema, { maxKeys: 2, noNullPrototype: true }),
      additionalProperties: schema,
      propertyNames: schema,
      contains: schema,
      allOf: fc.array(schema, { minLength: 1, maxLength: 2 }),
      anyOf: fc.array(schema, { minLength: 1, maxLength: 2 }),
      oneOf: fc.array(schema, { minLength: 1, maxLength: 3 }),
      not: schema,
      ...Object.fromEntries(['if', 'then', 'else'].map((word) => [word, schema])),
      ...(isOld
        ? {
            items: fc.oneof(schema, fc.array(schema, { minLength: 1, maxLength: 2 })),
            additionalItems: schema,
            dependencies: fc.dictionary(name, schema, { maxKeys: 1, noNullPrototype: true }),
          }
        : {
            items: schema,
            prefixItems: fc.array(schema, { minLength: 1, maxLength: 2 }),
            minContains: small,
            maxContains: small,
            dependentRequired: fc.dictionary(name, fc.uniqueArray(name, { maxLength: 2 }), {
              maxKeys: 1,
              noNullPrototype: true,
            }),
            dependentSchemas: fc.dictionary(name, schema, { maxKeys: 1, noNullPrototype: true }),
            $ref: fc.constantFrom('#/$defs/d', '#'),
          }),
    }
    const some = fc
      .record(words, { requiredKeys: [] })
      .chain((all) => fc.subarray(Object.entries(all), { maxLength: 3 }))
    return {
      schema: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.constant({}),
        fc.boolean(),
        some.map((entries) => Object.fromEntries(entries)),
      ),
    }
  }).schema
}

/** Null for the few references that ajv does not find from where they stand. */
function compiled(ajv: Ajv, schema: unknown): ValidateFunction | null {
  try {
    return ajv.compile(schema as never)
  } catch {
    return null
  }
}

function compare(ajv: Ajv, isOld: boolean): void {
  const patterns = new SchemaPatterns()
  let [compared, refused] = [0, 0]
  fc.assert(
    fc.property(
      schemas(isOld),
      schemas(isOld),
      fc.array(value, { minLength: 3, maxLength: 8 }),
      (body, inner, values) => {
        const dialect = isOld ? { $schema: 'http://json-schema.org/draft-07/schema#' } : {}
        const schema = typeof body === 'boolean' ? body : { ...dialect, ...(body as object), $defs: { d: inner } }
        const validate = compiled(ajv, schema)
        if (validate === null) return
        for (const each of values) {
          const plain: unknown = JSON.parse(JSON.stringify(each))
          const check = new Check(schema, new SchemaRefs(schema), patterns)
          const fits = check.run(plain) === null
          let known: boolean
          try {
            known = validate(plain)
          } catch {
            // A reference that leads to itself: ajv runs out of stack.
            expect(check.unsure).toBe(true)
            continue
          }
          if (check.unsure) continue
          expect(fits, JSON.stringify([schema, plain])).toBe(known)
          compared += 1
          if (!fits) refused += 1
        }
      },
    ),
    { numRuns: 400 },
  )
  expect(compared).toBeGreaterThan(1000)
  expect(refused).toBeGreaterThan(100)
}

const options = {
  strict: false,
  validateFormats: false,
  logger: false,
  validateSchema: false,
  addUsedSchema: false,
  ownProperties: true,
} as const

test('the words of 2020-12 mean what they mean to ajv', () => {
  compare(new Ajv2020(options), false)
})

test('the words of draft 7 mean what they mean to ajv', () => {
  compare(new Ajv(options), true)
})
