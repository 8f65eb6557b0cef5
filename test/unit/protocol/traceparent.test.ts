import { expect, test } from 'vitest'
import { readTraceparent, traceTo } from '../../../src/protocol/traceparent.ts'

const [theirs, ours] = ['1'.repeat(32), '2'.repeat(32)]
const own = { traceId: ours, spanId: '3'.repeat(16) }
const from = (traceId: string, flags = '01', state: string | null = null) =>
  readTraceparent(`00-${traceId}-${'4'.repeat(16)}-${flags}`, state)

test('in a trace of ours a target hears of our span, in another of its own caller', () => {
  expect(traceTo(from(ours), own, 'pass')?.traceparent).toBe(`00-${ours}-${own.spanId}-01`)
  expect(traceTo(from(theirs), own, 'pass')).toEqual(from(theirs))
  expect(traceTo(from(theirs), null, 'pass')).toEqual(from(theirs))
})

test('only one who opens traces opens one, and nobody who strips them hands one on', () => {
  expect(traceTo(null, own, 'pass')).toBeNull()
  expect(traceTo(null, null, 'open')).toBeNull()
  expect(traceTo(null, own, 'open')?.traceparent).toBe(`00-${ours}-${own.spanId}-01`)
  expect([traceTo(from(ours), own, 'strip'), traceTo(null, own, 'strip')]).toEqual([null, null])
})

test('what was not sampled stays so, and what stands in the tracestate goes on as it stood', () => {
  expect(traceTo(from(ours, '00', 'b=2,a=1'), own, 'open')).toMatchObject({
    traceparent: `00-${ours}-${own.spanId}-00`,
    state: 'b=2,a=1',
  })
})

test.each(['a=b', 'vendor@tenant=x y, ,rojo=00f067aa0ba902b7', `${'a=b,'.repeat(31)}a=b`])(
  '%j is a tracestate',
  (state) => expect(from(theirs, '01', state)?.state).toBe(state),
)

test.each(['a', 'A=b', 'a=b=c', `${'a=b,'.repeat(32)}a=b`, 'a=\u0001', `${'k'.repeat(257)}=v`])(
  '%j is none and is not handed on',
  (state) => expect(from(theirs, '01', state)).not.toHaveProperty('state'),
)

test('beside a traceparent that cannot be read a tracestate says nothing', () => {
  expect(readTraceparent('00-a-b-01', 'a=b')).toBeNull()
})
