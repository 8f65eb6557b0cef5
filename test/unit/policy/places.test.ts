/** An id in a record leads to the line where its policy begins. */
import { expect, test } from 'vitest'
import { policyPlaces } from '../../../src/policy/places.ts'

test('each id stands where it is written, and what is commented out stands nowhere', () => {
  const text =
    '// @id("old.rule")\n\n@id("graph.entry")\npermit(principal, action, resource);\n  @id("b") forbid(principal, action, resource);\n'
  const places = policyPlaces([
    { name: 'graph.cedar', text },
    { name: 'other.cedar', text: '@id("graph.entry")\n@id("c")' },
  ])
  expect([...places]).toEqual([
    ['graph.entry', { file: 'graph.cedar', line: 3 }],
    ['b', { file: 'graph.cedar', line: 5 }],
    ['c', { file: 'other.cedar', line: 2 }],
  ])
})
