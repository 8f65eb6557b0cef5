import { expect, test } from 'vitest'
import { ManualClock } from '../../../../src/base/clock.ts'
import { type Denial, deny } from '../../../../src/domain/verdict.ts'
import { type Obtained, TokenPool } from '../../../../src/identity/outbound/token-pool.ts'

/** A server whose next answers are queued by hand. */
class Server {
  asked = 0
  answer: Obtained | Denial | null = null
  readonly obtain = async (): Promise<Obtained | Denial> => {
    this.asked += 1
    return this.answer ?? { token: `t${this.asked}`, lifetime_ms: 100_000 }
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function openPool(ahead = 1): { pool: TokenPool; clock: ManualClock; server: Server } {
  const clock = new ManualClock()
  return { pool: new TokenPool(ahead, clock), clock, server: new Server() }
}

test('only the first call waits, and calls that wait together ask once', async () => {
  const { pool, server } = openPool()
  expect(await Promise.all([pool.take(server.obtain), pool.take(server.obtain)])).toEqual(['t1', 't1'])
  expect(pool.take(server.obtain)).toBe('t1')
  expect(server.asked).toBe(1)
})

test('after 80 % of its life a token is replaced in the background', async () => {
  const { pool, clock, server } = openPool()
  await pool.take(server.obtain)
  clock.advance(79_999)
  expect(pool.take(server.obtain)).toBe('t1')
  expect(server.asked).toBe(1)
  clock.advance(1)
  expect(pool.take(server.obtain)).toBe('t1')
  await settled()
  expect(pool.take(server.obtain)).toBe('t2')
  expect(server.asked).toBe(2)
})

test('a refresh that fails leaves the old token in use until it ends, and rests longer each time', async () => {
  const { pool, clock, server } = openPool()
  await pool.take(server.obtain)
  server.answer = deny('upstream_unavailable', 'no')
  clock.advance(80_000)
  for (let second = 0; second < 15; second += 1) {
    expect(pool.take(server.obtain)).toBe('t1')
    await settled()
    clock.advance(1000)
  }
  // At 80, 81, 83 and 87 s; the next would be at 95.
  expect(server.asked).toBe(1 + 4)
  clock.advance(5000)
  expect(await pool.take(server.obtain)).toMatchObject({ code: 'upstream_unavailable' })
})

test('without a token and while it rests, a call is refused at once with the wait that is left', async () => {
  const { pool, clock, server } = openPool()
  server.answer = deny('upstream_unavailable', 'the endpoint said no')
  await pool.take(server.obtain)
  clock.advance(400)
  expect(pool.take(server.obtain)).toMatchObject({ detail: 'the endpoint said no', retryAfter_ms: 600 })
  clock.advance(600)
  server.answer = null
  expect(await pool.take(server.obtain)).toBe('t2')
})

test('tokens kept ahead are used in turn and never more than asked for', async () => {
  const { pool, server } = openPool(3)
  await pool.take(server.obtain)
  for (let n = 0; n < 10; n += 1) {
    expect(pool.take(server.obtain)).toMatch(/^t\d$/)
    await settled()
  }
  expect(server.asked).toBe(3)
  expect(new Set([1, 2, 3].map(() => pool.take(server.obtain)))).toEqual(new Set(['t1', 't2', 't3']))
})
