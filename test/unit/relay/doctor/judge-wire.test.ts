/** What only the wire shows: streams, ids, lists, other dialects, connections. */
import { expect, test } from 'vitest'
import type { Connection } from '../../../../src/relay/doctor/connection.ts'
import { judgeConnection } from '../../../../src/relay/doctor/connection.ts'
import { judgeOther } from '../../../../src/relay/doctor/dialects.ts'
import { judge } from '../../../../src/relay/doctor/judge.ts'
import { judgeEcho, judgeList, judgeStream, longId } from '../../../../src/relay/doctor/judge-wire.ts'
import { answered, failed, faulty, heardOf, page, task } from './heard-kit.ts'

const done = { ...task('TASK_STATE_COMPLETED'), type: 'text/event-stream' }
const heartbeat_ms = 4000

test('a stream is good that ends with its task and closes', () => {
  expect(judgeStream(null, done, heartbeat_ms)).toMatchObject({ result: 'ok', advice: null })
})

test.each([
  ['one piece', { ...done, type: 'application/json' }, 'emulated'],
  ['does not close', { ...done, end: 'left open' as const }, 'emulated'],
  ['silent', { ...done, silence_ms: 5000 }, 'emulated'],
  ['breaks off', { ...task('TASK_STATE_WORKING'), fault: faulty('truncated').fault }, 'emulated'],
  ['--timeout', { ...task('TASK_STATE_WORKING'), fault: faulty('idle_timeout').fault }, 'unknown'],
  ['streams: false', page, 'problem'],
])('a stream that is not: %s', (words, heard, result) => {
  const found = judgeStream(null, heard, heartbeat_ms)
  expect([found.result, found.advice]).toEqual([result, expect.stringContaining(words)])
})

test('who says now and then that it is there may be silent for long', () => {
  expect(judgeStream(null, { ...done, silence_ms: 5000, comments: 2 }, heartbeat_ms).result).toBe('ok')
})

test('an id that comes back rounded is put right by Weir', () => {
  const error = { error: { code: -32001, message: 'no' } }
  expect(judgeEcho(null, heardOf(answered(error, longId))).result).toBe('ok')
  expect(judgeEcho(null, heardOf(answered(error, '9007199254740992')))).toMatchObject({
    result: 'emulated',
    seen: expect.stringContaining('9007199254740992') as string,
  })
  expect(judgeEcho(null, page).result).toBe('unknown')
})

test('a list is told and not needed', () => {
  expect(judgeList(null, { ...heardOf(), scrap: '', json: { result: { tasks: [] } } }).seen).toBe('it lists tasks')
  expect(judgeList(null, failed(-32601))).toMatchObject({
    result: 'ok',
    seen: expect.stringContaining('-32601') as string,
  })
})

test('a dialect that is not configured breaks nothing, and is named where it may be meant', () => {
  const [good, bad] = [judge('lookup', '0.3 rest', failed(-32001)), judge('lookup', '0.3 rest', page)]
  const way = { named: false, path: '/a2a' }
  expect(judgeOther(good, { ...way, failed: true })).toMatchObject({
    at: '0.3 rest /a2a',
    result: 'ok',
    keys: ['versions', 'bindings', 'interfaces'],
  })
  expect(judgeOther(good, { ...way, failed: false })?.advice).toContain('speaks this too')
  expect(judgeOther(bad, { ...way, failed: true })).toBeNull()
  expect(judgeOther(bad, { ...way, failed: true, named: true })?.result).toBe('unknown')
})

const day_ms = 86_400_000
const reached: Connection = { addresses: ['192.0.2.1'], problem: null, took_ms: 3, validTo: null }
const url = 'https://agent.example/a2a'

test('a certificate that ends soon is worth a word', () => {
  const of = (days: number) => judgeConnection(url, { ...reached, validTo: days * day_ms }, 0)
  expect(of(90)).toMatchObject({ result: 'ok', at: 'https://agent.example', advice: null })
  expect(of(3)).toMatchObject({ result: 'unknown', advice: 'Its certificate ends in 3 days.' })
  expect(judgeConnection(url, reached, 0).seen).toBe('192.0.2.1 after 3 ms')
})

test.each([
  ['ENOTFOUND', 'url'],
  ['ECONNREFUSED', 'instances'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'credential.ca'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'url'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'credential.cert'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'url'],
  ['ESTRANGE', 'url'],
])('%s is told with what to change', (code, key) => {
  const found = judgeConnection(url, { ...reached, problem: code }, 0)
  expect([found.result, found.seen]).toEqual(['problem', code])
  expect(found.keys).toContain(key)
})
