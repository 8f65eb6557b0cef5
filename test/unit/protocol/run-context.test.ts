import { expect, test } from 'vitest'
import {
  noContext,
  readClaims,
  readRunContext,
  readTags,
  type SaidOfRun,
  vendorHeaders,
} from '../../../src/protocol/run-context.ts'

const [run, hop, trace] = [`run_${'a'.repeat(32)}`, `hop_${'b'.repeat(16)}`, 'c'.repeat(32)]
const traceparent = `00-${trace}-${'d'.repeat(16)}-01`

function context(headers: Readonly<Record<string, string>>, said: SaidOfRun | null = null) {
  return readRunContext(new Map(Object.entries(headers)), said)
}

test('a request that says nothing costs nothing: all of them share one answer', () => {
  expect(context({ 'content-type': 'application/json', baggage: 'run=1' })).toBe(noContext)
})

test.each([
  [{ 'weir-run-id': run }, { run }],
  [{ 'weir-run-id': 'run_1' }, { run: null }],
  [{ 'weir-parent-hop': hop }, { parent: hop }],
  [{ 'weir-parent-hop': run }, { parent: null }],
  [{ traceparent }, { trace }],
  [{ traceparent: `00-${'0'.repeat(32)}-${'d'.repeat(16)}-01` }, { trace: null }],
  [{ traceparent: `00-${trace}-${'0'.repeat(16)}-01` }, { trace: null }],
  [{ traceparent: `ff-${trace}-${'d'.repeat(16)}-01` }, { trace: null }],
  [{ traceparent: `${traceparent}-more` }, { trace: null }],
  [{ traceparent: `01-${trace}-${'d'.repeat(16)}-01-more` }, { trace }],
  [{ 'x-claude-code-session-id': 's1', 'x-claude-code-agent-id': 'a1' }, { sessions: ['claude-code:session s1'] }],
  [
    { 'session-id': 's1', 'thread-id': 't2', 'x-codex-parent-thread-id': 't1' },
    { sessions: ['codex:thread t2', 'codex:thread t1', 'codex:session s1'] },
  ],
  [
    { 'x-litellm-trace-id': 't1', 'x-litellm-session-id': 's1' },
    { sessions: ['litellm:trace t1', 'litellm:session s1'] },
  ],
  [{ 'x-portkey-trace-id': 't1', 'x-portkey-span-id': 'p1' }, { sessions: ['portkey:trace t1'] }],
  [{ 'helicone-session-id': 's1' }, { sessions: ['helicone:session s1'] }],
  [{ 'helicone-session-id': 's'.repeat(129) }, { sessions: [] }],
  [{ 'helicone-session-id': 'sécret' }, { sessions: [] }],
])('%j says %j', (headers, expected) => {
  expect(context(headers)).toMatchObject(expected)
})

test('what the body says wins over the headers, part by part', () => {
  const other = { 'weir-run-id': `run_${'e'.repeat(32)}`, 'weir-parent-hop': hop, traceparent }
  expect(context(other, { run_id: run, parent_hop: null, traceparent: 'nonsense' })).toMatchObject({
    run,
    parent: hop,
    trace: null,
  })
})

test('what a client claims is kept in the words of one vendor, and nothing that is too long or cannot be printed', () => {
  const claims = (headers: Readonly<Record<string, string>>) => readClaims(new Map(Object.entries(headers)))
  const nothing = { session: null, agent: null, parent: null, type: null }
  expect(claims({ traceparent })).toBeNull()
  expect(
    claims({
      'x-claude-code-session-id': 's1',
      'x-claude-code-agent-id': 'a2',
      'x-claude-code-parent-agent-id': 'a1',
      'x-claude-code-agent-type': 'Explore',
      'x-claude-code-request-class': 'main',
      'helicone-session-id': 'h1',
    }),
  ).toEqual({ vendor: 'claude-code', session: 's1', agent: 'a2', parent: 'a1', type: 'Explore' })
  const long = 'x'.repeat(129)
  expect(claims({ 'session-id': long, 'thread-id': 'b\u0007l', 'x-openai-subagent': 'review' })).toEqual({
    vendor: 'codex',
    ...nothing,
    type: 'review',
  })
  expect(claims({ 'x-portkey-parent-span-id': 'p1' })).toEqual({ vendor: 'portkey', ...nothing, parent: 'p1' })
})

test('every header of a vendor is claimed or names work, so none is read for nothing', () => {
  for (const name of vendorHeaders) {
    const headers = new Map([[name, 'x1']])
    expect(Object.values(readClaims(headers) ?? {})).toContain('x1')
  }
})

test.each([
  ['project=atlas,feature=search', { project: 'atlas', feature: 'search' }],
  [' project = atlas , feature = a b ', { project: 'atlas', feature: 'a b' }],
  ['project=atlas,project=other', { project: 'atlas' }],
  ['owner=me', null],
  ['project', null],
  ['project=', null],
  ['project=<b>', null],
  [`project=${'a'.repeat(65)}`, null],
  ['__proto__=x', null],
])('of the tags %j are kept %j', (said, kept) => {
  expect(readTags(new Map([['weir-tags', said]]), ['project', 'feature'])).toEqual(kept)
})

test('without keys in the configuration, and beyond sixteen, no tag is kept', () => {
  expect(readTags(new Map([['weir-tags', 'project=atlas']]), [])).toBeNull()
  const many = `${'x=1,'.repeat(16)}project=atlas`
  expect(readTags(new Map([['weir-tags', many]]), ['project'])).toBeNull()
})
