/** Messages that are small for what they hold: nobody may hold up the one thread that everybody shares, or fill its memory. */
import { expect, test } from 'vitest'
import { arrayItems, editJson, membersOf, valueAtPath } from '../../src/base/json-edit.ts'
import { drain } from '../../src/catalogue/drain.ts'
import { messagesIn } from '../../src/relay/mcp/heard.ts'

/** Quadratic work over so many bytes takes longer than this by two orders of magnitude, on any machine. */
const patience_ms = 5000

function timed(work: () => void): number {
  const started = performance.now()
  work()
  return performance.now() - started
}

const members = Buffer.from(`{${'"a":0,'.repeat(400_000)}"b":1}`)
const items = Buffer.from(`[${'0,'.repeat(3_000_000)}0]`)

test('a member among hundreds of thousands is found, and changed, in no time', () => {
  expect(timed(() => expect(valueAtPath(members, ['b'])?.toString()).toBe('1'))).toBeLessThan(patience_ms)
  expect(timed(() => expect(membersOf(members).length).toBe(400_001))).toBeLessThan(patience_ms)
  expect(timed(() => void editJson(members, [{ path: ['b'], value: '2' }]))).toBeLessThan(patience_ms)
})

test('of an array nobody holds more items than are taken', () => {
  expect(arrayItems(items, 100).length).toBe(101)
  expect(messagesIn(items)).toBeNull()
})

test('a list of millions fails as too long, and nothing is thrown', async () => {
  const result = Buffer.from(`{"tools":${items.toString('latin1')}}`)
  const asked = { server: 'files', list: 'tools', over: () => false } as const
  const maximums = { listed_items: 10_000, listing_bytes: 33_554_432 }
  expect(await drain(async () => ({ kind: 'page', result }), asked, maximums)).toEqual({
    kind: 'failed',
    detail: 'more than 10000 entries (maximums.listed_items)',
  })
  const larger = { ...maximums, listed_items: 1_000_000 }
  expect(await drain(async () => ({ kind: 'page', result }), asked, larger)).toMatchObject({ kind: 'failed' })
})
