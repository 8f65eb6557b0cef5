/** Tasks for tests: rows that read well, and tables on a paper of this process's own memory. */
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { cryptoDice } from '../../src/base/dice.ts'
import type { FaultCode } from '../../src/domain/fault.ts'
import type { AgentId, RunId } from '../../src/domain/ids.ts'
import type { Party, TaskRow } from '../../src/domain/task.ts'
import type { TaskMaximums, TaskQuery, Tasks, TasksSettings } from '../../src/tasks/contract.ts'
import type { JudgeUrl, PostOutside, PushDraft } from '../../src/tasks/push/contract.ts'
import { Journal, type Paper } from '../../src/tasks/journal.ts'
import type { Change, ShelfName, Stored } from '../../src/tasks/shelves.ts'
import { joinTasks, openTasks } from '../../src/tasks/tasks.ts'
import { agent, hop, noon, person, run } from '../unit/ledger/entries.ts'

export const helper = agent('helper')

const taskMaximums: TaskMaximums = {
  tasks: 1000,
  task_snapshot_chars: 1_000_000,
  contexts: 4096,
  push_configs: 100,
  push_events: 1000,
  push_event_chars: 1_000_000,
  push_dead: 10,
}

export function partyOf(name: string, inRun: number | null = null, human = name): Party {
  return { agent: agent(name), person: person(human), run: inRun === null ? null : run(inRun) }
}

/** A task at `helper` that its owner has started by itself. */
export function taskRow(taskId: string, owner: Party, facts: Partial<TaskRow> = {}): TaskRow {
  return {
    target: helper,
    taskId,
    contextId: null,
    owner,
    hop: hop(1),
    chain: [owner.agent, helper],
    instance: null,
    dialect: 'a2a-1.0-jsonrpc',
    state: 'TASK_STATE_WORKING',
    createdAt: noon,
    updatedAt: noon,
    memo: null,
    snapshot: null,
    ...facts,
  }
}

export function queryOf(facts: Partial<TaskQuery> = {}): TaskQuery {
  return { target: helper, contextId: null, state: null, since: null, pageSize: 50, pageToken: '', ...facts }
}

/** What tasks may be told to be; the rest is usual. */
export interface TasksFacts {
  readonly clock?: Clock
  readonly maximums?: Partial<TaskMaximums>
  readonly tasks_ttl_ms?: number
  readonly post?: PostOutside
  readonly judgeUrl?: JudgeUrl
}

const takeNothing: PostOutside = () => Promise.resolve({ status: 503 })

export function settingsOf({
  clock = systemClock,
  maximums = {},
  tasks_ttl_ms = 86_400_000,
  ...facts
}: TasksFacts = {}) {
  return {
    clock,
    dice: cryptoDice(),
    postOutside: facts.post ?? takeNothing,
    judgeUrl: facts.judgeUrl ?? (() => null),
    secret: Buffer.alloc(32, 7),
    maximums: { ...taskMaximums, ...maximums },
    tasks_ttl_ms,
  } satisfies Partial<TasksSettings>
}

/** A disk in memory: what was written, and a fault while there is one. */
export class MemoryPaper implements Paper {
  readonly rows = new Map<ShelfName, Map<number, string>>()
  writes = 0
  fault: string | null = null

  write(changes: readonly Change[], done: (problem: string | null) => void): void {
    this.writes += 1
    setImmediate(() => {
      if (this.fault === null) for (const change of changes) this.#apply(change)
      done(this.fault)
    })
  }

  stored(): ReadonlyMap<ShelfName, readonly Stored[]> {
    return new Map([...this.rows].map(([name, rows]) => [name, [...rows].toSorted(([a], [b]) => a - b)]))
  }

  #apply([name, no, text]: Change): void {
    const shelf = this.rows.get(name) ?? new Map<number, string>()
    this.rows.set(name, shelf)
    if (text === null) shelf.delete(no)
    else shelf.set(no, text)
  }
}

/** Tasks as a gateway has them that starts on this paper. */
export function tasksOn(paper: MemoryPaper, facts: TasksFacts = {}): Tasks {
  const settings = settingsOf(facts)
  const journal = new Journal(paper, settings.clock.now())
  return joinTasks(settings, journal, paper.stored(), () => journal.flush())
}

/** Tasks with their thread and a disk. */
export async function tasksIn(dir: string, facts: TasksFacts = {}): Promise<Tasks> {
  const workerUrl = new URL('../../src/threads/tasks-worker.ts', import.meta.url)
  const tasks = await openTasks({ ...settingsOf(facts), dir, workerUrl })
  if (tasks.kind === 'tasks_problem') throw new Error(tasks.sentence)
  return tasks
}

/** A call that names these ids at `helper`. */
export function naming(taskId: string | null, contextId: string | null, referenceTaskIds: readonly string[] = []) {
  return { target: { kind: 'agent', id: helper }, taskId, contextId, referenceTaskIds } as const
}

/** A task that an agent has started for another one in a run: `chain` runs from the root to its owner. */
export function deepRow(
  taskId: string,
  chain: readonly AgentId[],
  inRun: RunId,
  facts: Partial<TaskRow> = {},
): TaskRow {
  const owner: Party = { agent: chain.at(-1) ?? helper, person: person('tomas'), run: inRun }
  return taskRow(taskId, owner, { chain: [...chain, helper], ...facts })
}

/** A push config with everything a client can write. */
export function draftOf(facts: Partial<PushDraft> = {}): PushDraft {
  return {
    id: null,
    url: 'https://client.example/hook',
    token: 'token-of-the-client',
    scheme: 'Bearer',
    credentials: 'credentials-of-the-client',
    version: '1.0',
    ...facts,
  }
}

type Asked = Parameters<PostOutside>[0]

/** An outside that remembers what it was asked and answers as it is told: next from the list, otherwise always the same. */
export class Outside {
  readonly asked: Asked[] = []
  answers: (number | FaultCode)[] = []
  otherwise = 204

  readonly post: PostOutside = (request) => {
    this.asked.push(request)
    const answer = this.answers.shift() ?? this.otherwise
    if (typeof answer === 'number') return Promise.resolve({ status: answer })
    return Promise.resolve({ kind: 'fault', code: answer, detail: '', sent: true })
  }

  bodies(): readonly string[] {
    return this.asked.map(({ body }) => Buffer.from(body).toString())
  }

  idOf(at: number): string {
    return new Map(this.asked[at]?.headers).get('weir-delivery-id') ?? ''
  }
}
