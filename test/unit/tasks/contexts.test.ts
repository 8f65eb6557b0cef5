import { describe, expect, test } from 'vitest'
import { helper, MemoryPaper, naming, partyOf, tasksOn } from '../../support/tasks.ts'
import { agent } from '../ledger/entries.ts'

const alice = partyOf('alice', 1)

describe('a conversation', () => {
  test('belongs to who used it first and to its run, also after a restart', async () => {
    const paper = new MemoryPaper()
    const first = tasksOn(paper)
    expect(first.mayName(naming(null, 'c'), partyOf('bob'))).toBeNull()
    first.contexts.use(helper, 'c', alice)
    await first.close()
    for (const tasks of [first, tasksOn(paper)]) {
      expect(tasks.mayName(naming(null, 'c'), partyOf('alice'))).toBeNull()
      expect(tasks.mayName(naming(null, 'c'), partyOf('bob', 1))).toBeNull()
      expect(tasks.mayName(naming(null, 'c'), partyOf('bob', 2))).toBe('context')
      expect(
        tasks.mayName({ ...naming(null, 'c'), target: { kind: 'agent', id: agent('twin') } }, partyOf('bob')),
      ).toBeNull()
    }
  })

  test('stays with who uses it, though its agent names it to somebody else', () => {
    const tasks = tasksOn(new MemoryPaper())
    tasks.contexts.tell(helper, 'c', alice)
    tasks.contexts.tell(helper, 'c', partyOf('mallory', 2))
    tasks.contexts.tell(helper, 'c', partyOf('bob', 1))
    const mayName = (name: string): unknown => tasks.mayName(naming(null, 'c'), partyOf(name))
    expect(['alice', 'bob', 'mallory'].map(mayName)).toEqual([null, null, 'context'])
  })

  test('is not forgotten because another agent uses many', async () => {
    const tasks = tasksOn(new MemoryPaper(), { maximums: { contexts: 50 } })
    tasks.contexts.tell(helper, 'c', alice)
    for (let n = 0; n < 500; n += 1) tasks.contexts.use(helper, `flood-${n}`, partyOf('mallory', n))
    expect(tasks.mayName(naming(null, 'c'), partyOf('mallory'))).toBe('context')
    expect(tasks.mayName(naming(null, 'flood-499'), partyOf('bob'))).toBe('context')
    expect(tasks.mayName(naming(null, 'flood-1'), partyOf('bob'))).toBeNull()
    await tasks.close()
  })

  test('in use is not the one that leaves', () => {
    const tasks = tasksOn(new MemoryPaper(), { maximums: { contexts: 3 } })
    for (const id of ['a', 'b', 'c', 'a', 'd']) tasks.contexts.use(helper, id, partyOf('alice'))
    expect(['a', 'b', 'c', 'd'].map((id) => tasks.mayName(naming(null, id), partyOf('bob')))).toEqual([
      'context',
      null,
      'context',
      'context',
    ])
  })
})

describe('what is remembered of a conversation', () => {
  test('is there as long as anybody uses it, also after a restart', async () => {
    const paper = new MemoryPaper()
    const facts = { maximums: { contexts: 3 } }
    const tasks = tasksOn(paper, facts)
    tasks.contexts.remember(helper, 'c', { thread: 'x' })
    expect(tasks.contexts.memo(helper, 'c')).toBeNull()
    tasks.contexts.use(helper, 'c', alice)
    tasks.contexts.remember(helper, 'c', { thread: 'x' })
    tasks.contexts.remember(helper, 'c', { thread: 'y' })
    tasks.contexts.remember(helper, 'c', { thread: 'z'.repeat(5000) })
    tasks.contexts.remember(helper, 'c', { deep: JSON.parse('['.repeat(40) + ']'.repeat(40)) as unknown })
    await tasks.close()
    const again = tasksOn(paper, facts)
    expect(again.contexts.memo(helper, 'c')).toEqual({ thread: 'y' })
    for (const id of ['1', '2', '3']) again.contexts.use(helper, id, partyOf('alice'))
    expect(again.contexts.memo(helper, 'c')).toBeNull()
    await again.close()
    expect(paper.rows.get('memos')?.size).toBe(0)
    expect(paper.rows.get('contexts')?.size).toBe(3)
  })
})
