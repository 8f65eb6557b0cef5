/** Tasks of the five frameworks when their run is halted and when Weir is killed in the middle. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pause } from '../support/cloud-emulator.ts'
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

/** How often each framework was told to stop something. */
const stops: Readonly<Record<FrameworkName, () => number | Promise<number>>> = {
  langgraph: async () => (await graphRuns()).filter(({ status }) => status === 'interrupted').length,
  agentcore: () => frameworks.agentcore.stopped.length,
  foundry: () => frameworks.foundry.cancelled.length,
  // There is nothing that could be told to it.
  vertex: () => 0,
  fasta2a: () => frameworks.fasta2a.asked.filter(({ body }) => body?.['method'] === 'tasks/cancel').length,
}

/** How much each framework has been asked to work on, where that can be told from outside. */
const works: Readonly<Record<FrameworkName, () => number | Promise<number>>> = {
  langgraph: async () => (await graphRuns()).length,
  agentcore: () => Number.POSITIVE_INFINITY,
  foundry: () => frameworks.foundry.count('/responses'),
  vertex: () => frameworks.vertex.count(':streamQuery'),
  fasta2a: () => frameworks.fasta2a.asked.filter(({ body }) => body?.['method'] === 'message/send').length,
}

interface GraphRun {
  readonly status: string
}

async function graphRuns(): Promise<readonly GraphRun[]> {
  const { url } = frameworks.langgraph
  const search = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"limit":100}' }
  const threads = (await (await fetch(`${url}/threads/search`, search)).json()) as readonly { thread_id: string }[]
  const lists = threads.map(async ({ thread_id }) => (await fetch(`${url}/threads/${thread_id}/runs`)).json())
  return ((await Promise.all(lists)) as readonly (readonly GraphRun[])[]).flat()
}

/** A call that waits for the end of its task, once its framework works on it. */
async function sendAndWait(weir: Weir, name: FrameworkName) {
  const client = await connect(weir, name)
  const before = await works[name]()
  const answer = client.send(words[name].hold).then(
    () => null,
    (error: Error) => error,
  )
  while ((await works[name]()) < before + 1) await pause(20)
  // What it works on has a name a moment later.
  await pause(300)
  return { answer, stops: await stops[name]() }
}

type Waiting = Awaited<ReturnType<typeof sendAndWait>>

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
  let waiting: readonly (readonly [FrameworkName, Waiting])[]

  beforeAll(async () => {
    weir = await startWeir(configFor(frameworks))
    held = await holdAll(weir)
    waiting = await Promise.all(frameworkNames.map(async (name) => [name, await sendAndWait(weir, name)] as const))
    const { runs } = await weir.ask<RunList>('/api/v1/runs')
    for (const { id } of runs) await weir.ask(`/api/v1/runs/${id}/halt`, { reason: 'test' })
  })

  afterAll(() => weir.stop())

  test.each(frameworkNames)('%s is told to stop in its own way, and everybody sees the task canceled', async (name) => {
    const { client, stream, taskId } = held[name]
    expect((await stream.whole).state).toBe('TASK_STATE_CANCELED')
    await expect.poll(async () => shownIn(await client.get(taskId)).state).toBe('TASK_STATE_CANCELED')
    const { metadata } = shownIn(await client.get(taskId))
    expect(metadata['weir.dev/may_still_run']).toBe(name === 'vertex' ? true : undefined)
  })

  test('a blocking call ends, and its framework is told to stop though no task was named yet', async () => {
    for (const [name, { answer, stops: before }] of waiting) {
      expect((await answer)?.message, name).toContain('[weir:run_halted]')
      if (name !== 'vertex') await expect.poll(() => stops[name](), { timeout: 10_000, message: name }).toBe(before + 2)
    }
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
      expect(shownIn(await client.get(taskId)).state).toMatch(/_(?:SUBMITTED|WORKING)$/)
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
