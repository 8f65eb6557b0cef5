/** Whatever becomes of a call, the ledger holds exactly one record of it, and what it says adds up. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CallRecord, LedgerEntry } from '../../src/domain/record.ts'
import { readLedger } from '../../src/ledger/read.ts'
import type { RunView } from '../support/admin-views.ts'
import { say, sendMessage, type Saying } from '../support/caller.ts'
import { longWork, openStream } from '../support/open-stream.ts'
import { until } from '../support/relay.ts'
import { completedTask, type ScriptedAgent, startScriptedAgent } from '../support/scripted-agent.ts'
import { namesIn } from '../support/names.ts'
import { apiKey, keyOf, startWeir, type Weir } from '../support/weir.ts'

/** A call that was made: the hop id its answer carried and what its record must say. */
interface Made {
  readonly name: string
  readonly hop: string
  readonly record: Readonly<Record<string, unknown>>
}

const made: Made[] = []
const records: CallRecord[] = []
const entries: LedgerEntry[] = []
let runs: readonly RunView[] = []
let weir: Weir
let agent: ScriptedAgent
let gone = 0

const silent = 'never answer'
const work = longWork((asked) => (asked.raw.includes(silent) ? undefined : completedTask('done')))

function note(name: string, headers: Headers, record: Made['record']): void {
  made.push({ name, hop: headers.get('weir-hop-id') ?? 'none', record })
}

async function called(name: string, saying: Saying, record: Made['record']): Promise<Headers> {
  const { headers } = await say(weir, saying)
  note(name, headers, record)
  return headers
}

beforeAll(async () => {
  agent = await startScriptedAgent(work.script)
  weir = await startWeir(configFor(agent.url))
  await unaryCalls()
  await streamedCalls()
  await malformedRequests()
  runs = (await weir.ask<{ runs: RunView[] }>('/api/v1/runs')).runs
  await weir.kill('SIGTERM')
  for await (const item of readLedger(
    join(weir.directory, 'state', 'ledger'),
    0,
    namesIn(join(weir.directory, 'state')),
  )) {
    if (item.kind === 'entry') entries.push(item.entry)
  }
  records.push(...entries.filter((entry) => entry.kind === 'call'))
  rmSync(weir.directory, { recursive: true })
})

afterAll(() => agent.stop())

const fromOutside = { from: 'console', to: 'orchestrator' }
const denied = {
  decision: 'deny',
  outcome: { status: 'refused', spent: { tokens: 0, cost_micros: 0 }, upstream_ms: 0 },
}
const answered = { decision: 'allow', code: null, outcome: { status: 'answered', fault: null } }

async function unaryCalls(): Promise<void> {
  const first = await called('answered', fromOutside, {
    ...answered,
    agent: 'agent:console',
    human: 'user:tomas',
    run_origin: 'new',
    depth: 1,
    chain: ['agent:console'],
    policies: ['graph.entry'],
  })
  const token = { 'txn-token': String(agent.asked.at(-1)?.headers['txn-token']) }
  await called(
    'answered, one deeper',
    { from: 'orchestrator', to: 'research', headers: token },
    {
      ...answered,
      run: first.get('weir-run-id'),
      run_origin: 'token',
      depth: 2,
      chain: ['agent:console', 'agent:orchestrator'],
    },
  )
  const deeper = { 'txn-token': String(agent.asked.at(-1)?.headers['txn-token']) }
  await called(
    'refused by policy',
    { from: 'research', to: 'orchestrator', headers: deeper },
    { ...denied, code: 'policy_denied', rule: 'graph.no-back-edge', depth: 3, run: first.get('weir-run-id') },
  )
  await called(
    'refused by a limit',
    { from: 'orchestrator', to: 'dear' },
    { ...denied, code: 'run_budget_exhausted', rule: 'run.cost_micros_max' },
  )
  await called(
    'without a credential',
    { ...fromOutside, authorization: 'Bearer wk_nobody_0' },
    { ...denied, code: 'unauthenticated', agent: null, run: null },
  )
  await called('to nobody', { from: 'console', to: 'nobody' }, { ...denied, code: 'not_found', target: 'agent:nobody' })
  await called(
    'to somebody hidden',
    { from: 'console', to: 'research' },
    { ...denied, code: 'policy_denied', target: 'agent:research', run: null },
  )
  await called(
    'to a target that does not speak the revision it should',
    { from: 'orchestrator', to: 'legacy' },
    { decision: 'allow', code: 'upstream_unavailable', outcome: { status: 'failed', fault: 'bad_answer' } },
  )
  await called(
    'to a dead target',
    { from: 'orchestrator', to: 'dead' },
    { decision: 'allow', code: 'upstream_unavailable', outcome: { status: 'failed', fault: 'connect_failed' } },
  )

  const halted = (await say(weir, fromOutside)).headers
  note('answered before a halt', halted, answered)
  await weir.ask(`/api/v1/runs/${halted.get('weir-run-id')}/halt`, { reason: 'test' })
  const late = { 'weir-run-id': halted.get('weir-run-id') ?? '' }
  await called(
    'in a halted run',
    { ...fromOutside, headers: late },
    { ...denied, code: 'run_halted', run: late['weir-run-id'] },
  )

  const leaving = new AbortController()
  const body = sendMessage(silent)
  const headers = {
    'content-type': 'application/json',
    'a2a-version': '1.0',
    authorization: `Bearer ${keyOf('console')}`,
  }
  const before = agent.asked.length
  const left = fetch(`${weir.url}/a2a/orchestrator/`, { method: 'POST', headers, body, signal: leaving.signal })
  await until(() => agent.asked.length > before)
  leaving.abort()
  await left.catch(() => (gone += 1))
}

async function streamedCalls(): Promise<void> {
  const whole = await openStream(weir, 'console', 'orchestrator')
  work.finish()
  await whole.ended
  note('streamed', whole.headers, { ...answered, action: 'stream', outcome: { status: 'answered', task: 'long-1' } })

  const truncated = await openStream(weir, 'console', 'orchestrator')
  work.cut()
  await truncated.ended
  note('streamed and truncated', truncated.headers, {
    decision: 'allow',
    code: 'upstream_unavailable',
    outcome: { status: 'failed' },
  })

  const left = await openStream(weir, 'console', 'orchestrator')
  left.leave()
  note('streamed and left', left.headers, { decision: 'allow', code: null, outcome: { status: 'aborted' } })

  const halted = await openStream(weir, 'console', 'orchestrator')
  await weir.ask(`/api/v1/runs/${halted.headers.get('weir-run-id')}/halt`, { reason: 'test' })
  await halted.ended
  note('streamed and halted', halted.headers, { decision: 'allow', code: 'run_halted', outcome: { status: 'halted' } })
}

async function malformedRequests(): Promise<void> {
  const post = (path: string, body: string) =>
    fetch(`${weir.url}${path}`, { method: 'POST', headers: { authorization: `Bearer ${keyOf('console')}` }, body })
  await post('/a2a/orchestrator/', '{')
  const asked = await post(
    '/a2a/orchestrator/',
    JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'GetTask', params: { id: 't' } }),
  )
  note('about a task nobody has', asked.headers, { ...denied, action: 'get', rule: 'task.owner' })
  await post('/a2a/orchestrator/', JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params: {} }))
  await post('/nowhere', '{}')
  await fetch(`${weir.url}/a2a/orchestrator/`)
}

test('every call that was read has one record, which says what became of it', () => {
  for (const { name, hop, record } of made) {
    const found = records.filter((one) => one.rid === hop)
    expect(found, name).toHaveLength(1)
    expect(found[0], name).toMatchObject(record)
  }
})

test('a caller that went away before its answer has its record too, and malformed requests have none', () => {
  const known = new Set(made.map(({ hop }) => hop))
  expect(gone).toBe(1)
  expect(records.filter((record) => !known.has(record.rid))).toMatchObject([
    { decision: 'allow', code: null, method: 'SendMessage', outcome: { status: 'aborted' } },
  ])
})

test('what was let through has an intent before its record, and nothing else has one', () => {
  const rids = (kind: 'intent' | 'allow'): readonly string[] =>
    entries.flatMap((entry) => (kindOf(entry) === kind && 'rid' in entry && entry.rid ? [entry.rid] : []))
  expect(rids('intent').toSorted()).toEqual(rids('allow').toSorted())
  for (const rid of rids('intent')) {
    const about = entries.filter((entry) => 'rid' in entry && entry.rid === rid)
    const record = about.find((entry) => entry.kind === 'call')
    // A delivery that went out again left its own entry under the hop it was minted for.
    const minted = about.filter((entry) => entry.kind === 'token')
    expect(about.map((entry) => entry.kind)).toEqual(['intent', ...minted.map(() => 'token'), 'call'])
    expect(entries.some((entry) => entry.kind === 'token' && entry.jti === record?.delivery)).toBe(true)
  }
})

function kindOf(entry: LedgerEntry): string {
  return entry.kind === 'call' ? entry.decision : entry.kind
}

test('the records of a run add up to what the run has spent', () => {
  expect(runs.length).toBeGreaterThan(5)
  for (const run of runs) {
    const mine = records.filter((record) => record.run === run.id)
    const sum = (of: (record: CallRecord) => number) => mine.reduce((total, record) => total + of(record), 0)
    expect({
      tokens: sum((record) => record.outcome.spent.tokens),
      cost_micros: sum((record) => record.outcome.spent.cost_micros),
    }).toEqual(run.spent)
    expect(mine.filter((record) => record.decision === 'allow')).toHaveLength(run.calls)
  }
  expect(runs.some((run) => run.spent.cost_micros > 0)).toBe(true)
})

function configFor(url: string): Parameters<typeof startWeir>[0] {
  const price = { call_micros: 1000, call_tokens: 10 }
  const worker = { url, groups: ['subagents'], price }
  return {
    identity: { api_keys: [apiKey('console', 'tomas'), apiKey('orchestrator'), apiKey('research')] },
    agents: {
      console: { groups: ['entrypoints'], may_start_runs: true },
      orchestrator: { url, price, may_start_runs: true },
      research: worker,
      legacy: { ...worker, versions: ['0.3'] },
      dead: { ...worker, url: 'http://127.0.0.1:9/' },
      dear: { ...worker, price: { call_micros: 2_000_000 } },
    },
    limits: { run: { cost_micros_max: 1_000_000 } },
  }
}
