import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DialectName, Operation } from '../../src/domain/call.ts'
import { fold } from '../../src/protocol/a2a/fold.ts'
import { neutralOf } from '../../src/protocol/a2a/neutral.ts'
import { readPushBody, readSaid } from '../../src/protocol/a2a/read-said.ts'
import type { Said } from '../../src/protocol/a2a/said.ts'
import { writePushBody, writeSaid, writeSaidEvent } from '../../src/protocol/a2a/write-said.ts'
import { recorded } from '../support/wire-log.ts'

const dialects: readonly DialectName[] = ['a2a-1.0-jsonrpc', 'a2a-1.0-rest', 'a2a-0.3-jsonrpc', 'a2a-0.3-rest']
const operations: readonly Operation[] = ['send', 'stream', 'get', 'cancel', 'subscribe']

/** Whatever was taken for an answer can be written for everybody. */
function checkSaid(said: Said): void {
  for (const dialect of dialects)
    for (const operation of operations) {
      const call = { dialect, operation, rpcId: '"x"' }
      expect(() => JSON.parse(writeSaid(said, call).toString()) as unknown).not.toThrow()
      expect(writeSaidEvent(said, call).subarray(-2).toString()).toBe('\n\n')
    }
  for (const version of ['1.0', '0.3'] as const) writePushBody(said, version)
  fold(fold(null, neutralOf(said)), neutralOf(said))
}

function checkBytes(bytes: Buffer, dialect: DialectName, operation: Operation, status: number): void {
  const read = readSaid(bytes, { dialect, operation, rpcId: '1', status, event: null })
  if (read?.kind === 'said') checkSaid(read)
  if (read?.kind === 'agent_error') expect(Number.isSafeInteger(read.code)).toBe(true)
  const pushed = readPushBody(bytes)
  if (pushed) checkSaid(pushed)
}

const answer = fc.constantFrom(...dialects.flatMap((dialect) => recorded(dialect).map(({ bytes }) => bytes.toString())))
const status = fc.constantFrom(200, 201, 204, 400, 404, 500)

/** One member or value of a recorded answer becomes something else. */
const bent = fc
  .tuple(
    answer,
    fc.nat(),
    fc.constantFrom('null', '1', '-1e999', '[]', '{}', '"x"', '[null]', '[[]]', 'true', '{"kind":7}'),
  )
  .map(([text, where, put]) => {
    const values = [...text.matchAll(/"[^"]*"(?!:)|\{[^{}]*\}|\[[^[\]]*\]/g)]
    const value = values[where % Math.max(1, values.length)]
    return value ? text.slice(0, value.index) + put + text.slice(value.index + value[0].length) : text
  })
const cut = fc.tuple(answer, fc.nat()).map(([text, where]) => text.slice(0, where % text.length))
const noise = fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes).toString('latin1'))
const anything = fc.json({ maxDepth: 4 })

test('no answer of an agent makes the reader throw, nor whoever writes what it read', () => {
  const text = fc.oneof({ weight: 4, arbitrary: bent }, cut, noise, anything)
  const from = fc.tuple(fc.constantFrom(...dialects), fc.constantFrom(...operations), status)
  fc.assert(
    fc.property(text, from, (json, [dialect, operation, code]) => {
      checkBytes(Buffer.from(json), dialect, operation, code)
    }),
    { numRuns: 1500 },
  )
})
