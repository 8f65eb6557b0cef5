/** A replay that may take no longer sends nothing more, and says so; what has no token or no words is not sent. */
import { expect, test } from 'vitest'
import { systemClock } from '../../../../src/base/clock.ts'
import { Player, type PlayerParts } from '../../../../src/cli/rerun/player.ts'
import { timelineOf } from '../../../../src/pipeline/whatif/rerun/timeline.ts'
import { agent, call, hop } from '../../ledger/entries.ts'

const never = (): never => {
  throw new Error('nothing is sent')
}
const parts: PlayerParts = {
  clock: systemClock,
  gateway: 'http://127.0.0.1:9',
  traceparent: '',
  timeout_ms: 1000,
  signal: new AbortController().signal,
  requestOf: () => null,
  answerOf: never,
  tokenFor: () => Promise.resolve('token'),
  halt: never,
  progress: () => undefined,
}
const timeline = timelineOf([call(hop(1)), call(hop(2), { parent_rid: hop(1), depth: 2 })], new Set([agent('a')]))
const play = async (facts: Partial<PlayerParts>) => {
  const { fates, ended } = await new Player(timeline, { ...parts, ...facts }).play()
  return { ended, fates: [...fates].map(([id, { kind }]) => [id, kind]) }
}

test('after its time, or when it is interrupted, nothing more is sent', async () => {
  expect(await play({ timeout_ms: -1 })).toEqual({ ended: 'timeout', fates: [] })
  expect(await play({ signal: AbortSignal.abort() })).toMatchObject({ fates: [] })
})

test.each([{ tokenFor: () => Promise.resolve(null) }, { requestOf: () => null }])(
  'below a call that cannot be sent nothing is: %#',
  async (facts) => {
    expect(await play(facts)).toEqual({
      ended: 'complete',
      fates: [
        [hop(1), 'no_words'],
        [hop(2), 'not_reached'],
      ],
    })
  },
)

test('a gateway that is not there answers nobody, and nobody waits for it', async () => {
  const request = { path: '/', headers: {}, body: '', from: 'captured' } as const
  expect(await play({ requestOf: () => request })).toMatchObject({ ended: 'complete' })
})
