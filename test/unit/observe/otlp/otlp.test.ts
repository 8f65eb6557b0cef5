import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import { ManualClock } from '../../../../src/base/clock.ts'
import type { LedgerEntry, Numbered, RunEntry } from '../../../../src/domain/record.ts'
import type { Exporters } from '../../../../src/observe/otlp/exporters.ts'
import { openOtlp } from '../../../../src/observe/otlp/otlp.ts'
import type { OtlpSetup } from '../../../../src/observe/otlp/setup.ts'
import { isSampled } from '../../../../src/observe/otlp/trace-place.ts'
import { setupFor } from '../../../support/telemetry.ts'
import { agent, call, hop, noon, person, run } from '../../ledger/entries.ts'

const own = 'a'.repeat(32)
const theirs = `00-${'7'.repeat(32)}-${'8'.repeat(16)}-01`
const id = run(0x51)

function numbered(entries: readonly LedgerEntry[], first = 1): readonly Numbered[] {
  return entries.map((entry, place) => ({ seq: first + place, boot: own, entry }))
}

function runEntry(event: RunEntry['event'], more: Partial<RunEntry> = {}): RunEntry {
  const why = { code: null, reason: null, actor: null }
  const of = { run: id, root: agent('console'), human: person('tomas'), ends_at: noon + 60_000 }
  return { v: 1, ts: noon, kind: 'run', event, ...of, ...why, ...more }
}

function exporting(more: Partial<OtlpSetup> = {}, missed: readonly Numbered[] = [], at = noon - 1000) {
  const path = more.path ?? join(mkdtempSync(join(tmpdir(), 'weir-otlp-')), 'index', 'otlp.json')
  const spans: ReadableSpan[] = []
  const logs: ReadableLogRecord[] = []
  const exporters: Exporters = {
    traces: async (batch) => (spans.push(...batch), 'sent'),
    logs: async (batch) => (logs.push(...batch), 'sent'),
    metrics: async () => 'sent',
    close: async () => undefined,
  }
  const otlp = openOtlp(setupFor('http://127.0.0.1:9', path, more), {
    clock: new ManualClock(at),
    exporters,
    missed: async function* (from, before) {
      yield missed.filter(({ seq }) => seq >= from && seq < before)
    },
  })
  return { otlp, path, spans, logs }
}

const hops = (spans: readonly ReadableSpan[]): readonly unknown[] => spans.map((span) => span.attributes['weir.hop.id'])

test('a run is its own trace, with a link to the caller it was opened by', async () => {
  const { otlp, spans } = exporting()
  const first = call(hop(1), { run: id, parent_rid: null, trace: theirs })
  otlp.entries(numbered([runEntry('opened', { caller_trace: theirs }), first, runEntry('ended')]))
  await otlp.close()
  expect(spans.map((span) => span.spanContext().traceId)).toEqual([id.slice(4), id.slice(4)])
  expect(spans.map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual([id.slice(20), undefined])
  for (const { links } of spans) expect(links.map(({ context }) => context.spanId)).toEqual(['8'.repeat(16)])
})

test('a run that joins its caller hangs under the span of the caller, after a restart too', async () => {
  const first = exporting({ join: 'caller' })
  first.otlp.entries(numbered([runEntry('opened', { caller_trace: theirs }), call(hop(1), { run: id, trace: theirs })]))
  await first.otlp.close()
  const next = exporting({ join: 'caller', path: first.path })
  next.otlp.entries(numbered([call(hop(2), { run: id, parent_rid: hop(1), trace: null }), runEntry('ended')], 3))
  await next.otlp.close()
  const spans = [...first.spans, ...next.spans]
  expect(new Set(spans.map((span) => span.spanContext().traceId))).toEqual(new Set(['7'.repeat(32)]))
  expect(spans.at(-1)?.parentSpanContext?.spanId).toBe('8'.repeat(16))
  expect(spans.at(-1)?.links).toEqual([])
})

test('what an earlier process did not send is made up for once, and what it sent is not sent again', async () => {
  const calls = [1, 2, 3, 4].map((number) => call(hop(number), { run: id }))
  const all = numbered(calls)
  const first = exporting()
  first.otlp.entries(all.slice(0, 2))
  await first.otlp.close()
  expect(JSON.parse(readFileSync(first.path, 'utf8'))).toMatchObject({ seq: 2 })
  const next = exporting({ path: first.path }, all)
  next.otlp.entries(all.slice(3))
  await new Promise((resolve) => setImmediate(resolve))
  await next.otlp.close()
  expect(new Set(hops(next.spans))).toEqual(new Set([hop(3), hop(4)]))
})

test('a stop that comes before all of it was made up for forgets nothing', async () => {
  const all = numbered([1, 2, 3, 4].map((number) => call(hop(number), { run: id })))
  const first = exporting()
  first.otlp.entries(all.slice(0, 1))
  await first.otlp.close()
  const hasty = exporting({ path: first.path }, all)
  hasty.otlp.entries(all.slice(3))
  await hasty.otlp.close()
  const next = exporting({ path: first.path }, all)
  next.otlp.entries(numbered([call(hop(5), { run: id })], 5))
  await new Promise((resolve) => setImmediate(resolve))
  await next.otlp.close()
  const sent = hops([...first.spans, ...hasty.spans, ...next.spans])
  expect(new Set(sent)).toEqual(new Set([1, 2, 3, 4, 5].map(hop)))
})

test('without a position nothing of before the start is sent, and a position that is garbage is none', async () => {
  const { otlp, spans, path } = exporting({}, [], noon + 100)
  otlp.entries(numbered([call(hop(1), { run: id })]))
  await otlp.close()
  expect(spans).toEqual([])
  for (const garbage of ['', '{', '{"seq":-1}', '{"seq":"1"}', '[]', '{"seq":1e99}']) {
    writeFileSync(path, garbage)
    const next = exporting({ path }, numbered([call(hop(1), { run: id })]))
    next.otlp.entries(numbered([call(hop(2), { run: id })], 2))
    await next.otlp.close()
    expect(hops(next.spans)).toEqual([hop(2)])
  }
})

test('a run is sampled whole or not at all', async () => {
  const ids = Array.from(
    { length: 1000 },
    (_, number) => own.slice(14) + (number * 72_057_594_037_927).toString(16).padStart(14, '0'),
  )
  const share = ids.filter((traceId) => isSampled(traceId, 0.25)).length / ids.length
  expect(share).toBeCloseTo(0.25, 1)
  expect(ids.filter((traceId) => isSampled(traceId, 1))).toHaveLength(1000)
  const { otlp, spans, logs } = exporting({ sample_ratio: 0 })
  otlp.entries(numbered([call(hop(1), { run: id, decision: 'deny', code: 'policy_denied' }), runEntry('halted')]))
  await otlp.close()
  expect([spans.length, logs.length]).toEqual([0, 2])
})

test('a person is named only where the operator wants it', async () => {
  for (const user_id of [false, true]) {
    const { otlp, spans, logs } = exporting({ user_id })
    const denied = call(hop(1), { run: id, human: person('tomas'), decision: 'deny', code: 'policy_denied' })
    const revoked: LedgerEntry = {
      v: 1,
      ts: noon,
      kind: 'revocation',
      what: 'person',
      name: 'user:tomas',
      epoch: 1,
      lifted: false,
      contained: false,
      reason: 'left',
      actor: 'ops',
      source: 'operator',
    }
    otlp.entries(numbered([denied, runEntry('halted'), revoked]))
    await otlp.close()
    const text = JSON.stringify([
      ...spans.map(({ attributes }) => attributes),
      ...logs.map((log) => [log.body, log.attributes]),
    ])
    expect([spans.length, logs.length, text.includes('tomas')]).toEqual([2, 3, user_id])
  }
})

test('a call that belongs to no run is a trace of its own', async () => {
  const { otlp, spans } = exporting()
  otlp.entries(numbered([call(hop(1), { run: null, parent_rid: null }), call(hop(2), { run: null, parent_rid: null })]))
  await otlp.close()
  expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(2)
  expect(spans.map(({ parentSpanContext }) => parentSpanContext)).toEqual([undefined, undefined])
})

test('signals that are off are not sent', async () => {
  const { otlp, spans, logs } = exporting({ signals: { traces: false, metrics: true, logs: false } })
  otlp.entries(numbered([call(hop(1), { run: id, decision: 'deny', code: 'policy_denied' })]))
  await otlp.close()
  expect([spans, logs]).toEqual([[], []])
})
