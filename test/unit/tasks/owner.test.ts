import { describe, expect, test } from 'vitest'
import type { Party, TaskRow } from '../../../src/domain/task.ts'
import { maySee, mayName } from '../../../src/tasks/owner.ts'
import { deepRow, naming, partyOf, taskRow } from '../../support/tasks.ts'
import { agent, person, run } from '../ledger/entries.ts'

const chain = [agent('root'), agent('middle'), agent('leaf')]
const deep = deepRow('t', chain, run(1))
const inRun = (name: string, number: number): Party => ({
  agent: agent(name),
  person: person('tomas'),
  run: run(number),
})

describe('a task may be seen', () => {
  test('by the same agent for the same person, in whatever run', () => {
    const row = taskRow('t', partyOf('alice', 1))
    for (const number of [1, 2, null]) expect(maySee(row, partyOf('alice', number))).toBe(true)
    expect(maySee(row, partyOf('alice', 1, 'bob'))).toBe(false)
    expect(maySee(row, { ...partyOf('alice', 1), person: null })).toBe(false)
    expect(maySee(row, partyOf('bob', 1, 'alice'))).toBe(false)
  })

  test('by those before its owner in the same run, and not by those behind', () => {
    for (const name of ['root', 'middle', 'leaf']) expect(maySee(deep, inRun(name, 1))).toBe(true)
    for (const name of ['helper', 'sibling']) expect(maySee(deep, inRun(name, 1))).toBe(false)
    for (const name of ['root', 'middle']) expect(maySee(deep, inRun(name, 2))).toBe(false)
    expect(maySee(deep, { ...inRun('root', 1), run: null })).toBe(false)
  })

  test('of its own run only where the row has one', () => {
    const row: TaskRow = { ...deep, owner: { ...deep.owner, run: null } }
    expect(maySee(row, { ...inRun('root', 1), run: null })).toBe(false)
  })
})

describe('a party may name', () => {
  const rows = [taskRow('mine', partyOf('alice', 1), { contextId: 'c' }), taskRow('bare', partyOf('alice', 1)), deep]
  const users = new Map([
    ['c', new Set(['agent:alice user:alice', run(1)])],
    ['theirs', new Set(['agent:bob user:bob'])],
  ])
  const known = {
    find: (_: string, id: string) => rows.find(({ taskId }) => taskId === id) ?? null,
    usersOf: (_: string, id: string) => users.get(id),
  }
  const alice = partyOf('alice', 5)
  const ask = (party: Party, ...ids: Parameters<typeof naming>) => mayName(naming(...ids), party, known)

  test('its own tasks, and those it refers to', () => {
    expect(ask(alice, 'mine', null)).toBeNull()
    expect(ask(alice, null, null, ['mine', 'bare'])).toBeNull()
    expect(ask(alice, null, null, ['mine', 't'])).toBe('task')
    expect(ask(alice, 'nobodys', null)).toBe('task')
    expect(ask(partyOf('bob'), 'mine', 'c')).toBe('task')
    expect(ask(inRun('middle', 1), 't', null)).toBeNull()
  })

  test('a conversation of its own, of its run, or of nobody', () => {
    expect(ask(alice, null, 'c')).toBeNull()
    expect(ask(partyOf('carol', 1), null, 'c')).toBeNull()
    expect(ask(partyOf('carol', 2), null, 'c')).toBe('context')
    expect(ask(alice, null, 'theirs')).toBe('context')
    expect(ask(alice, null, 'nobodys')).toBeNull()
  })

  test('no other conversation than that of the task', () => {
    expect(ask(alice, 'mine', 'c')).toBeNull()
    expect(ask(alice, 'mine', 'nobodys')).toBe('context')
    expect(ask(alice, 'bare', 'theirs')).toBe('context')
  })

  test('no task at a target that has none', () => {
    const target = { kind: 'tool', id: 'search' } as const
    expect(mayName({ ...naming('mine', null), target }, alice, known)).toBe('task')
    expect(mayName({ ...naming(null, null), target }, alice, known)).toBeNull()
  })
})
