import { expect, test } from 'vitest'
import { ManualClock, systemClock } from '../../../../../src/base/clock.ts'
import { Wheel } from '../../../../../src/base/wheel.ts'
import { FakeProvider } from '../../../../../src/relay/models/fake/provider.ts'
import { Ear, chatPath, outbound, saying } from '../../../../support/fake-ear.ts'

const clock = new ManualClock()
const wheel = new Wheel(clock, { tick_ms: 10, slots: 64 })
const provider = new FakeProvider({ wheel, clock })

function pass(ms: number): void {
  for (let gone = 0; gone < ms; gone += 10) {
    clock.advance(10)
    wheel.turn()
  }
}

/** Everything that goes on without a clock. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

const streamed = { stream: true }

test('the receiver hears nothing before send returns, then head, bytes and one end', async () => {
  const ear = new Ear()
  const wire = provider.send(outbound(chatPath, saying('echo', 'one two')), ear)
  expect([ear.heard, wire.sent]).toEqual([[], false])
  await ear.over
  expect([ear.heard, wire.sent, ear.status]).toEqual([['head', 'bytes', 'end'], true, 200])
})

test('the same request has the same answer', async () => {
  const ears = [new Ear(), new Ear()]
  for (const ear of ears) provider.send(outbound(chatPath, saying('echo', 'one two', streamed)), ear)
  await Promise.all(ears.map((ear) => ear.over))
  expect(ears[0]?.text).toBe(ears[1]?.text)
  expect(ears[0]?.text).toContain(`"created":${Math.floor(clock.now() / 1000)}`)
})

test('after abort nothing is heard, whenever it comes', async () => {
  const early = new Ear()
  provider.send(outbound(chatPath, saying('echo', 'one')), early).abort()
  const late = new Ear()
  const wire = provider.send(outbound(chatPath, saying('slow-50ms', 'one two three', streamed)), late)
  await settle()
  pass(80)
  wire.abort()
  const heard = late.heard.length
  pass(1000)
  await settle()
  expect([early.heard, late.heard.length, wheel.size]).toEqual([[], heard, 0])
})

test('a slow model says a word each time its pace has passed', async () => {
  const ear = new Ear()
  provider.send(outbound(chatPath, saying('slow-50ms', 'one two three', streamed)), ear)
  await settle()
  expect(ear.text).not.toContain('one')
  pass(70)
  expect(ear.text).toContain('one')
  expect(ear.text).not.toContain('two')
  pass(200)
  expect(ear.heard.at(-1)).toBe('end')
})

test('a slow model that answers in one piece takes the time of all its words before the head', async () => {
  const ear = new Ear()
  provider.send(outbound(chatPath, saying('slow', 'one two three')), ear)
  await settle()
  pass(290)
  expect(ear.heard).toEqual([])
  pass(40)
  expect(ear.heard).toEqual(['head', 'bytes', 'end'])
})

test.each([
  ['first_byte_timeout', {}, []],
  ['idle_timeout', streamed, ['head', 'bytes', 'fault']],
])('whoever is less patient than it is slow hears %s', async (code, form, heard) => {
  const ear = new Ear()
  const patience = { first_byte_ms: 100, idle_ms: 100 }
  provider.send(outbound(chatPath, saying('slow-5000ms', 'one two', form), { patience }), ear)
  await settle()
  pass(80)
  expect(ear.fault).toBeNull()
  pass(60)
  expect(ear.fault).toMatchObject({ code, sent: true })
  if (heard.length > 0) expect(ear.heard).toEqual(heard)
})

test('a receiver that pauses at every piece hears nothing until it resumes, and then all of it in order', async () => {
  const words = Array.from({ length: 300 }, (_, at) => `w${at}`).join(' ')
  const free = new Ear()
  provider.send(outbound(chatPath, saying('echo', words, streamed)), free)
  await free.over
  const ear = new Ear()
  const wire = provider.send(outbound(chatPath, saying('echo', words, streamed)), ear)
  ear.onChunk = () => wire.pause()
  await settle()
  expect(ear.heard).toEqual(['head', 'bytes'])
  for (let turn = 0; !ear.heard.includes('end') && turn < 1000; turn += 1) {
    wire.resume()
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(ear.text).toBe(free.text)
})

test('who resumes while it is told changes neither order nor number', async () => {
  const ear = new Ear()
  const wire = provider.send(outbound(chatPath, saying('slow-10ms', 'one two three', streamed)), ear)
  ear.onChunk = () => {
    wire.pause()
    wire.resume()
  }
  await settle()
  pass(200)
  await settle()
  expect(ear.heard.filter((one) => one === 'end')).toHaveLength(1)
  expect(ear.text.match(/"content":" ?(one|two|three)"/g)).toHaveLength(3)
})

test('a pause is no silence of the model', async () => {
  const ear = new Ear()
  const patience = { idle_ms: 20 }
  const wire = provider.send(outbound(chatPath, saying('slow-30ms', 'one', streamed), { patience }), ear)
  await settle()
  wire.pause()
  pass(200)
  expect(ear.fault).toBeNull()
})

test('a long answer leaves others their turn', async () => {
  const words = 'word '.repeat(2000)
  const ear = new Ear()
  new FakeProvider({ wheel, clock: systemClock }).send(
    outbound(chatPath, saying('echo', words, { ...streamed, max_tokens: 2000 })),
    ear,
  )
  let turns = 0
  const count = setInterval(() => (turns += 1), 0)
  await ear.over
  clearInterval(count)
  expect(ear.events).toHaveLength(2000 + 3)
  expect(turns).toBeGreaterThan(0)
})

test.each([
  ['cut', 'fault', 2],
  ['cut-quiet', 'end', 2],
  ['cut-error', 'end', 2],
])('a stream of %s says half of its words and has no proper end', async (model, last, words) => {
  const ear = new Ear()
  provider.send(outbound(chatPath, saying(model, 'one two three four', streamed)), ear)
  await ear.over
  expect(ear.heard.at(-1)).toBe(last)
  expect(ear.text.match(/"content":" ?\w+"/g)).toHaveLength(words)
  expect(ear.text).not.toContain('[DONE]')
  expect(ear.text.includes('"error"')).toBe(model === 'cut-error')
})

test('an answer in one piece that is cut is shorter than it says', async () => {
  const ear = new Ear()
  provider.send(outbound(chatPath, saying('cut', 'one two three four')), ear)
  await ear.over
  expect(ear.fault).toMatchObject({ code: 'truncated', sent: true })
  expect(ear.text.length).toBeLessThan(Number(ear.head['content-length']))
})
