/** The runs index of a real gateway: live while it runs, readable by everybody, the same after kill -9 as built anew. */
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { everything } from '../../src/domain/filter.ts'
import { isRunId } from '../../src/domain/ids.ts'
import type { RunStory } from '../../src/domain/story.ts'
import { openAsk } from '../../src/ledger/index/ask.ts'
import { vaultPlace } from '../../src/ledger/vault/kek.ts'
import type { IndexHere, QuestionName, Questions } from '../../src/ledger/index/contract.ts'
import { openIndexHere } from '../../src/ledger/index/here.ts'
import { say } from '../support/caller.ts'
import { dumpOf } from '../support/index-book.ts'
import { completedTask, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, metricOf, startWeir, type Weir } from '../support/weir.ts'

const open: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

async function configWithAgent() {
  const agent = await startScriptedAgent(() => completedTask('done'))
  open.push(() => agent.stop())
  return {
    identity: { api_keys: [apiKey('console', 'tomas')] },
    agents: {
      console: { groups: ['entrypoints'], may_start_runs: true },
      orchestrator: { url: agent.url, price: { call_micros: 1000, call_tokens: 10 } },
    },
  }
}

const stateOf = (weir: Pick<Weir, 'directory'>): string => join(weir.directory, 'state')
const fileOf = (weir: Pick<Weir, 'directory'>): string => join(stateOf(weir), 'index', 'runs.db')

/** Asks as the gateway does: over a query thread. */
function asking(weir: Pick<Weir, 'directory'>) {
  const workerUrl = new URL('../../src/threads/query-worker.ts', import.meta.url)
  const stateDir = stateOf(weir)
  const vault = vaultPlace(stateDir, null)
  const ask = openAsk({ stateDir, workerUrl, clock: systemClock, log: () => undefined, vault })
  open.push(() => ask.close())
  return async <Name extends QuestionName>(name: Name, asked: Questions[Name]['asked']) => {
    const answer = await ask.ask(name, asked)
    if (answer.kind === 'ask_refused') throw new Error(`${answer.code}: ${answer.sentence}`)
    return JSON.parse(answer.text) as Questions[Name]['answer']
  }
}

async function upToDate(weir: Weir): Promise<void> {
  await vi.waitFor(async () => {
    expect(await metricOf(weir, 'weir_ledger_durable_total')).toBe(await metricOf(weir, 'weir_ledger_appended_total'))
    expect(await metricOf(weir, 'weir_index_behind_entries')).toBe(0)
  }, 20_000)
}

async function here(stateDir: string): Promise<IndexHere> {
  const index = await openIndexHere(stateDir)
  if (index.kind === 'index_problem') throw new Error(index.sentence)
  return index
}

/** What a fresh index of the same ledger would have. */
async function builtAnew(weir: Pick<Weir, 'directory'>): Promise<unknown> {
  const copy = join(weir.directory, 'copy')
  rmSync(copy, { recursive: true, force: true })
  cpSync(join(stateOf(weir), 'ledger'), join(copy, 'ledger'), { recursive: true })
  ;(await here(copy)).close()
  return dumpFile(join(copy, 'index', 'runs.db'))
}

function dumpFile(path: string): unknown {
  const base = new DatabaseSync(path, { readOnly: true })
  try {
    return dumpOf({ base })
  } finally {
    base.close()
  }
}

test('a run and its calls are rows while the gateway runs, for the query thread and for any program that reads SQLite', async () => {
  const weir = await startWeir(await configWithAgent())
  open.push(() => weir.stop())
  const opened = await say(weir, { from: 'console', to: 'orchestrator' })
  const run = opened.headers.get('weir-run-id') ?? ''
  await say(weir, { from: 'console', to: 'orchestrator', headers: { 'weir-run-id': run } })
  await upToDate(weir)

  const ask = asking(weir)
  if (!isRunId(run)) throw new Error('the answer names its run')
  const story = (await ask('story', { run })) as RunStory
  expect(story.run).toMatchObject({ id: run, state: 'active', root: 'agent:console', calls: 2, cost_micros: 2000 })
  expect(story.hops.map(({ status, target, cost_micros }) => [status, target, cost_micros])).toEqual([
    ['answered', 'agent:orchestrator', 1000],
    ['answered', 'agent:orchestrator', 1000],
  ])
  const page = await ask('hops', { filter: everything, cursor: null, limit: 1 })
  expect(page).toMatchObject({ rows: [{ run, person: 'user:tomas' }], next: expect.any(String) as string })
  await expect(ask('hops', { filter: everything, cursor: 'bm9uZQ', limit: 1 })).rejects.toThrow('bad_cursor')

  const other = new DatabaseSync(fileOf(weir), { readOnly: true })
  const rows = other.prepare('SELECT id, calls, dollars FROM run_summary').all()
  expect(rows.map((row) => ({ ...row }))).toEqual([{ id: run, calls: 2, dollars: 0.002 }])
  other.close()
  expect(statSync(fileOf(weir)).mode & 0o777).toBe(0o600)
})

test('after kill -9 under load the index goes on where it was, and equals one that is built anew', async () => {
  const config = await configWithAgent()
  const first = await startWeir(config)
  const load = Promise.allSettled(Array.from({ length: 80 }, () => say(first, { from: 'console', to: 'orchestrator' })))
  await vi.waitFor(() => expect(readdirSync(join(stateOf(first), 'index'))).toContain('runs.db'), 20_000)
  await new Promise((resolve) => setTimeout(resolve, 60))
  await first.kill('SIGKILL')
  await load

  const second = await startWeir(config, first.directory)
  open.push(() => second.stop())
  await say(second, { from: 'console', to: 'orchestrator' })
  await upToDate(second)
  expect(dumpFile(fileOf(second))).toEqual(await builtAnew(second))
  expect(JSON.stringify(dumpFile(fileOf(second)))).not.toContain('"status":"open"')
})

test('an index that is damaged is built anew while the gateway runs, and one without a gateway when it is asked', async () => {
  const config = await configWithAgent()
  const first = await startWeir(config)
  await say(first, { from: 'console', to: 'orchestrator' })
  await upToDate(first)
  const beside = await here(stateOf(first))
  expect(beside.queries.state({})).toMatchObject({ hops: 1, runs: 1 })
  expect(beside.behind).toBe(0)
  beside.close()
  await first.kill('SIGKILL')

  // Its log alone would be enough for SQLite to put it right.
  rmSync(`${fileOf(first)}-wal`, { force: true })
  writeFileSync(fileOf(first), 'this is no database at all, and long enough to be taken for one'.repeat(100))
  const alone = await here(stateOf(first))
  expect(alone.queries.state({})).toMatchObject({ hops: 1, runs: 1 })
  expect(alone.problems.join()).toContain('built anew')
  alone.close()

  writeFileSync(fileOf(first), readFileSync(fileOf(first)).fill(7, 100, 4000))
  const second = await startWeir(config, first.directory)
  open.push(() => second.stop())
  await say(second, { from: 'console', to: 'orchestrator' })
  await upToDate(second)
  expect(await asking(second)('state', {})).toMatchObject({ hops: 2 })
  expect(second.log()).toContain('built anew')
})

test('calls go on where the index cannot be written, and it is written once it can be', async () => {
  const config = await configWithAgent()
  const first = await startWeir(config)
  await first.kill('SIGKILL')
  rmSync(join(stateOf(first), 'index'), { recursive: true, force: true })
  writeFileSync(join(stateOf(first), 'index'), 'a file where a folder should be')
  const second = await startWeir(config, first.directory)
  open.push(() => second.stop())
  expect((await say(second, { from: 'console', to: 'orchestrator' })).status).toBe(200)
  await vi.waitFor(async () => expect(await metricOf(second, 'weir_index_failing')).toBe(1), 20_000)
  expect(await metricOf(second, 'weir_index_behind_entries')).toBeGreaterThan(0)
  rmSync(join(stateOf(second), 'index'))
  await upToDate(second)
  expect(await metricOf(second, 'weir_index_failing')).toBe(0)
  expect(second.log().match(/the runs index cannot be written/g)).toHaveLength(1)
})
