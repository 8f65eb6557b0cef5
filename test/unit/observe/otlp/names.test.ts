import * as semconv from '@opentelemetry/semantic-conventions/incubating'
import { expect, test } from 'vitest'
import { metricTable, nameTable } from '../../../../src/observe/otlp/names.ts'

const rows = Object.values({ ...nameTable, ...metricTable })
const known = (prefix: string): ReadonlySet<unknown> =>
  new Set(Object.entries(semconv).flatMap(([name, value]) => (name.startsWith(prefix) ? [value] : [])))

test('what is said to be of the conventions stands in their package, and nothing else does', () => {
  const attributes = known('ATTR_')
  const unknown = Object.values(nameTable).filter(({ name, origin }) => attributes.has(name) !== (origin === 'semconv'))
  expect(unknown).toEqual([])
  const metrics = known('METRIC_')
  expect(Object.values(metricTable).filter(({ name }) => !metrics.has(name))).toEqual([])
})

test('the values that the conventions list are theirs', () => {
  const operations = known('GEN_AI_OPERATION_NAME_VALUE_')
  for (const operation of ['invoke_agent', 'execute_tool', 'chat', 'embeddings', 'invoke_workflow'])
    expect(operations).toContain(operation)
  expect([...known('GEN_AI_TOKEN_TYPE_VALUE_')]).toEqual(expect.arrayContaining(['input', 'output']))
})

test('every name stands once, and ours say that they are ours', () => {
  const names = rows.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(rows.filter(({ name, origin }) => name.startsWith('weir.') !== (origin === 'weir'))).toEqual([])
})
