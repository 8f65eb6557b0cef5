/** What a caller claims of its run, in the order of trust: the tests of `enter.ts` that need no token. */
import { expect, test } from 'vitest'
import type { RunOrigin } from '../../../src/domain/run.ts'
import { personId } from '../policy/fixtures.ts'
import { type Calling, outcomeOf, pave, type Sent, type TestRoad } from '../../support/road.ts'

const [ana, tomas] = [personId('ana'), personId('tomas')]
const trace = (digit: string): string => `00-${digit.repeat(32)}-${'5'.repeat(16)}-01`

async function sentBy(trial: TestRoad, [from, to]: readonly [string, string], how: Calling = {}): Promise<Sent> {
  const before = trial.sent.length
  const reply = await trial.call(from, to, how)
  const sent = trial.sent[before]
  if (!sent) throw new Error(reply.text)
  return sent
}

/** Makes the call and has it answered; the run it was found to be of, and how. */
async function placeOf(trial: TestRoad, edge: readonly [string, string], how: Calling = {}) {
  const { hop, done } = await sentBy(trial, edge, how)
  done(outcomeOf('answered'))
  return { run: hop.run.id, origin: trial.lastRecord()?.run_origin, depth: hop.depth, parent: hop.parent }
}

const work = ['console', 'orchestrator'] as const
const below = ['orchestrator', 'research'] as const

/** The orchestrator serves a call in each of two runs; the second came in with a trace. */
async function twoRuns(): Promise<{ trial: TestRoad; one: Sent; two: Sent }> {
  const trial = await pave({}, 'policy-open')
  const one = await sentBy(trial, work)
  const two = await sentBy(trial, work, { headers: { traceparent: trace('2') } })
  expect(one.hop.run.id).not.toBe(two.hop.run.id)
  return { trial, one, two }
}

type Row = readonly [
  what: string,
  headers: (one: Sent, two: Sent) => Readonly<Record<string, string>>,
  run: 'one' | 'two',
  origin: RunOrigin,
]

const order: readonly Row[] = [
  ['its run', (one) => ({ 'weir-run-id': one.hop.run.id }), 'one', 'header'],
  ['the call it serves', (_, two) => ({ 'weir-parent-hop': two.hop.id }), 'two', 'header'],
  [
    'a run and a call of another one: the run',
    (one, two) => ({ 'weir-run-id': one.hop.run.id, 'weir-parent-hop': two.hop.id }),
    'one',
    'header',
  ],
  [
    'a run and the trace of another one: the run',
    (one) => ({ 'weir-run-id': one.hop.run.id, traceparent: trace('2') }),
    'one',
    'header',
  ],
  ['the trace a call came in with', () => ({ traceparent: trace('2') }), 'two', 'trace'],
  [
    'the trace of which a run has its id',
    (one) => ({ traceparent: `00-${one.hop.run.id.slice(4)}-${'5'.repeat(16)}-01` }),
    'one',
    'trace',
  ],
  ['a session it has named in a run', () => ({ 'session-id': 's1' }), 'one', 'vendor'],
  [
    'a trace, and a session of another run: the trace',
    () => ({ traceparent: trace('2'), 'session-id': 's1' }),
    'two',
    'trace',
  ],
  [
    'a strange run, and a session: the session',
    () => ({ 'weir-run-id': `run_${'f'.repeat(32)}`, 'session-id': 's1' }),
    'one',
    'vendor',
  ],
]

test.each(order)('an agent that serves two runs and claims %s', async (_what, headers, expected, origin) => {
  const { trial, one, two } = await twoRuns()
  await placeOf(trial, below, { delegation: one.delegation, headers: { 'session-id': 's1' } })
  const served = expected === 'one' ? one : two
  expect(await placeOf(trial, below, { headers: headers(one, two) })).toEqual({
    run: served.hop.run.id,
    origin,
    depth: 2,
    parent: served.hop.id,
  })
})

test('an agent that serves two runs and claims neither is not guessed at', async () => {
  const { trial } = await twoRuns()
  for (const headers of [{}, { traceparent: trace('9') }, { 'session-id': 's9' }, { baggage: 'run=1' }])
    expect((await trial.call(...below, { headers })).text).toContain('[weir:run_context_required]')
})

test('a token beats everything that is claimed beside it', async () => {
  const { trial, one, two } = await twoRuns()
  const headers = { 'weir-run-id': two.hop.run.id, 'weir-parent-hop': two.hop.id, traceparent: trace('2') }
  const place = await placeOf(trial, below, { delegation: one.delegation, headers })
  expect(place).toMatchObject({ run: one.hop.run.id, origin: 'token' })
})

test('an agent that serves one run stays in it, whatever it claims to have begun before', async () => {
  const trial = await pave({}, 'policy-open')
  const claims = { 'x-claude-code-session-id': 's1', traceparent: trace('3') }
  const own = await placeOf(trial, below, { headers: claims })
  const served = await sentBy(trial, work)
  for (const headers of [claims, { 'weir-run-id': own.run }])
    expect(await placeOf(trial, below, { headers })).toMatchObject({
      run: served.hop.run.id,
      origin: 'inferred',
      depth: 2,
    })
})

test('no claim lifts an agent above its deepest open call', async () => {
  const trial = await pave({}, 'policy-open')
  const first = await sentBy(trial, work, { headers: { traceparent: trace('4') } })
  const second = await sentBy(trial, below, { delegation: first.delegation })
  const third = await sentBy(trial, ['research', 'orchestrator'], { delegation: second.delegation })
  for (const headers of [{ 'weir-parent-hop': first.hop.id }, { traceparent: trace('4') }, {}])
    expect(await placeOf(trial, below, { headers })).toMatchObject({ depth: 4, parent: third.hop.id })
})

const clients = {
  'Claude Code': { 'x-claude-code-session-id': 's1', 'x-claude-code-agent-id': 'a1' },
  Codex: { 'session-id': 's1', 'thread-id': 't1' },
  LiteLLM: { 'x-litellm-trace-id': 's1' },
  Portkey: { 'x-portkey-trace-id': 's1' },
  Helicone: { 'helicone-session-id': 's1' },
  'whoever traces': { traceparent: trace('6') },
}

test.each(Object.entries(clients))(
  'calls of one session of %s are one run, of its agent and person alone',
  async (_who, headers) => {
    const trial = await pave({}, 'policy-open')
    const origin = 'traceparent' in headers ? 'trace' : 'vendor'
    const first = await placeOf(trial, work, { person: tomas, headers })
    expect(first).toMatchObject({ origin: 'new', depth: 1 })
    expect(await placeOf(trial, work, { person: tomas, headers })).toEqual({ ...first, origin })
    for (const [edge, person] of [
      [work, ana],
      [work, null],
      [below, tomas],
    ] as const) {
      const other = await placeOf(trial, edge, { person, headers })
      expect(other.run).not.toBe(first.run)
      expect(other.origin).toBe('new')
    }
    expect(await placeOf(trial, work, { person: tomas, headers })).toEqual({ ...first, origin })
  },
)

test('a subagent of Codex is found by the thread that started it, and a trace by the session beside it', async () => {
  const trial = await pave({}, 'policy-open')
  const { run } = await placeOf(trial, work, { headers: { 'session-id': 's1', 'thread-id': 't1' } })
  const child = {
    'session-id': 's2',
    'thread-id': 't2',
    'x-codex-parent-thread-id': 't1',
    'x-openai-subagent': 'review',
  }
  const place = await placeOf(trial, work, { headers: { ...child, traceparent: trace('7') } })
  expect(place).toMatchObject({ run, origin: 'vendor' })
  expect(trial.lastRecord()?.claims).toEqual({
    vendor: 'codex',
    session: 's2',
    agent: 't2',
    parent: 't1',
    type: 'review',
  })
  expect(await placeOf(trial, work, { headers: { traceparent: trace('7') } })).toMatchObject({ run, origin: 'trace' })
})

test('a session whose run was halted, or is over by its clock, is refused; one that only paused begins another', async () => {
  const trial = await pave({ limits: { run: { wall_clock_ms: 100_000 } } }, 'policy-open')
  const headers = { 'session-id': 's1' }
  const sweepAfter = (ms: number): void => {
    trial.clock.advance(ms)
    trial.road.runs.sweep(trial.clock.now())
  }
  const first = await placeOf(trial, work, { headers })
  sweepAfter(1)
  sweepAfter(60_000)
  const second = await placeOf(trial, work, { headers })
  expect([second.origin, second.run === first.run]).toEqual(['new', false])
  sweepAfter(100_000)
  expect((await trial.call(...work, { headers })).text).toContain('[weir:run_time_exceeded]')
  sweepAfter(300_000)
  const third = await placeOf(trial, work, { headers })
  expect(third.origin).toBe('new')
  const run = trial.road.runs.find(third.run)
  if (!run) throw new Error('it is known')
  trial.road.runs.halt(run, { code: 'operator', reason: 'test', actor: 'test', at: trial.clock.now(), hop: null })
  expect((await trial.call(...work, { headers })).text).toContain('[weir:run_halted]')
})

test('a refused call is bound to nothing', async () => {
  const trial = await pave()
  const headers = { 'session-id': 's1' }
  expect((await trial.call('writer', 'vault', { headers })).text).toContain('[weir:')
  expect(trial.road.runs.aliases.size).toBe(0)
})

test('tags are kept where the operator named their keys', async () => {
  const gateway = { public_url: 'http://weir.test', tags: ['project'] }
  const trial = await pave({ gateway }, 'policy-open')
  await placeOf(trial, work, { headers: { 'weir-tags': 'project=atlas,owner=me' } })
  expect(trial.lastRecord()).toMatchObject({ tags: { project: 'atlas' }, claims: null })
})
