/** Whatever is put, changed and swept in whatever order: the table is what a simple list of the same would be. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ManualClock } from '../../src/base/clock.ts'
import { type Party, phaseOf, type TaskRow, taskStates } from '../../src/domain/task.ts'
import { maySee } from '../../src/tasks/owner.ts'
import { helper, MemoryPaper, naming, partyOf, queryOf, taskRow, tasksOn } from '../support/tasks.ts'
import { agent, run } from '../unit/ledger/entries.ts'

const ttl_ms = 1000
const tasks_max = 6

const party = fc
  .record({ name: fc.constantFrom('a', 'b'), inRun: fc.constantFrom(1, 2, null), human: fc.constantFrom('p', 'q') })
  .map(({ name, inRun, human }) => partyOf(name, inRun, human))
const id = fc.constantFrom('1', '2', '3', '4', '5', '6', '7', '8', '9')
const state = fc.constantFrom(...taskStates)

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('put' as const), id, owner: party, state, deep: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('update' as const), id, state }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('sweep' as const), ms: fc.integer({ min: 0, max: 800 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

interface Known {
  row: TaskRow
  endedAt: number | null
}

/** The same as a list, with the rules as they are written down. */
class Model {
  known: Known[] = []

  put(row: TaskRow, now: number): boolean {
    const there = this.known.find((one) => one.row.taskId === row.taskId)
    const same = there?.row.owner.agent === row.owner.agent && there.row.owner.person === row.owner.person
    if (there && !same && there.endedAt === null) return false
    if (there && !same) this.known = this.known.filter((one) => one !== there)
    if (there && same) return this.#set(there, row, now)
    const its = this.known.filter((one) => one.endedAt === null && one.row.owner.agent === row.owner.agent)
    if (its.length >= tasks_max / 2) return false
    if (this.known.length === tasks_max) {
      const [first] = this.over()
      if (!first) return false
      this.known = this.known.filter((one) => one !== first)
    }
    const added = { row, endedAt: null }
    this.known.push(added)
    return this.#set(added, row, now)
  }

  update(taskId: string, change: Partial<TaskRow>, now: number): void {
    const there = this.known.find((one) => one.row.taskId === taskId)
    if (there) this.#set(there, { ...there.row, ...change }, now)
  }

  expire(now: number): void {
    this.known = this.known.filter(({ endedAt }) => endedAt === null || endedAt + ttl_ms > now)
  }

  over(): readonly Known[] {
    return this.known.filter(({ endedAt }) => endedAt !== null).toSorted((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0))
  }

  #set(there: Known, row: TaskRow, now: number): boolean {
    there.row = row
    there.endedAt = phaseOf(row.state) === 'terminal' ? (there.endedAt ?? now) : null
    return true
  }
}

function rowOf({ id, owner, state, deep }: Step & { kind: 'put' }, now: number): TaskRow {
  const chain = deep ? [agent('root'), owner.agent, helper] : [owner.agent, helper]
  return taskRow(id, owner, { state, chain, createdAt: now, updatedAt: now, contextId: `c${id}` })
}

const parties: readonly Party[] = ['a', 'b', 'root'].flatMap((name) =>
  ['p', 'q'].flatMap((human) => [1, 2, null].map((inRun) => partyOf(name, inRun, human))),
)

test('and no party is ever shown, or let name, what it may not see', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const clock = new ManualClock()
      const paper = new MemoryPaper()
      const facts = { clock, tasks_ttl_ms: ttl_ms, maximums: { tasks: tasks_max } }
      let tasks = tasksOn(paper, facts)
      const model = new Model()
      for (const one of steps) {
        // No two tasks end at once, so that which of them ended first is never a matter of taste.
        clock.advance(1)
        const now = clock.now()
        if (one.kind === 'put') {
          const row = rowOf(one, now)
          expect(await tasks.put(row)).toBe(model.put(row, now))
        } else if (one.kind === 'update') {
          const change = { state: one.state, updatedAt: now }
          tasks.update(helper, one.id, change)
          model.update(one.id, change, now)
        } else {
          if (one.kind === 'sweep') clock.advance(one.ms)
          await tasks.close()
          if (one.kind === 'restart') tasks = tasksOn(paper, facts)
          tasks.sweep(clock.now())
          model.expire(clock.now())
        }
        expect(tasks.size).toBe(model.known.length)
      }
      for (const { row } of model.known) expect(tasks.find(helper, row.taskId)).toEqual(row)
      for (const who of parties) {
        const rows = model.known.map(({ row }) => row).filter((row) => maySee(row, who))
        const listed = tasks.list(queryOf({ pageSize: 100 }), who)?.rows ?? []
        expect(new Set(listed)).toEqual(new Set(rows))
        expect(listed).toHaveLength(rows.length)
        for (const taskId of '123456789')
          expect(tasks.mayName(naming(taskId, null), who)).toBe(
            rows.some((row) => row.taskId === taskId) ? null : 'task',
          )
      }
      for (const number of [1, 2]) {
        const open = model.known.filter(({ row, endedAt }) => row.owner.run === run(number) && endedAt === null)
        expect(tasks.openIn(run(number))).toHaveLength(open.length)
      }
    }),
    { numRuns: 400 },
  )
})
