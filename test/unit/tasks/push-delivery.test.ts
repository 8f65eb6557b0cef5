import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../../src/base/clock.ts'
import type { Tasks } from '../../../src/tasks/contract.ts'
import { Lanes } from '../../../src/tasks/push/lanes.ts'
import {
  draftOf,
  helper,
  MemoryPaper,
  partyOf,
  Outside,
  taskRow,
  type TasksFacts,
  tasksOn,
} from '../../support/tasks.ts'
import { noon } from '../ledger/entries.ts'

const alice = partyOf('alice')
const row = taskRow('t', alice)
const hour_ms = 3_600_000

async function withConfig(facts: TasksFacts = {}, paper = new MemoryPaper()) {
  const clock = new ManualClock(noon)
  const post = new Outside()
  const tasks = tasksOn(paper, { clock, post: post.post, ...facts })
  await tasks.put(row)
  await tasks.push.put(draftOf({ id: 'c' }), row, alice)
  const told = (seq: number, size = 0): Promise<boolean> =>
    tasks.push.notify(helper, 't', seq, (version) => Buffer.from(`${version}:${seq}${'x'.repeat(size)}`))
  /** Lets time pass as a gateway does that sweeps, until nothing more happens. */
  const pass = async (by_ms: number): Promise<void> => {
    clock.advance(by_ms)
    tasks.sweep(clock.now())
    await settled()
  }
  return { clock, post, tasks, paper, told, pass }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

const reasons = (tasks: Tasks): readonly string[] => tasks.push.dead().map(({ seq, reason }) => `${seq}: ${reason}`)

describe('an event', () => {
  test('is posted once it is kept, with what its receiver wants to see', async () => {
    const { post, paper, tasks, told } = await withConfig()
    const telling = told(1)
    await tasks.push.put(draftOf({ id: 'old', version: '0.3', scheme: null, token: null }), row, alice)
    expect(await telling).toBe(true)
    expect(await told(2)).toBe(true)
    await settled()
    expect(post.bodies()).toEqual(['1.0:1', '1.0:2', '0.3:2'])
    expect(new Map(post.asked[0]?.headers)).toEqual(
      new Map([
        ['content-type', 'application/a2a+json'],
        ['a2a-version', '1.0'],
        ['weir-delivery-id', post.idOf(0)],
        ['authorization', 'Bearer credentials-of-the-client'],
        ['x-a2a-notification-token', 'token-of-the-client'],
        ['a2a-notification-token', 'token-of-the-client'],
      ]),
    )
    expect(post.asked[2]?.headers.map(([name, value]) => `${name}: ${value}`)).toEqual([
      'content-type: application/json',
      'a2a-version: 0.3',
      `weir-delivery-id: ${post.idOf(2)}`,
    ])
    expect(new Set([0, 1, 2].map((at) => post.idOf(at))).size).toBe(3)
    expect([tasks.push.waiting, paper.rows.get('push_events')?.size]).toEqual([0, 0])
  })

  test('that was handed in before is not told again, and one nobody waits for is not even written', async () => {
    const { post, tasks, told } = await withConfig()
    for (const seq of [1, 2, 2, 1, 3]) await told(seq)
    await settled()
    expect(post.bodies()).toEqual(['1.0:1', '1.0:2', '1.0:3'])
    await tasks.push.delete(helper, 't', 'c')
    const write = (): never => {
      throw new Error('nobody asks')
    }
    expect(await tasks.push.notify(helper, 't', 4, write)).toBe(true)
    expect(await tasks.push.notify(helper, 'unknown', 4, write)).toBe(true)
  })

  test('is tried again with the same id, later each time, and those behind it wait', async () => {
    const { post, told, pass } = await withConfig()
    post.answers = [500, 'reset', 302, 204]
    for (const seq of [1, 2, 3]) await told(seq)
    await settled()
    expect(post.bodies()).toEqual(['1.0:1'])
    await pass(700)
    expect(post.asked).toHaveLength(1)
    await pass(300)
    expect(post.asked).toHaveLength(2)
    await pass(1400)
    expect(post.asked).toHaveLength(2)
    await pass(600)
    await pass(4000)
    expect(post.bodies()).toEqual(['1.0:1', '1.0:1', '1.0:1', '1.0:1', '1.0:2', '1.0:3'])
    expect(new Set([0, 1, 2, 3].map((at) => post.idOf(at))).size).toBe(1)
  })

  test('is tried for a day at least every five minutes, and is then kept as a dead letter that can be retried', async () => {
    const { post, tasks, told, pass } = await withConfig()
    post.otherwise = 503
    for (const seq of [1, 2]) await told(seq)
    for (let minutes = 0; minutes < 24 * 60; minutes += 5) await pass(300_000)
    expect(post.asked.length).toBeGreaterThanOrEqual(24 * 12)
    await pass(300_000)
    expect(reasons(tasks)).toEqual([
      '2: not delivered in a day, answered 503',
      '1: not delivered in a day, answered 503',
    ])
    expect(tasks.push.waiting).toBe(0)
    expect(JSON.stringify(tasks.push.dead())).not.toContain('client')
    post.otherwise = 204
    const [, first] = tasks.push.dead()
    expect([tasks.push.retry(first?.id ?? ''), tasks.push.retry('unknown')]).toEqual([true, false])
    await settled()
    expect(post.bodies().at(-1)).toBe('1.0:1')
    expect(post.idOf(post.asked.length - 1)).toBe(first?.id)
    expect(reasons(tasks)).toEqual(['2: not delivered in a day, answered 503'])
  })

  test('is tried at once where its config is replaced, and then at the new address', async () => {
    const { post, tasks, told, pass } = await withConfig()
    post.otherwise = 404
    await told(1)
    for (const ms of [1000, 2000, 4000, 8000]) await pass(ms)
    const { length } = post.asked
    post.otherwise = 204
    await tasks.push.put(draftOf({ id: 'c', url: 'https://moved.example/' }), row, alice)
    await settled()
    expect(post.asked.slice(length).map(({ url }) => url)).toEqual(['https://moved.example/'])
    expect(tasks.push.waiting).toBe(0)
  })

  test('is given up at once where its receiver is gone', async () => {
    const { post, tasks, told } = await withConfig()
    post.answers = [410]
    for (const seq of [1, 2]) await told(seq)
    await settled()
    expect([reasons(tasks), post.bodies()]).toEqual([['1: its receiver said that it is gone'], ['1.0:1', '1.0:2']])
  })

  test('waits through a restart, and is posted first thing after it', async () => {
    const { post, paper, told, clock, tasks } = await withConfig()
    post.otherwise = 503
    for (const seq of [1, 2]) await told(seq)
    await settled()
    await tasks.close()
    const again = new Outside()
    tasksOn(paper, { clock, post: again.post })
    await settled()
    expect([again.bodies(), again.idOf(0)]).toEqual([['1.0:1', '1.0:2'], post.idOf(0)])
  })

  test('is not posted while the disk does not keep it', async () => {
    const { post, paper, told, tasks, pass } = await withConfig()
    paper.fault = 'the disk is full'
    expect(await told(1)).toBe(false)
    await pass(1000)
    expect(post.asked).toEqual([])
    paper.fault = null
    while (tasks.health() !== null) await new Promise((resolve) => setTimeout(resolve, 5))
    await pass(4000)
    expect(post.bodies()).toEqual(['1.0:1'])
  })

  test('of a task that is gone is still delivered, and then nothing is left of its config', async () => {
    const { post, paper, tasks, told, pass } = await withConfig({ tasks_ttl_ms: hour_ms })
    post.otherwise = 503
    await told(1)
    tasks.update(helper, 't', { state: 'TASK_STATE_COMPLETED' })
    await pass(hour_ms)
    expect([tasks.size, tasks.push.list(helper, 't'), tasks.push.waiting]).toEqual([0, [], 1])
    post.otherwise = 204
    await pass(300_000)
    await settled()
    expect([post.bodies().at(-1), tasks.push.waiting, paper.rows.get('push_configs')?.size]).toEqual(['1.0:1', 0, 0])
  })

  test('whose config was deleted is not posted any more', async () => {
    const { post, tasks, told, pass } = await withConfig()
    post.answers = [503]
    for (const seq of [1, 2]) await told(seq)
    await settled()
    await tasks.push.delete(helper, 't', 'c')
    await pass(hour_ms)
    expect([post.asked.length, tasks.push.waiting, tasks.push.dead()]).toEqual([1, 0, []])
  })
})

describe('where too much waits', () => {
  test('a line loses its oldest events but the one under way', async () => {
    const { post, tasks, told } = await withConfig({ maximums: { push_events: 4000 } })
    post.otherwise = 503
    for (let seq = 1; seq <= 258; seq += 1) await told(seq)
    await settled()
    expect(tasks.push.waiting).toBe(256)
    expect(reasons(tasks)).toEqual(['3: newer events took its place', '2: newer events took its place'])
  })

  test('the tasks of one agent fill a quarter and leave the rest to others', async () => {
    const { post, tasks, told } = await withConfig({ maximums: { push_events: 16 } })
    post.otherwise = 503
    const kept = await Promise.all([1, 2, 3, 4, 5].map((seq) => told(seq)))
    expect(kept).toEqual([true, true, true, true, false])
    expect(reasons(tasks)).toEqual(['5: there was no room for it'])
    const bobs = taskRow('b', partyOf('bob'))
    await tasks.put(bobs)
    await tasks.push.put(draftOf(), bobs, bobs.owner)
    expect(await tasks.push.notify(helper, 'b', 1, () => Buffer.from('b'))).toBe(true)
  })

  test('dead letters are bounded in number and in size', async () => {
    const { post, tasks, told } = await withConfig({ maximums: { push_dead: 3, push_event_chars: 65_536 } })
    post.otherwise = 410
    for (let seq = 1; seq <= 5; seq += 1) await told(seq)
    await settled()
    expect(tasks.push.dead().map(({ seq }) => seq)).toEqual([5, 4, 3])
    expect(await told(6, 20_000)).toBe(false)
    for (const seq of [7, 8]) {
      expect(await told(seq, 10_000)).toBe(true)
      await settled()
    }
    expect(tasks.push.dead().map(({ seq }) => seq)).toEqual([8])
  })
})

describe('lanes', () => {
  test('let one host have so many under way, and the others go on', () => {
    const lanes = new Lanes<number>(3, 2)
    for (const thing of [1, 2, 3]) lanes.add('slow', thing)
    lanes.add('fast', 4)
    lanes.add('other', 5)
    expect([lanes.take(), lanes.take(), lanes.take(), lanes.take()]).toEqual([
      ['slow', 1],
      ['fast', 4],
      ['other', 5],
      null,
    ])
    lanes.done('fast')
    expect([lanes.take(), lanes.take()]).toEqual([['slow', 2], null])
    lanes.done('other')
    expect(lanes.take()).toBeNull()
    lanes.done('slow')
    expect([lanes.take(), lanes.take()]).toEqual([['slow', 3], null])
  })
})
