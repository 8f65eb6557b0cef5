/** However receivers fail and gateways restart: each config is told every event, the first time in order, and nobody else's. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ManualClock } from '../../src/base/clock.ts'
import { draftOf, helper, MemoryPaper, Outside, partyOf, taskRow, tasksOn } from '../support/tasks.ts'

const rows = [taskRow('t', partyOf('alice')), taskRow('u', partyOf('bob'))]
const configs = [
  ['t', 'c'],
  ['t', 'd'],
  ['u', 'c'],
] as const

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('notify' as const), taskId: fc.constantFrom('t', 'u') }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 40_000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
)

async function settled(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

test('and what comes again has the same id', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.array(fc.constantFrom<Outside['answers'][number][]>(204, 204, 500, 302, 'reset', 'first_byte_timeout')),
      async (steps, answers) => {
        const clock = new ManualClock()
        const paper = new MemoryPaper()
        const outside = new Outside()
        outside.answers = [...answers]
        const facts = { clock, post: outside.post }
        let tasks = tasksOn(paper, facts)
        for (const row of rows) await tasks.put(row)
        for (const [taskId, id] of configs) {
          const row = rows.find((one) => one.taskId === taskId) ?? rows[0]
          if (row) await tasks.push.put(draftOf({ id, url: `https://${taskId}.example/${id}` }), row, row.owner)
        }
        const told = new Map<string, string[]>([
          ['t', []],
          ['u', []],
        ])
        let seq = 0
        for (const one of steps) {
          if (one.kind === 'notify') {
            seq += 1
            const body = `${one.taskId} ${seq}`
            expect(await tasks.push.notify(helper, one.taskId, seq, () => Buffer.from(body))).toBe(true)
            told.get(one.taskId)?.push(body)
          } else if (one.kind === 'pass') clock.advance(one.ms)
          else {
            await tasks.close()
            tasks = tasksOn(paper, facts)
          }
          tasks.sweep(clock.now())
          await settled()
        }
        for (let more = 0; tasks.push.waiting > 0 && more < 200; more += 1) {
          clock.advance(300_000)
          tasks.sweep(clock.now())
          await settled()
        }
        expect(tasks.push.dead()).toEqual([])
        for (const [taskId, id] of configs) {
          const asked = outside.asked.filter(({ url }) => url === `https://${taskId}.example/${id}`)
          const bodies = asked.map(({ body }) => Buffer.from(body).toString())
          expect([...new Set(bodies)]).toEqual(told.get(taskId))
          const ids = asked.map(({ headers }) => new Map(headers).get('weir-delivery-id'))
          expect(new Set(ids).size).toBe(new Set(bodies).size)
        }
      },
    ),
    { numRuns: 200 },
  )
})
