import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../../src/base/clock.ts'
import type { TaskState } from '../../../src/domain/task.ts'
import { agent, hop, noon, run } from '../ledger/entries.ts'
import { deepRow, helper, MemoryPaper, partyOf, taskRow, tasksOn } from '../../support/tasks.ts'

const alice = partyOf('alice')
const bob = partyOf('bob')
const over = { state: 'TASK_STATE_COMPLETED' } as const satisfies { state: TaskState }

describe('a task', () => {
  test('is there at once, and after a restart once its put was answered', async () => {
    const paper = new MemoryPaper()
    const tasks = tasksOn(paper)
    const row = taskRow('t', alice, {
      contextId: 'c',
      memo: '{}',
      snapshot: '{"id":"t"}',
      chain: [alice.agent, helper],
    })
    const put = tasks.put(row)
    expect(tasks.find(helper, 't')).toEqual(row)
    expect(await put).toBe(true)
    expect(tasksOn(paper).find(helper, 't')).toEqual(row)
    expect(tasks.find(agent('twin'), 't')).toBeNull()
  })

  test('changes in memory at once and on the disk with the next batch, all of a turn in one', async () => {
    const paper = new MemoryPaper()
    const tasks = tasksOn(paper)
    const puts = Array.from({ length: 200 }, (_, n) => tasks.put(taskRow(`t${n}`, alice)))
    for (let n = 0; n < 200; n += 1) tasks.update(helper, `t${n}`, { instance: 'http://one' })
    expect(await Promise.all(puts)).not.toContain(false)
    expect(paper.writes).toBe(1)
    tasks.update(helper, 'unknown', over)
    tasks.update(helper, 't1', over)
    await tasks.close()
    expect(tasksOn(paper).find(helper, 't1')).toMatchObject({ ...over, instance: 'http://one' })
  })

  test('with an id, conversation or memo too long to keep is not taken', async () => {
    const tasks = tasksOn(new MemoryPaper())
    const long = 'x'.repeat(513)
    for (const row of [taskRow(long, alice), taskRow('t', alice, { contextId: long })])
      expect(await tasks.put(row)).toBe(false)
    expect(await tasks.put(taskRow('t', alice, { memo: 'x'.repeat(4097) }))).toBe(false)
    expect(tasks.size).toBe(0)
  })

  test('changes in all that can be kept, where a part of a change is too long', async () => {
    const tasks = tasksOn(new MemoryPaper())
    await tasks.put(taskRow('t', alice, { contextId: 'c', memo: 'm' }))
    tasks.update(helper, 't', { ...over, contextId: 'x'.repeat(513), memo: 'x'.repeat(4097) })
    expect(tasks.find(helper, 't')).toMatchObject({ ...over, contextId: 'c', memo: 'm' })
    tasks.update(helper, 't', { memo: null })
    expect(tasks.find(helper, 't')?.memo).toBeNull()
  })

  test('that is open stays with its owner; the id of one that is over may be given to another', async () => {
    const tasks = tasksOn(new MemoryPaper())
    await tasks.put(taskRow('t', alice))
    expect(await tasks.put(taskRow('t', bob))).toBe(false)
    expect(tasks.find(helper, 't')?.owner).toEqual(alice)
    tasks.update(helper, 't', over)
    expect(await tasks.put(taskRow('t', bob))).toBe(true)
    expect(tasks.find(helper, 't')?.owner).toEqual(bob)
    expect(tasks.size).toBe(1)
  })

  test('is never mixed up with one whose id looks like part of another', async () => {
    const tasks = tasksOn(new MemoryPaper())
    const ids = ['a\nb', 'agent:helper', '', '__proto__', 'agent:helper\nt', 'constructor']
    for (const id of ids) await tasks.put(taskRow(id, alice))
    for (const id of ids) expect(tasks.find(helper, id)?.taskId).toBe(id)
    for (const id of ['a', 'b', 't', 'toString']) expect(tasks.find(helper, id)).toBeNull()
  })
})

describe('a halt', () => {
  test('finds the open tasks of its run, the youngest first', async () => {
    const tasks = tasksOn(new MemoryPaper())
    const chain = [agent('root')]
    for (const [n, id] of ['old', 'young', 'done'].entries())
      void tasks.put(deepRow(id, chain, run(1), { createdAt: noon + n, hop: hop(n) }))
    void tasks.put(deepRow('other', chain, run(2)))
    tasks.update(helper, 'done', over)
    expect(tasks.openIn(run(1)).map(({ taskId }) => taskId)).toEqual(['young', 'old'])
    await tasks.put(deepRow('old', chain, run(2)))
    expect(tasks.openIn(run(1)).map(({ taskId }) => taskId)).toEqual(['young'])
    expect(tasks.openIn(run(3))).toEqual([])
  })
})

describe('a table', () => {
  test('that is full lets those go that ended first, and never an open one', async () => {
    const clock = new ManualClock(noon)
    const tasks = tasksOn(new MemoryPaper(), { clock, maximums: { tasks: 3 } })
    for (const id of ['a', 'b']) await tasks.put(taskRow(id, alice))
    tasks.update(helper, 'b', over)
    await tasks.put(taskRow('c', alice))
    clock.advance(1)
    tasks.update(helper, 'a', over)
    expect(await tasks.put(taskRow('d', bob))).toBe(true)
    expect([tasks.find(helper, 'b'), tasks.find(helper, 'a')?.taskId]).toEqual([null, 'a'])
    expect(await tasks.put(taskRow('e', bob))).toBe(true)
    expect(tasks.health()).toContain('maximums.tasks')
    expect(await tasks.put(taskRow('f', bob))).toBe(false)
    expect(await tasks.put(taskRow('c', alice, over))).toBe(true)
    expect(await tasks.put(taskRow('f', alice))).toBe(true)
  })

  test('gives the open tasks of one agent half of its places, so that there is room for others', async () => {
    const tasks = tasksOn(new MemoryPaper(), { maximums: { tasks: 16 } })
    for (let no = 0; no < 8; no += 1) expect(await tasks.put(taskRow(`a${no}`, alice))).toBe(true)
    expect(await tasks.put(taskRow('one-more', alice))).toBe(false)
    expect(await tasks.put(taskRow('b', bob))).toBe(true)
    tasks.update(helper, 'a0', over)
    expect(await tasks.put(taskRow('one-more', alice))).toBe(true)
  })

  test('forgets what is over when its time has come, some at a time, and also at a start', async () => {
    const clock = new ManualClock(noon)
    const paper = new MemoryPaper()
    const facts = { clock, tasks_ttl_ms: 1000, maximums: { tasks: 5000 } }
    const tasks = tasksOn(paper, facts)
    for (let n = 0; n < 1500; n += 1) void tasks.put(taskRow(`t${n}`, alice, n % 2 === 0 ? over : {}))
    void tasks.put(taskRow('late', alice))
    clock.advance(999)
    tasks.update(helper, 'late', over)
    tasks.sweep(clock.now())
    expect(tasks.size).toBe(1501)
    clock.advance(1)
    tasks.sweep(clock.now())
    expect(tasks.size).toBe(751)
    await tasks.close()
    clock.advance(999)
    expect(tasksOn(paper, facts).size).toBe(750)
  })

  test('sweeps a bounded number of rows at a time', () => {
    const clock = new ManualClock(noon)
    const tasks = tasksOn(new MemoryPaper(), { clock, tasks_ttl_ms: 1000, maximums: { tasks: 5000 } })
    for (let n = 0; n < 2500; n += 1) void tasks.put(taskRow(`t${n}`, alice, over))
    clock.advance(1000)
    const sizes = [1, 2, 3].map(() => {
      tasks.sweep(clock.now())
      return tasks.size
    })
    expect(sizes).toEqual([1500, 500, 0])
  })

  test('keeps as many last states as may be kept, and those of the last', async () => {
    const tasks = tasksOn(new MemoryPaper(), { maximums: { task_snapshot_chars: 640 } })
    for (let n = 0; n < 70; n += 1) void tasks.put(taskRow(`t${n}`, alice, { snapshot: 'x'.repeat(10) }))
    expect([5, 6].map((n) => tasks.find(helper, `t${n}`)?.snapshot)).toEqual([null, 'x'.repeat(10)])
    void tasks.put(taskRow('heavy', alice, { snapshot: 'x'.repeat(11) }))
    expect([tasks.find(helper, 'heavy')?.snapshot, tasks.find(helper, 't6')?.snapshot?.length]).toEqual([null, 10])
  })

  test('says how many rows of its disk cannot be read, and goes on with the others', async () => {
    const paper = new MemoryPaper()
    await tasksOn(paper).put(taskRow('t', alice))
    const [[no, text] = [0, '']] = paper.rows.get('tasks') ?? []
    const broken = ['{', '{}', text.replace('agent:alice', 'alice'), text.replace('TASK_STATE_WORKING', 'busy')]
    for (const [at, body] of broken.entries()) paper.rows.get('tasks')?.set(no + at + 1, body)
    const tasks = tasksOn(paper)
    expect([tasks.size, tasks.cuts]).toEqual([1, ['4 rows of tasks cannot be read and were left out']])
    await tasks.close()
    expect(paper.rows.get('tasks')?.size).toBe(1)
  })
})

describe('a disk that fails', () => {
  test('is said at once, and gets all that is owed when it is back', async () => {
    const paper = new MemoryPaper()
    const tasks = tasksOn(paper)
    await tasks.put(taskRow('before', alice, over))
    paper.fault = 'the disk is full'
    expect(await tasks.put(taskRow('a', alice))).toBe(false)
    expect(tasks.health()).toBe('the disk is full')
    expect(await tasks.put(taskRow('b', alice))).toBe(false)
    tasks.update(helper, 'before', { memo: 'm' })
    expect(tasks.find(helper, 'a')?.taskId).toBe('a')
    paper.fault = null
    while (tasks.health() !== null) await new Promise((resolve) => setTimeout(resolve, 5))
    await tasks.close()
    const again = tasksOn(paper)
    expect(['a', 'b'].map((id) => again.find(helper, id)?.taskId)).toEqual(['a', 'b'])
    expect(again.find(helper, 'before')?.memo).toBe('m')
    expect(await tasks.put(taskRow('c', alice))).toBe(true)
  })
})
