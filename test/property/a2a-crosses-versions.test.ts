import { StreamResponse } from '@a2a-js/sdk'
import { legacyPushNotificationToV1StreamResponse } from '@a2a-js/sdk/compat/v0_3'
import { V03PushNotificationSerializer } from '@a2a-js/sdk/compat/v0_3/server'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isJsonObject } from '../../src/base/json.ts'
import type { DialectName, Operation } from '../../src/domain/call.ts'
import { neutralOf, sayNeutral } from '../../src/protocol/a2a/neutral.ts'
import { readPushBody, readSaid } from '../../src/protocol/a2a/read-said.ts'
import { eventFrom10, eventTo10 } from '../../src/protocol/a2a/translate/event.ts'
import { writePushBody, writeSaid, writeSaidEvent } from '../../src/protocol/a2a/write-said.ts'
import { eventMaker } from './a2a-maker.ts'

const dialects: readonly DialectName[] = ['a2a-1.0-jsonrpc', 'a2a-1.0-rest', 'a2a-0.3-jsonrpc', 'a2a-0.3-rest']

test.each(['0.3', '0.3-proto'] as const)('what 1.0 says comes back from %s as it was', (grammar) => {
  fc.assert(
    fc.property(eventMaker(true), fc.boolean(), (event, last) => {
      expect(eventTo10(eventFrom10(event, grammar, last), grammar)).toEqual(event)
    }),
    { numRuns: 300 },
  )
})

test('what is written for a caller of any dialect is read again as the same', () => {
  fc.assert(
    fc.property(eventMaker(true), fc.constantFrom(...dialects), (event, dialect) => {
      const said = sayNeutral(event)
      const operation: Operation = 'task' in event ? 'get' : 'send'
      const call = { dialect, operation, rpcId: dialect.endsWith('rest') ? 'null' : '7' }
      const bytes = writeSaid(said, call)
      const read = readSaid(bytes, { ...call, status: 200, event: null })
      if (read?.kind !== 'said') throw new Error(bytes.toString())
      expect(neutralOf(read)).toEqual(event)
      const { mark: _, last: _last, ...seen } = said.seen
      expect(read.seen).toMatchObject({ ...seen, contextId: seen.contextId ?? read.seen.contextId })
      expect(writeSaid(read, call)).toBe(bytes)
    }),
    { numRuns: 300 },
  )
})

test('an event of a stream is one line, whatever the lines it came in', () => {
  fc.assert(
    fc.property(eventMaker(true), fc.constantFrom(...dialects), (event, dialect) => {
      const pretty = Buffer.from(JSON.stringify(event, null, '\r\n'))
      const from = { dialect: 'a2a-1.0-rest', operation: 'stream', rpcId: 'null', status: 200, event: null } as const
      const read = readSaid(pretty, from)
      if (read?.kind !== 'said') throw new Error('it is an event')
      const text = writeSaidEvent(read, { dialect, operation: 'stream', rpcId: '"a"' }).toString()
      expect(text).toMatch(/^data: [^\r\n]+\n\n$/)
    }),
  )
})

test('a webhook of either version is told what was said', () => {
  fc.assert(
    fc.property(eventMaker(true), fc.constantFrom('1.0', '0.3'), (event, version) => {
      const read = readPushBody(writePushBody(sayNeutral(event), version))
      expect(read && neutralOf(read)).toEqual(event)
    }),
  )
})

/** False, empty and absent are the same in ProtoJSON, and the SDK writes some out. `final` is what we say more of. */
function essence(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(essence)
  if (!isJsonObject(value)) return value
  const kept = Object.entries(value).filter(
    ([name, inner]) => name !== 'final' && !(['append', 'lastChunk'].includes(name) && inner === false),
  )
  return Object.fromEntries(kept.map(([name, inner]) => [name, essence(inner)]))
}

const serializer = new V03PushNotificationSerializer()

test('0.3 is written as the compat layer of the SDK writes it', () => {
  fc.assert(
    fc.property(eventMaker(false), (event) => {
      const theirs = JSON.parse(serializer.serialize(StreamResponse.fromJSON(event)).body) as unknown
      const ours = JSON.parse(JSON.stringify(eventFrom10(event, '0.3', false))) as unknown
      expect(essence(ours)).toEqual(essence(theirs))
    }),
    { numRuns: 200 },
  )
})

test('0.3 is read as the compat layer of the SDK reads it', () => {
  fc.assert(
    fc.property(eventMaker(false), (event) => {
      const old = eventFrom10(event, '0.3', false)
      const theirs = StreamResponse.toJSON(legacyPushNotificationToV1StreamResponse(structuredClone(old)))
      const ours = StreamResponse.toJSON(StreamResponse.fromJSON(eventTo10(old, '0.3')))
      expect(ours).toEqual(theirs)
    }),
    { numRuns: 200 },
  )
})
