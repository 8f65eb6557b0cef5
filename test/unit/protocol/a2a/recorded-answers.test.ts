import { expect, test } from 'vitest'
import { isJsonObject } from '../../../../src/base/json.ts'
import type { DialectName } from '../../../../src/domain/call.ts'
import { phaseOf } from '../../../../src/domain/task.ts'
import { neutralOf } from '../../../../src/protocol/a2a/neutral.ts'
import { readSaid } from '../../../../src/protocol/a2a/read-said.ts'
import type { Said } from '../../../../src/protocol/a2a/said.ts'
import { writeSaid, writeSaidEvent } from '../../../../src/protocol/a2a/write-said.ts'
import { recorded, type Recorded } from '../../../support/wire-log.ts'

const dialects: readonly DialectName[] = ['a2a-1.0-jsonrpc', 'a2a-1.0-rest', 'a2a-0.3-jsonrpc', 'a2a-0.3-rest']
const pairs = dialects.flatMap((from) => dialects.map((to) => ({ from, to })))

function said(one: Recorded): Said | null {
  const read = readSaid(one.bytes, one)
  return read?.kind === 'said' ? read : null
}

test.each(dialects)('every answer recorded of %s is understood', (dialect) => {
  const all = recorded(dialect)
  expect(all.length).toBeGreaterThan(14)
  const kinds = all.map((one) => readSaid(one.bytes, one)?.kind ?? one.bytes.toString())
  expect(new Set(kinds)).toEqual(new Set(['said', 'agent_error']))
})

test.each(dialects)('what %s said is written for a caller of the same dialect as the same bytes', (dialect) => {
  for (const one of recorded(dialect)) {
    const read = said(one)
    if (read === null) continue
    expect(writeSaid(read, one)).toBe(one.bytes)
    if (one.event) expect(writeSaidEvent(read, one)).toBe(one.event)
  }
})

test.each(dialects)('a caller of %s with another id gets the same answer with its own', (dialect) => {
  for (const one of recorded(dialect)) {
    const read = said(one)
    if (read === null || one.rpcId === 'null') continue
    const text = writeSaid(read, { ...one, rpcId: '9007199254740993' }).toString()
    expect(text).toContain('"id":9007199254740993,')
    expect(parsed(Buffer.from(text))).toEqual({ ...parsed(one.bytes), id: 9007199254740992 })
  }
})

/** The four conversations are the same, so their answers differ in ids and times, and in what 0.3 does not say of text. */
function skeleton(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => skeleton(one))
  if (isJsonObject(value))
    return Object.fromEntries(
      Object.entries(value)
        .filter(([member, inner]) => member !== 'mediaType' && !(member === 'metadata' && isOfTranslation(inner)))
        .map(([member, inner]) => [member, skeleton(inner, member)]),
    )
  return /id$/i.test(name) && name !== 'artifactId' ? 'id' : name === 'timestamp' ? 'time' : value
}

function isOfTranslation(metadata: unknown): boolean {
  return isJsonObject(metadata) && Object.keys(metadata).every((name) => name === 'a2a.mediaType')
}

function parsed(bytes: Buffer): Record<string, unknown> {
  return JSON.parse(bytes.toString()) as Record<string, unknown>
}

/** The finished task of a plain send, and the events of its stream: what every log holds. */
function landmarks(dialect: DialectName): readonly Recorded[] {
  const all = recorded(dialect)
  const direct = all.find((one) => one.operation === 'send')
  const task = all.find((one) => one.operation === 'send' && said(one)?.seen.kind === 'terminal')
  const begins = all.findIndex((one) => one.operation === 'stream')
  const got = all.find((one) => one.operation === 'get')
  return [direct, task, ...all.slice(begins, begins + 5), got].filter((one) => one !== undefined)
}

test.each(pairs)('what $from said reads, in $to, as $to itself said it', ({ from, to }) => {
  const expected = landmarks(to)
  const actual = landmarks(from)
  expect(actual).toHaveLength(8)
  expect(expected).toHaveLength(8)
  for (const [index, one] of actual.entries()) {
    const read = said(one)
    const target = expected[index]
    if (read === null || target === undefined) throw new Error('every landmark is an answer')
    const written = skeleton(parsed(writeSaid(read, target)))
    const other = skeleton(parsed(target.bytes))
    expect(withoutDefaults(written)).toEqual(withoutDefaults(other))
  }
})

/** The compat server of the SDK writes out `append` where it says nothing. */
function withoutDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDefaults)
  if (!isJsonObject(value)) return value
  const kept = Object.entries(value).filter(
    ([name, inner]) => !(['append', 'lastChunk'].includes(name) && inner === false),
  )
  return Object.fromEntries(kept.map(([name, inner]) => [name, withoutDefaults(inner)]))
}

test.each(dialects)('what %s said of its task is seen in neutral words', (dialect) => {
  const [direct, task, ...rest] = landmarks(dialect).map((one) => said(one)?.seen)
  expect(direct).toMatchObject({ kind: 'message', state: null, last: true })
  expect(task).toMatchObject({ kind: 'terminal', state: 'TASK_STATE_COMPLETED', last: true })
  expect(rest.map((seen) => seen?.state)).toEqual([
    'TASK_STATE_SUBMITTED',
    'TASK_STATE_WORKING',
    null,
    null,
    'TASK_STATE_COMPLETED',
    'TASK_STATE_COMPLETED',
  ])
  expect(rest.map((seen) => seen?.last)).toEqual([false, false, false, false, true, true])
  for (const one of recorded(dialect)) {
    const seen = said(one)?.seen
    if (seen?.state) expect(seen.kind).toBe(phaseOf(seen.state))
  }
})

test.each(dialects)('what %s refused keeps its code and its words', (dialect) => {
  const refused = recorded(dialect).flatMap((one) => {
    const read = readSaid(one.bytes, one)
    return read?.kind === 'agent_error'
      ? [{ code: read.code, message: read.message.replace(/[0-9a-f-]{36}/, 'id') }]
      : []
  })
  expect(refused).toContainEqual({ code: -32001, message: 'Task not found: nope' })
  expect(refused.map(({ code }) => code)).toEqual(expect.arrayContaining([-32001, -32002, -32004]))
})

test('an event is parsed once', () => {
  const read = landmarks('a2a-0.3-rest').map(said)[1]
  if (!read) throw new Error('it is a task')
  expect(neutralOf(read)).toBe(neutralOf(read))
})
