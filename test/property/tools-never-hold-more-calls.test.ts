import { array, assert, constantFrom, nat, oneof, property, record } from 'fast-check'
import { expect, test } from 'vitest'
import { isDenial, type Lease } from '../../src/domain/verdict.ts'
import { agentId, limits, World } from '../unit/limits/fixture.ts'

const most = { 'tool:a/one': 3, 'tool:b/two': 1 } as const
const names = Object.keys(most) as (keyof typeof most)[]
const agents = ['a', 'b', 'c'].map((slug) => agentId(slug))

const step = oneof(
  { weight: 5, arbitrary: record({ kind: constantFrom('call'), tool: nat(1), agent: nat(2), run: nat(1) }) },
  { weight: 3, arbitrary: record({ kind: constantFrom('settle', 'refund'), which: nat(20) }) },
)

test('whatever the order of calls and answers, a tool has never more open than it takes and always as many as it may', () => {
  assert(
    property(array(step, { maxLength: 80 }), (walk) => {
      const tools = new Map(names.map((name) => [name as string, { max: most[name], mode: 'enforce' as const }]))
      const world = new World({ ...limits({ run: { concurrency_max: 3 } }), tools })
      const runs = [world.open(), world.open()] as const
      const open: { readonly lease: Lease; readonly tool: string; readonly run: number }[] = []
      for (const one of walk) {
        if (!('tool' in one)) {
          const [closed] = open.splice(one.which % Math.max(1, open.length), 1)
          if (one.kind === 'settle') closed?.lease.settle(closed.lease.reserved)
          else closed?.lease.refund()
          continue
        }
        const tool = names[one.tool] ?? 'tool:a/one'
        const run = runs[one.run as 0 | 1]
        const fits =
          open.filter((each) => each.run === one.run).length < 3 &&
          open.filter((each) => each.tool === tool).length < most[tool]
        const lease = world.try(run, { target: tool, agent: agents[one.agent] ?? agentId('a') })
        expect(!isDenial(lease)).toBe(fits)
        if (!isDenial(lease)) open.push({ lease, tool, run: one.run })
      }
    }),
    { numRuns: 500 },
  )
})
