import { expect, test } from 'vitest'
import type { Line, LineEars, Refused } from '../../../../src/relay/mcp/line.ts'
import { LineChannel } from '../../../../src/relay/mcp/line-channel.ts'
import { makeFault } from '../../../../src/relay/wire/transport.ts'
import { ask, lineSettings, listen, type Said, tell } from '../../../support/lines.ts'

/** A line whose other end is the test. */
function open() {
  const written: string[] = []
  const state: { ears: LineEars | null; refusal: Refused | null; closed: boolean } = {
    ears: null,
    refusal: null,
    closed: false,
  }
  const line: Line = {
    write(sent, done) {
      if (!state.refusal) written.push(sent.message.toString())
      done(state.refusal)
    },
    close: () => void (state.closed = true),
  }
  const channel = new LineChannel((ears) => {
    state.ears = ears
    return line
  }, lineSettings)
  const hear = (...said: readonly (object | string)[]): void => {
    for (const each of said) state.ears?.onMessage(Buffer.from(typeof each === 'string' ? each : JSON.stringify(each)))
  }
  const end = (): void => state.ears?.onEnd(makeFault('reset', 'it is gone', false))
  return { channel, written, state, hear, end }
}

const call = (id: number | string, params = {}): Said => ({ id, method: 'tools/call', params })
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('answers find their requests by the token of the id, in any order', async () => {
  const { channel, hear } = open()
  const [one, text] = [ask(channel, call(1)), ask(channel, call('1'))]
  await settled()
  hear('{"id":"1","result":{"of":"text"}}', '{"id":1,"result":{"of":"number"}}')
  expect((await one).messages).toEqual([{ id: 1, result: { of: 'number' } }])
  expect(await text).toMatchObject({ messages: [{ result: { of: 'text' } }], fault: null, status: null })
})

test('a message keeps its bytes in both directions', async () => {
  const { channel, hear, written } = open()
  const message = '{"jsonrpc":"2.0","id":1e0,"method":"x","params":{"n":1.000000000000000000001}}'
  const heard: string[] = []
  channel.send(
    { message: Buffer.from(message), id: '1e0', progressToken: null, headers: [] },
    { onMessage: (bytes) => void heard.push(bytes.toString()), onEnd: () => void heard.push('end') },
  )
  expect(written).toEqual([])
  await settled()
  hear('{"result":{"n":1.10},"id":1e0}')
  expect(written).toEqual([message])
  expect(heard).toEqual(['{"result":{"n":1.10},"id":1e0}', 'end'])
})

test('progress goes to the request of its token, and nowhere after its end', async () => {
  const { channel, hear } = open()
  const [one, two] = [1, 2].map((id) => ask(channel, call(id, { _meta: { progressToken: `t${id}` } })))
  const progress = (token: string) => ({ method: 'notifications/progress', params: { progressToken: token } })
  await settled()
  hear(progress('t2'), progress('t1'), progress('t3'), { id: 2, result: {} }, progress('t2'))
  expect((await two)?.messages.map(({ method }) => method)).toEqual(['notifications/progress', undefined])
  expect(one?.messages).toHaveLength(1)
  expect(channel.dropped).toBe(2)
})

test('what a server asks goes to the only open request, and to the listener where there is none or more than one', async () => {
  const { channel, hear } = open()
  const listened = listen(channel)
  const question = (id: number) => ({ id, method: 'roots/list' })
  hear(question(1))
  const one = ask(channel, call(1))
  await settled()
  hear(question(2), { method: 'notifications/tools/list_changed' })
  void ask(channel, call(2))
  await settled()
  hear(question(3))
  expect(one.messages.map(({ id }) => id)).toEqual([2])
  expect(listened.messages.map(({ id, method }) => id ?? method)).toEqual([1, 'notifications/tools/list_changed', 3])
})

test('messages of a subscription go to its request, which does not count as one that is worked on', async () => {
  const { channel, hear } = open()
  const subscription = ask(channel, { id: 5, method: 'subscriptions/listen' })
  const one = ask(channel, call(1))
  await settled()
  const _meta = { 'io.modelcontextprotocol/subscriptionId': 5 }
  hear({ method: 'notifications/tools/list_changed', params: { _meta } }, { method: 'notifications/message' })
  expect(subscription.messages.map(({ method }) => method)).toEqual(['notifications/tools/list_changed'])
  expect(one.messages.map(({ method }) => method)).toEqual(['notifications/message'])
})

test('what is no message is skipped and counted, and several in one are heard one by one', async () => {
  const { channel, hear } = open()
  const asked = [1, 2].map((id) => ask(channel, call(id)))
  await settled()
  hear('Server listening', '{"half":', '[1', '{"no":"message"}', '[]', '"text"')
  hear([
    { id: 1, result: {} },
    { id: 2, result: {} },
  ])
  await Promise.all(asked)
  expect(channel.skipped).toBe(5)
})

test('an error without an id answers the only open request', async () => {
  const { channel, hear } = open()
  const asked = ask(channel, call(1))
  await settled()
  hear({ id: null, error: { code: -32700, message: 'no' } })
  expect((await asked).messages[0]?.error?.code).toBe(-32700)
})

test('a request that was given up hears nothing more, and its answer is dropped', async () => {
  const { channel, hear } = open()
  const [one, two] = [ask(channel, call(1)), ask(channel, call(2))]
  await settled()
  one.wire.abort()
  hear({ id: 1, result: {} }, { id: 2, result: {} })
  await two
  expect(one.messages).toEqual([])
  expect(channel.dropped).toBe(1)
})

test('one that is given up at once is never sent', async () => {
  const { channel, written } = open()
  const { wire } = ask(channel, call(1))
  wire.abort()
  await settled()
  expect(written).toEqual([])
  expect(wire.sent).toBe(false)
})

test('a hearer that has paused gets everything later, and a line does not wait for it', async () => {
  const { channel, hear } = open()
  const [slow, other] = [ask(channel, call(1, { _meta: { progressToken: 1 } })), ask(channel, call(2))]
  await settled()
  slow.wire.pause()
  hear({ method: 'notifications/progress', params: { progressToken: 1 } }, { id: 1, result: {} }, { id: 2, result: {} })
  expect((await other).fault).toBeNull()
  expect(slow.messages).toEqual([])
  slow.wire.resume()
  expect((await slow).messages).toHaveLength(2)
})

test('more than may be held for a hearer ends its request and no other', async () => {
  const { channel, hear } = open()
  const [slow, other] = [ask(channel, call(1, { _meta: { progressToken: 1 } })), ask(channel, call(2))]
  await settled()
  slow.wire.pause()
  for (let i = 0; i < 20; i += 1)
    hear({ method: 'notifications/progress', params: { progressToken: 1, x: 'x'.repeat(90) } })
  hear({ id: 2, result: {} })
  expect((await slow).fault?.code).toBe('overloaded')
  expect((await other).fault).toBeNull()
})

test('more requests than a line takes are refused without being sent', async () => {
  const { channel, written } = open()
  const asked = Array.from({ length: 9 }, (_, id) => ask(channel, call(id)))
  expect((await asked[8])?.fault).toMatchObject({ code: 'overloaded', sent: false })
  expect(written).toHaveLength(8)
})

test('when the line ends, everything open hears why, and whatever comes later hears it at once', async () => {
  const { channel, end } = open()
  const [asked, listened] = [ask(channel, call(1)), listen(channel)]
  await settled()
  end()
  expect((await asked).fault).toMatchObject({ code: 'reset', sent: true })
  expect((await listened.end)?.code).toBe('reset')
  expect((await ask(channel, call(1))).fault).toMatchObject({ code: 'reset', sent: false })
  expect(await tell(channel, { method: 'x' })).toMatchObject({ code: 'reset', sent: false })
  expect((await listen(channel).end)?.code).toBe('reset')
})

test('a closed channel closes its line and tells whoever waits', async () => {
  const { channel, state } = open()
  const asked = ask(channel, call(1))
  await settled()
  channel.close()
  expect((await asked).fault?.code).toBe('aborted')
  expect(state.closed).toBe(true)
})

test('a message that the line does not take is a fault of its own, with the head of what refused it', async () => {
  const { channel, state } = open()
  state.refusal = { fault: makeFault('bad_answer', 'no', false), answer: { status: 401, head: {} } }
  const asked = ask(channel, call(1))
  expect(await asked).toMatchObject({ status: 401, fault: { code: 'bad_answer' } })
  expect(asked.wire.sent).toBe(false)
  expect(await tell(channel, { method: 'x' })).toMatchObject({ code: 'bad_answer' })
  state.refusal = null
  void ask(channel, call(1))
})

test('who listens anew takes over', async () => {
  const { channel, hear } = open()
  const [before, after] = [listen(channel), listen(channel)]
  hear({ method: 'notifications/message' })
  expect(await before.end).toBeNull()
  before.wire.abort()
  hear({ method: 'notifications/message' })
  expect([before.messages.length, after.messages.length]).toEqual([0, 2])
  after.wire.abort()
  hear({ method: 'notifications/message' })
  expect(channel.dropped).toBe(1)
})
