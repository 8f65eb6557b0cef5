/**
 * Three agents, a tool and a model behind a real gateway, and a collector that decodes real OTLP by the public definitions:
 * what arrives is one tree, and every figure in it is the one that stands in the records.
 */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { CallRecord } from '../../src/domain/record.ts'
import { SignalNumbers } from '../../src/observe/otlp/numbers.ts'
import { Registry } from '../../src/observe/metrics.ts'
import { type Collector, type GotSpan, startCollector } from '../support/collector.ts'
import { ledgerOf } from '../support/ledger-entries.ts'
import { follow, type Followed, setupFor } from '../support/telemetry.ts'
import { startThreeAgents, type ThreeAgents } from '../support/three-agents.ts'

let world: ThreeAgents
let collector: Collector
let followed: Followed
let run: string
let calls: readonly CallRecord[]
let waiting: () => number

const position = join(mkdtempSync(join(tmpdir(), 'weir-otlp-')), 'otlp.json')
const waits = { timeout: 20_000, interval: 20 }
const foreign = { traceId: '7'.repeat(32), spanId: '8'.repeat(16) }

const callsOf = async (id: string): Promise<readonly CallRecord[]> =>
  (await ledgerOf(world.weir)).filter((entry) => entry.kind === 'call').filter((entry) => entry.run === id)

const spansOf = (id: string): readonly GotSpan[] =>
  collector.spans.filter(({ attributes }) => attributes['weir.run.id'] === id)

beforeAll(async () => {
  world = await startThreeAgents({ telemetry: { otlp: { endpoint: 'http://127.0.0.1:9' } } })
  collector = await startCollector()
  const state = join(world.weir.directory, 'state')
  const setup = setupFor(collector.url, position, { headers: { authorization: 'Bearer of-weir' } })
  const numbers = (['traces', 'logs'] as const).map((signal) => new SignalNumbers(setup.numbers, signal))
  waiting = () => numbers.reduce((sum, of) => sum + of.read('waiting'), 0)
  followed = await follow(state, setup)
  run = await world.work()
  calls = await callsOf(run)
  await world.weir.ask(`/api/v1/runs/${run}/halt`, { reason: 'the work is done' })
  await vi.waitFor(() => expect(spansOf(run)).toHaveLength(calls.length + 1), waits)
}, 90_000)

afterAll(async () => {
  await followed[Symbol.asyncDispose]()
  await world.stop()
  await collector.stop()
})

test('the spans of a run are one tree in one trace, each hop once', () => {
  expect(calls.map(({ target, decision }) => `${target} ${decision}`).toSorted()).toEqual([
    'agent:orchestrator allow',
    'agent:research allow',
    'agent:research deny',
    'agent:writer allow',
    'model:openai/echo allow',
    'tool:files/read allow',
  ])
  const spans = spansOf(run)
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([run.slice(4)]))
  const byId = new Map(spans.map((span) => [span.spanId, span]))
  expect(byId.size).toBe(spans.length)
  const roots = spans.filter(({ parent }) => parent === '')
  expect(roots.map(({ name, kind }) => [name, kind])).toEqual([['run agent:console', 'SPAN_KIND_INTERNAL']])
  const path = (span: GotSpan | undefined): string =>
    span === undefined ? 'nowhere' : span.parent === '' ? span.name : `${path(byId.get(span.parent))} > ${span.name}`
  const top = 'run agent:console > invoke_agent orchestrator'
  expect(spans.map(path).toSorted()).toEqual(
    [
      'run agent:console',
      top,
      `${top} > invoke_agent research`,
      `${top} > invoke_agent research > execute_tool files/read`,
      `${top} > invoke_agent writer`,
      `${top} > invoke_agent writer > chat openai/echo`,
      `${top} > invoke_agent writer > invoke_agent research`,
    ].toSorted(),
  )
})

test('what a span says is what its record says', () => {
  for (const call of calls) {
    const span = collector.spans.find(({ spanId }) => spanId === call.rid.slice(4))
    expect(span?.kind).toBe('SPAN_KIND_SERVER')
    expect(span?.parent).toBe(call.parent_rid === null ? run.slice(20) : call.parent_rid.slice(4))
    expect(span?.from).toBeCloseTo(call.ts, 2)
    expect((span?.to ?? 0) - (span?.from ?? 0)).toBeCloseTo(call.outcome.ms, 2)
    expect(span?.attributes).toMatchObject({
      'weir.run.id': call.run,
      'weir.hop.id': call.rid,
      'weir.hop.depth': call.depth,
      'weir.delegation.chain': call.chain,
      'weir.decision': call.decision,
      'weir.cost.usd': call.outcome.spent.cost_micros / 1_000_000,
      'weir.agent': call.agent,
      'weir.target': call.target,
    })
    expect(span?.attributes).not.toHaveProperty('user.id')
  }
})

test('the run has the sum of its hops, and says who ended it', () => {
  const root = spansOf(run).find(({ parent }) => parent === '')
  const micros = calls.reduce((sum, { outcome }) => sum + outcome.spent.cost_micros, 0)
  expect(micros).toBeGreaterThan(3070)
  expect(root?.attributes).toMatchObject({
    'weir.run.cost.usd': micros / 1_000_000,
    'weir.run.calls': 5,
    'weir.run.refused': 1,
    'weir.run.depth': 3,
    'error.type': 'operator',
    'weir.reason': 'the work is done',
  })
  expect([root?.status, root?.message]).toEqual(['STATUS_CODE_ERROR', 'operator'])
})

test('a model says its tokens, a tool its method, a refused call why', () => {
  const named = (name: string, decision = 'allow') =>
    spansOf(run).find((span) => span.name === name && span.attributes['weir.decision'] === decision)
  const usage = calls.find(({ target }) => target === 'model:openai/echo')?.outcome.metered?.usage
  expect(named('chat openai/echo')?.attributes).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.response.model': 'echo',
    'gen_ai.usage.input_tokens': usage?.input_tokens,
    'gen_ai.usage.output_tokens': usage?.output_tokens,
  })
  expect(named('execute_tool files/read')?.attributes).toMatchObject({
    'gen_ai.tool.name': 'files/read',
    'mcp.method.name': 'tools/call',
    'mcp.protocol.version': '2026-07-28',
  })
  expect(named('invoke_agent writer')?.attributes).toMatchObject({
    'a2a.method.name': 'SendMessage',
    'gen_ai.agent.name': 'writer',
  })
  const refused = named('invoke_agent research', 'deny')
  expect(refused?.attributes).toMatchObject({ 'error.type': 'policy_denied', 'weir.status': 'refused' })
  expect([refused?.status, refused?.message.startsWith('policy_denied')]).toEqual(['STATUS_CODE_ERROR', true])
})

test('whatever is called hears of the hop that calls it, so spans of agents hang under ours, and ours link to them', () => {
  const hop = (target: string) => calls.find((call) => call.target === target && call.decision === 'allow')
  for (const name of ['orchestrator', 'research', 'writer'])
    expect(world.heard.get(name)?.[0]).toBe(`00-${run.slice(4)}-${hop(`agent:${name}`)?.rid.slice(4)}-01`)
  expect(world.heard.get('provider')?.[0]).toBe(`00-${run.slice(4)}-${hop('model:openai/echo')?.rid.slice(4)}-01`)
  const linked = spansOf(run).flatMap(({ links }) => links.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`))
  expect(new Set(linked)).toEqual(new Set(world.own))
})

test('refusals and halts are log records with the ids of their spans', async () => {
  await vi.waitFor(() => expect(collector.logs.length).toBeGreaterThanOrEqual(2), waits)
  const denied = collector.logs.find(({ attributes }) => attributes['weir.event'] === 'call.denied')
  const hop = calls.find(({ decision }) => decision === 'deny')
  expect(denied).toMatchObject({
    severity: 'WARN',
    traceId: run.slice(4),
    spanId: hop?.rid.slice(4),
    body: expect.stringContaining('agent:writer was refused agent:research: policy_denied') as string,
  })
  expect(collector.logs.find(({ attributes }) => attributes['weir.event'] === 'run.halted')).toMatchObject({
    severity: 'ERROR',
    traceId: run.slice(4),
    spanId: run.slice(20),
    attributes: { 'weir.reason': 'the work is done', 'weir.run.id': run },
  })
})

test('the collector hears who sends it, with the headers that the operator gave', () => {
  expect(collector.resource).toMatchObject({ 'service.name': 'weir', 'service.instance.id': 'of-the-test' })
  expect(collector.headers.every(({ authorization }) => authorization === 'Bearer of-weir')).toBe(true)
  expect(collector.headers.every((headers) => headers['content-type'] === 'application/x-protobuf')).toBe(true)
})

test('metrics arrive with the numbers of the page, and histograms as the conventions name them', async () => {
  const registry = new Registry()
  const { seen, size, time } = registry.declare({
    seen: { type: 'counter', name: 'seen_total', help: 'Seen.', labels: { kind: ['a', 'b'] } },
    size: { type: 'gauge', name: 'size', help: 'Size.', labels: {} },
    time: { type: 'histogram', name: 'time_seconds', help: 'Time.', labels: {} },
  })
  seen.child({ kind: 'a' }).add(3)
  size.child({}).set(-1.5)
  for (const ms of [1, 3, 70_000]) time.child({}).record(ms)
  followed.otlp.metrics({ since: 1000, at: Date.now(), families: registry.snapshot() })
  await vi.waitFor(() => expect(collector.metrics.has('size')).toBe(true), waits)
  const cumulative = 'AGGREGATION_TEMPORALITY_CUMULATIVE'
  expect(collector.metrics.get('seen_total')).toMatchObject({
    type: 'sum',
    temporality: cumulative,
    points: [{ attributes: { kind: 'a' }, value: 3 }],
  })
  expect(collector.metrics.get('size')).toMatchObject({ type: 'gauge', points: [{ value: -1.5 }] })
  const timed = collector.metrics.get('time_seconds')
  expect(timed).toMatchObject({ type: 'histogram', unit: 's', temporality: cumulative })
  const [point] = timed?.points ?? []
  expect([point?.count, point?.counts?.reduce((sum, each) => sum + each, 0), point?.counts?.at(-1)]).toEqual([3, 3, 1])
  expect(point?.sum).toBeCloseTo(70.004, 6)
  const usage = calls.find(({ target }) => target === 'model:openai/echo')?.outcome.metered?.usage
  const tokens = collector.metrics
    .get('gen_ai.client.token.usage')
    ?.points.map(({ attributes, sum }) => [attributes['gen_ai.token.type'], sum])
  expect(tokens).toEqual([
    ['input', usage?.input_tokens],
    ['output', usage?.output_tokens],
  ])
  expect(collector.metrics.get('mcp.server.operation.duration')?.points).toMatchObject([
    { count: 1, attributes: { 'gen_ai.tool.name': 'files/read', 'mcp.method.name': 'tools/call' } },
  ])
})

test('a trace of somebody else is linked to, and goes on as it came', async () => {
  const own = world.own.length
  const traceparent = `00-${foreign.traceId}-${foreign.spanId}-01`
  const other = await world.work({ traceparent })
  const known = await callsOf(other)
  await vi.waitFor(() => expect(spansOf(other)).toHaveLength(known.length), waits)
  expect(new Set(spansOf(other).map(({ traceId }) => traceId))).toEqual(new Set([other.slice(4)]))
  const first = spansOf(other).find(({ name }) => name === 'invoke_agent orchestrator')
  expect(first?.links).toEqual([foreign])
  expect(world.heard.get('orchestrator')?.at(-1)).toBe(traceparent)
  expect(world.own.slice(own).every((each) => each.startsWith(`00-${foreign.traceId}`))).toBe(true)
})

test('while the collector is away calls go on, and what they did arrives when it is back', async () => {
  await collector.stop()
  const away = await world.work()
  const known = await callsOf(away)
  expect(known).toHaveLength(6)
  await new Promise((resolve) => setTimeout(resolve, 300))
  const before = collector
  collector = await startCollector(before.port)
  await vi.waitFor(() => expect(spansOf(away)).toHaveLength(known.length), { ...waits, timeout: 40_000 })
  expect(new Set(spansOf(away).map(({ spanId }) => spanId)).size).toBe(known.length)
}, 60_000)

test('what was not sent before a stop is sent after the next start, and nothing twice', async () => {
  await vi.waitFor(() => expect(waiting()).toBe(0), waits)
  const seen = new Set([...collector.spans, ...spansOf(run)].map(({ spanId }) => spanId))
  await collector.stop()
  const late = await world.work()
  const known = await callsOf(late)
  await vi.waitFor(() => expect(followed.seq).toBeGreaterThan(0), waits)
  const { port } = collector
  const stopping = followed[Symbol.asyncDispose]()
  await stopping
  collector = await startCollector(port)
  followed = await follow(join(world.weir.directory, 'state'), setupFor(collector.url, position))
  await world.work()
  await vi.waitFor(() => expect(spansOf(late)).toHaveLength(known.length), waits)
  expect(collector.spans.filter(({ spanId }) => seen.has(spanId))).toEqual([])
}, 60_000)
