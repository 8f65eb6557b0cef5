/**
 * How long a wrong key takes says nothing about how wrong it is. A key is looked up by its hash, and the hash of a key that is
 * almost right is as far from the right one as any. Medians of many alternating tries are compared, with room for a busy
 * machine; an early end of a comparison of 64 characters would still show, because it is looked for where it would be largest.
 */
import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { headersOf, World } from '../support/identity-kit.ts'
import { agent, person } from '../support/identity-kit.ts'

const secret = hash('sha256', 'a key for a timing test')
const right = `wk_k1_${secret.repeat(32)}`
const other = `wk_k1_${hash('sha256', 'something else').repeat(32)}`

const guesses: Readonly<Record<string, string>> = {
  'all but the last character': right.slice(0, -1) + (right.endsWith('0') ? '1' : '0'),
  'half of the characters': right.slice(0, right.length / 2) + other.slice(right.length / 2),
  nothing: other,
}

const rounds = 400
const each = 20

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
}

test.each(['half of the characters', 'all but the last character'])(
  'threat 56: a key that has %s right is refused as fast as one that has nothing right',
  (what) => {
    const key = { id: 'k1', agent: agent('orchestrator'), sha256: hash('sha256', right), person: person('tomas') }
    const world = new World({}, { api_keys: [key] })
    const show = (raw: string): unknown => world.show(headersOf(raw))
    expect(show(right)).toHaveProperty('proof')
    const [near = '', far = ''] = [guesses[what], guesses['nothing']]
    expect([near.length, near === right]).toEqual([far.length, false])
    const time = (raw: string): number => {
      const headers = headersOf(raw)
      const start = process.hrtime.bigint()
      for (let n = 0; n < each; n += 1) void world.show(headers)
      return Number(process.hrtime.bigint() - start)
    }
    const times: Record<'near' | 'far', number[]> = { near: [], far: [] }
    for (let round = 0; round < rounds; round += 1) {
      // Who goes first changes, so that a slow moment of the machine meets both alike.
      for (const who of round % 2 === 0 ? (['near', 'far'] as const) : (['far', 'near'] as const))
        times[who].push(time(who === 'near' ? near : far))
    }
    const ratio = median(times.near) / median(times.far)
    expect(ratio).toBeGreaterThan(0.67)
    expect(ratio).toBeLessThan(1.5)
  },
)

test('threat 56: what is kept of a key is its hash, and nothing that is compared with the key itself', () => {
  const key = { id: 'k1', agent: agent('orchestrator'), sha256: hash('sha256', right), person: null }
  const world = new World({}, { api_keys: [key] })
  for (const guess of [
    ...Object.values(guesses),
    `wk_k1_${hash('sha256', right)}`,
    right.toUpperCase(),
    `${right}=`,
    right.slice(0, -1),
  ])
    expect(world.show(headersOf(guess))).toMatchObject({ code: 'unauthenticated' })
})
