/** A halt goes down the tree of the run: leaf first, whether a task is read as a stream or goes on by itself. */
import { afterEach, expect, test } from 'vitest'
import type { RunView } from '../support/admin-views.ts'
import { until } from '../support/relay.ts'
import { cancelAs, growTree, oneMore, startAtOnce, type WorkTree } from '../support/work-tree.ts'

const grown: WorkTree[] = []

afterEach(async () => {
  for (const tree of grown.splice(0)) await tree.stop()
})

async function grow(growing: Parameters<typeof growTree>[0] = {}): Promise<WorkTree> {
  const tree = await growTree(growing)
  grown.push(tree)
  return tree
}

function halt({ weir, run }: WorkTree): Promise<RunView> {
  return weir.ask<RunView>(`/api/v1/runs/${run}/halt`, { reason: 'enough' })
}

const canceled = { result: { statusUpdate: { status: { state: 'TASK_STATE_CANCELED' } } } }

/** How often a stream says that it was cancelled, and whether that was the last thing it said. */
async function endOf({ ended }: WorkTree['streams'][number]): Promise<{ readonly times: number }> {
  const events = await ended
  expect(events.at(-1)).toMatchObject(canceled)
  return { times: events.filter((event) => JSON.stringify(event).includes('TASK_STATE_CANCELED')).length }
}

test('an operator halts a tree of depth three: all is told to stop, leaf first, and no stream says anything more', async () => {
  const tree = await grow()
  expect(await halt(tree)).toMatchObject({ state: 'halted', depth_max: 3, open: 0 })
  for (const stream of tree.streams) expect(await endOf(stream)).toEqual({ times: 1 })
  await until(() => tree.cancelled.length === 4)
  const order = tree.cancelled.filter((name) => name !== 'stubborn')
  expect(order).toEqual(['c', 'b', 'a'])
  expect(tree.cancelled.indexOf('stubborn')).toBeLessThan(tree.cancelled.indexOf('a'))
  // It cannot be told, so it is no longer listened to, and that it may still run is said.
  await until(() => tree.workers.stubborn.closed())
  const lines = (): readonly string[] => tree.weir.log().split('\n')
  await until(() => lines().some((line) => line.includes('agent:stubborn') && line.includes('may still run')))
})

test('a leaf that does not answer delays those above it and does not keep them from being told', async () => {
  const silent = Promise.withResolvers<void>()
  const tree = await grow({ onCancel: (name) => (name === 'c' ? silent.promise : Promise.resolve()) })
  await halt(tree)
  await until(() => tree.cancelled.includes('a'))
  expect(tree.cancelled.filter((name) => name === 'b' || name === 'a')).toEqual(['b', 'a'])
  silent.resolve()
})

test('a budget that trips in the middle of the streams halts in the same way', async () => {
  const tree = await grow({ limits: { cost_micros_max: 4000 } })
  expect(await oneMore(tree)).toBe('run_budget_exhausted')
  for (const stream of tree.streams) expect(await endOf(stream)).toEqual({ times: 1 })
  await until(() => tree.cancelled.length === 4)
  expect(tree.cancelled.filter((name) => name !== 'stubborn')).toEqual(['c', 'b', 'a'])
})

test('cancelling a task in the middle stops those below it first and leaves those above it alone', async () => {
  const stopped: string[] = []
  const onCancel = async (name: string): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 50))
    stopped.push(name)
  }
  const tree = await grow({ onCancel })
  const answer = await cancelAs(tree.weir, ['a', 'b'], { 'txn-token': tree.workers.a.token() })
  expect(await answer.json()).toMatchObject({ result: { id: 'task-b', status: { state: 'TASK_STATE_CANCELED' } } })
  expect(stopped).toEqual(['c', 'b'])
  expect(tree.cancelled).toEqual(['c', 'b'])
  expect(tree.streams[0]?.events().at(-1)).toHaveProperty('result.artifactUpdate')
})

test('cancelling one of two tasks of an agent leaves alone what the other one has started', async () => {
  const tree = await grow()
  const token = tree.workers.a.token()
  await startAtOnce(tree.weir, token)
  const answer = await cancelAs(tree.weir, ['a', 'b'], { 'txn-token': token }, 'task-b-2')
  expect(await answer.json()).toMatchObject({ result: { id: 'task-b-2', status: { state: 'TASK_STATE_CANCELED' } } })
  expect(tree.cancelled).toEqual(['b'])
})

test('a run whose time is over takes along what works in it', async () => {
  const tree = await grow({ limits: { wall_clock_ms: 5000 } })
  await expect
    .poll(() => tree.cancelled.filter((name) => name !== 'stubborn'), { timeout: 20_000 })
    .toEqual(['c', 'b', 'a'])
})
