/** A stream that the order to end it did not find ends by itself before anything more flows to a revoked caller. */
import { afterEach, describe, expect, test } from 'vitest'
import { type Denial, deny } from '../../src/domain/verdict.ts'
import type { ExchangeOutcome } from '../../src/relay/exchange.ts'
import { callOf, hopOf } from '../support/hop.ts'
import { missionTo } from '../support/mission.ts'
import { eventsIn, RelayBench, until } from '../support/relay.ts'
import { MemoryReply } from '../support/reply.ts'
import { chunk, startTarget, streamHead } from '../support/target.ts'

const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const working = (n: number): string => {
  const status = { state: 'TASK_STATE_WORKING', message: { parts: [{ text: `secret ${n}` }] } }
  return `data: ${JSON.stringify({ jsonrpc: '2.0', id: 1, result: { statusUpdate: { taskId: 't1', contextId: 'c1', status } } })}\n\n`
}

interface Held {
  /** The target sends these bytes. */
  send(bytes: Buffer): void
  readonly reply: MemoryReply
  readonly outcome: Promise<ExchangeOutcome>
  refuse(denial: Denial): void
}

async function hold(settings: { readonly heartbeat_ms?: number }, first: Buffer): Promise<Held> {
  const target = await startTarget((socket) => void socket.write(Buffer.concat([Buffer.from(streamHead), first])))
  const bench = new RelayBench(settings)
  closing.push(
    () => bench.stop(),
    () => target.stop(),
  )
  let standing: Denial | null = null
  const hop = hopOf(callOf({}, { operation: 'stream', method: 'SendStreamingMessage' }))
  const mission = missionTo(bench.driverAt(target.url), hop.call, { standing: () => standing })
  const reply = new MemoryReply()
  const { promise, resolve } = Promise.withResolvers<ExchangeOutcome>()
  bench.relay.sendStream(hop, mission, reply, resolve)
  const send = (bytes: Buffer): void => target.sockets.forEach((socket) => void socket.write(bytes))
  return { send, reply, outcome: promise, refuse: (denial) => (standing = denial) }
}

describe.each([
  ['unauthenticated', deny('unauthenticated', 'user:tomas was revoked', { rule: 'revoked.person' })],
  ['agent_contained', deny('agent_contained', 'agent:research is contained')],
])('%s', (code, denial) => {
  test('threat 58: before the next event is passed on, the stream ends with a cancelled task that says why', async () => {
    const { send, reply, outcome, refuse } = await hold({}, chunk(working(1)))
    await until(() => reply.text.includes('secret 1'))
    refuse(denial)
    send(chunk(working(2)))
    expect(await outcome).toMatchObject({ kind: 'halted', denial: { code } })
    expect(reply.text).not.toContain('secret 2')
    const last = eventsIn(reply.text).at(-1)
    expect(last).toMatchObject({ result: { statusUpdate: { status: { state: 'TASK_STATE_CANCELED' } } } })
    expect(JSON.stringify(last)).toContain(`[weir:${code}]`)
  })

  test('a stream on which nothing flows ends instead of its next heartbeat', async () => {
    const { reply, outcome, refuse } = await hold({ heartbeat_ms: 20 }, chunk(working(1)))
    await until(() => reply.text.includes(':\n\n'))
    refuse(denial)
    expect(await outcome).toMatchObject({ kind: 'halted', denial: { code } })
    expect(reply.text).toContain(`[weir:${code}]`)
  })

  test('a stream whose target has named no task yet ends with an error event', async () => {
    const { reply, outcome, refuse } = await hold({ heartbeat_ms: 20 }, Buffer.alloc(0))
    await until(() => reply.text.includes(':\n\n'))
    refuse(denial)
    await outcome
    expect(eventsIn(reply.text).at(-1)).toMatchObject({ error: { message: expect.stringContaining(code) as string } })
  })
})
