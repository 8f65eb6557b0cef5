import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../../src/base/clock.ts'
import type { TaskQuery, Tasks } from '../../../src/tasks/contract.ts'
import { deepRow, helper, MemoryPaper, partyOf, queryOf, taskRow, tasksOn } from '../../support/tasks.ts'
import { agent, noon, run } from '../ledger/entries.ts'

const alice = partyOf('alice')

async function filled(count: number): Promise<Tasks> {
  const tasks = tasksOn(new MemoryPaper(), { clock: new ManualClock(noon) })
  for (let n = 0; n < count; n += 1) {
    const facts = { contextId: `c${n % 2}`, updatedAt: noon + Math.floor(n / 2) }
    void tasks.put(taskRow(`t${n}`, n % 3 === 0 ? partyOf('bob') : alice, facts))
  }
  await tasks.close()
  return tasks
}

function walk(tasks: Tasks, query: TaskQuery): readonly string[] {
  const page = tasks.list(query, alice)
  if (!page) throw new Error('the cursor is not taken')
  const ids = page.rows.map(({ taskId }) => taskId)
  return page.nextPageToken === '' ? ids : [...ids, ...walk(tasks, { ...query, pageToken: page.nextPageToken })]
}

describe('a list', () => {
  test('has what the party may see and nothing else, the last changed first, each once, whatever the size of a page', async () => {
    const tasks = await filled(30)
    const mine = Array.from({ length: 30 }, (_, n) => n).filter((n) => n % 3 !== 0)
    const inOrder = mine.toReversed().map((n) => `t${n}`)
    for (const pageSize of [1, 2, 7, 20, 100]) expect(walk(tasks, queryOf({ pageSize }))).toEqual(inOrder)
    expect(tasks.list(queryOf({ pageSize: 3 }), alice)).toMatchObject({ totalSize: 20 })
    expect(tasks.list(queryOf(), partyOf('carol'))).toEqual({ rows: [], nextPageToken: '', totalSize: 0 })
  })

  test('is narrowed by conversation, state and time', async () => {
    const tasks = await filled(30)
    tasks.update(helper, 't4', { state: 'TASK_STATE_COMPLETED', updatedAt: noon + 99 })
    expect(walk(tasks, queryOf({ state: 'TASK_STATE_COMPLETED' }))).toEqual(['t4'])
    expect(walk(tasks, queryOf({ since: noon + 14 }))).toEqual(['t4', 't29', 't28'])
    expect(walk(tasks, queryOf({ contextId: 'c1' })).every((id) => Number(id.slice(1)) % 2 === 1)).toBe(true)
    expect(tasks.list(queryOf({ target: agent('twin') }), alice)?.rows).toEqual([])
  })

  test('holds for an agent what those behind it in its run have started', async () => {
    const tasks = tasksOn(new MemoryPaper())
    void tasks.put(deepRow('deep', [agent('root'), agent('leaf')], run(1)))
    void tasks.put(deepRow('own', [agent('root')], run(1)))
    const seen = (inRun: number | null): readonly string[] | undefined =>
      tasks.list(queryOf(), { ...partyOf('root', inRun, 'tomas') })?.rows.map(({ taskId }) => taskId)
    expect(seen(1)).toEqual(['own', 'deep'])
    expect(seen(2)).toEqual(['own'])
    expect(seen(null)).toEqual(['own'])
  })
})

describe('a cursor', () => {
  test('is good for its party and filters only, and in any run', async () => {
    const tasks = await filled(30)
    const pageToken = tasks.list(queryOf({ pageSize: 2, since: noon }), alice)?.nextPageToken ?? ''
    const again = queryOf({ pageSize: 5, since: noon, pageToken })
    expect(tasks.list(again, alice)?.rows).toHaveLength(5)
    expect(tasks.list(again, partyOf('alice', 7))?.rows).toHaveLength(5)
    expect(tasks.list(again, partyOf('bob'))).toBeNull()
    expect(tasks.list(again, partyOf('alice', null, 'bob'))).toBeNull()
    for (const other of [{ since: null }, { since: noon + 1 }, { contextId: 'c1' }, { target: agent('twin') }])
      expect(tasks.list({ ...again, ...other }, alice)).toBeNull()
  })

  test('that was changed anywhere, cut or made up is refused', async () => {
    const tasks = await filled(30)
    const token = tasks.list(queryOf({ pageSize: 2 }), alice)?.nextPageToken ?? ''
    for (let at = 0; at < token.length; at += 1) {
      const letter = token[at] === 'A' ? 'B' : 'A'
      const pageToken = token.slice(0, at) + letter + token.slice(at + 1)
      expect(tasks.list(queryOf({ pageToken }), alice)).toBeNull()
      expect(tasks.list(queryOf({ pageToken: token.slice(0, at) || '-' }), alice)).toBeNull()
    }
    for (const pageToken of ['x', `${token}A`, `${token}=`, '\0', 'é'.repeat(50), 'A'.repeat(5000)])
      expect(tasks.list(queryOf({ pageToken }), alice)).toBeNull()
  })

  test('survives a restart', async () => {
    const paper = new MemoryPaper()
    const tasks = tasksOn(paper)
    for (const id of ['a', 'b', 'c']) void tasks.put(taskRow(id, alice))
    const pageToken = tasks.list(queryOf({ pageSize: 1 }), alice)?.nextPageToken ?? ''
    await tasks.close()
    expect(tasksOn(paper).list(queryOf({ pageToken }), alice)?.rows).toHaveLength(2)
  })
})
