/** Tasks of the five frameworks when their run is halted and when Weir is killed in the middle. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  configFor,
  frameworkNames,
  type FrameworkName,
  type Frameworks,
  startFrameworks,
  words,
} from '../support/frameworks.ts'
import { shownIn, watched } from '../support/shown.ts'
import { type StockClient, stockKinds } from '../support/stock-clients.ts'
import { startWeir, type Weir } from '../support/weir.ts'

let frameworks: Frameworks
let weir: Weir

beforeAll(async () => {
  frameworks = await startFrameworks()
})

afterAll(() => frameworks.stop())

async function connect(weir: Weir, name: FrameworkName): Promise<StockClient> {
  const [kind] = stockKinds
  if (!kind) throw new Error('there is no client')
  return await kind.connect(`${weir.url}/a2a/${name}/`, 'orchestrator')
}

async function hold(client: StockClient, name: FrameworkName) {
  const stream = watched(client.stream(words[name].hold))
  const { taskId } = await stream.until(({ state }) => state === 'TASK_STATE_WORKING')
  return { stream, taskId }
}

/** Whether the framework itself was told to stop. */
const stopped: Readonly<Record<FrameworkName, (taskId: string) => boolean | Promise<boolean>>> = {
  async langgraph(taskId) {
    const { thread } = await threadOf(taskId)
    return thread === 'interrupted'
  },
  agentcore: () => frameworks.agentcore.stopped.length > 0,
  foundry: (taskId) => frameworks.foundry.cancelled.includes(taskId),
  vertex: () => true,
  fasta2a: (taskId) =>
    frameworks.fasta2a.asked.some(({ body }) => {
      const params = body?.['params'] as { readonly id?: string } | undefined
      return body?.['method'] === 'tasks/cancel' && params?.id === taskId
    }),
}

/** How the run of a task stands at the server; the task is named after it. */
async function threadOf(run: string): Promise<{ readonly thread: string }> {
  const headers = { 'content-type': 'application/json' }
  const search = await fetch(`${frameworks.langgraph.url}/threads/search`, {
    method: 'POST',
    headers,
    body: '{"limit":100}',
  })
  for (const { thread_id } of (await search.json()) as readonly { readonly thread_id: string }[]) {
    const found = await fetch(`${frameworks.langgraph.url}/threads/${thread_id}/runs/${run}`)
    if (found.ok) return { thread: ((await found.json()) as { readonly status: string }).status }
  }
  return { thread: 'unknown' }
}

interface RunList {
  readonly runs: readonly { readonly id: string; readonly state: string }[]
}

/** What of every framework is worked on when something happens to Weir. */
async function holdAll(weir: Weir) {
  const all = frameworkNames.map(async (name) => {
    const client = await connect(weir, name)
    return [name, { client, ...(await hold(client, name)) }] as const
  })
  return Object.fromEntries(await Promise.all(all)) as Readonly<Record<FrameworkName, Held>>
}

interface Held extends Awaited<ReturnType<typeof hold>> {
  readonly client: StockClient
}

describe('when their runs are halted', () => {
  let held: Readonly<Record<FrameworkName, Held>>

  beforeAll(async () => {
    weir = await startWeir(configFor(frameworks))
    held = await holdAll(weir)
    const { runs } = await weir.ask<RunList>('/api/v1/runs')
    for (const { id } of runs) await weir.ask(`/api/v1/runs/${id}/halt`, { reason: 'test' })
  })

  afterAll(() => weir.stop())

  test.each(frameworkNames)('%s is told to stop in its own way, and everybody sees the task canceled', async (name) => {
    const { client, stream, taskId } = held[name]
    expect((await stream.whole).state).toBe('TASK_STATE_CANCELED')
    await expect.poll(() => stopped[name](taskId), { timeout: 10_000 }).toBe(true)
    await expect.poll(async () => shownIn(await client.get(taskId)).state).toBe('TASK_STATE_CANCELED')
    const { metadata } = shownIn(await client.get(taskId))
    expect(metadata['weir.dev/may_still_run']).toBe(name === 'vertex' ? true : undefined)
  })
})

describe('when Weir is killed in the middle', () => {
  let tasks: Readonly<Record<FrameworkName, string>>

  beforeAll(async () => {
    const first = await startWeir(configFor(frameworks))
    const held = await holdAll(first)
    tasks = Object.fromEntries(frameworkNames.map((name) => [name, held[name].taskId])) as typeof tasks
    await first.kill('SIGKILL')
    weir = await startWeir(configFor(frameworks), first.directory)
  })

  afterAll(() => weir.stop())

  test.each(frameworkNames.filter((name) => words[name].keeps))(
    '%s goes on, is followed and cancelled',
    async (name) => {
      const client = await connect(weir, name)
      const taskId = tasks[name]
      expect(shownIn(await client.get(taskId)).state).toBe('TASK_STATE_WORKING')
      const follower = watched(client.subscribe(taskId))
      await follower.until(({ state }) => state === 'TASK_STATE_WORKING')
      await client.cancel(taskId)
      expect((await follower.whole).state).toBe('TASK_STATE_CANCELED')
      expect(shownIn(await client.get(taskId)).state).toBe('TASK_STATE_CANCELED')
    },
  )

  test.each(frameworkNames.filter((name) => !words[name].keeps))(
    'a task of %s is told to be lost, for nobody can learn more of it',
    async (name) => {
      const client = await connect(weir, name)
      const taskId = tasks[name]
      const found = shownIn(await client.get(taskId))
      expect(found).toMatchObject({ state: 'TASK_STATE_FAILED', metadata: { 'weir.dev/may_still_run': true } })
      expect(found.said).toContain('lost sight')
      expect((await client.list?.(found.contextId))?.map((task) => shownIn(task).state)).toEqual(['TASK_STATE_FAILED'])
      await expect(client.cancel(taskId)).rejects.toThrow('over')
      await expect(watched(client.subscribe(taskId)).whole).rejects.toThrow('over')
      await expect(client.send('more', { taskId })).rejects.toThrow('over')
    },
  )
})
