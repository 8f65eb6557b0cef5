import { expect, test } from 'vitest'
import { RunGraph } from '../../../src/domain/run-graph.ts'
import { agentId } from '../policy/fixtures.ts'

test('calls that were refused never take the room of those that may be let through', () => {
  const graph = new RunGraph(8)
  const [root, research] = [agentId('root'), agentId('research')]
  for (let call = 0; call < 100; call += 1) graph.refuse(research, `agent:guess-${call}`, 2)
  expect(graph.edges).toHaveLength(4)
  expect(graph.fits(root, research)).toBe(true)
  graph.admit(root, research, 1)
  graph.refuse(root, research, 1)
  expect(graph.edges.at(-1)).toMatchObject({ from: root, calls: 1, refused: 1 })
})
