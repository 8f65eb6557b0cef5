/** Two instances of an agent on real sockets: one is killed, one refuses, one takes a message and cuts the line. */
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { cryptoDice } from '../../src/base/dice.ts'
import { Wheel } from '../../src/base/wheel.ts'
import type { Ask, Driver, Ear } from '../../src/relay/driver.ts'
import { HealthBook } from '../../src/relay/pool/health.ts'
import { poolOf } from '../../src/relay/pool/pool.ts'
import type { PoolSettings } from '../../src/relay/pool/settings.ts'
import { Transport } from '../../src/relay/wire/transport.ts'
import { jsonDriver } from '../support/json-driver.ts'
import { at, errand, follow, newWork, usual } from '../support/pool-kit.ts'
import { jsonAnswer, startTarget, type Target } from '../support/target.ts'

const wheel = new Wheel(systemClock, { tick_ms: 5, slots: 256 })
const timeouts = { connect_ms: 2000, first_byte_ms: 5000, idle_ms: 5000, connections: 64, header_bytes: 16_384 }
const closers: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

/** An instance that answers with its own URL, unless told otherwise. */
async function instance(answer?: Parameters<typeof startTarget>[0]): Promise<Target> {
  const target = await startTarget((socket, request, index) => {
    if (answer) answer(socket, request, index)
    else socket.write(jsonAnswer(JSON.stringify({ at: target.url })))
  })
  closers.push(() => target.stop())
  return target
}

/** A URL where nobody listens. */
async function nobody(): Promise<string> {
  const target = await startTarget(() => {})
  await target.stop()
  return target.url
}

function pool(urls: readonly string[], settings: Partial<PoolSettings> = {}): Driver & { readonly health: HealthBook } {
  const transport = new Transport(timeouts, wheel)
  closers.push(() => transport.close())
  const health = new HealthBook(systemClock)
  const world = { clock: systemClock, dice: cryptoDice(), wheel, health }
  const instances = urls.map((url) => ({ url, driver: jsonDriver(url, transport) }))
  const driver = poolOf(instances, { ...usual, ...settings }, world)
  return { features: driver.features, open: (ask, errand, ear) => driver.open(ask, errand, ear), health }
}

interface Came {
  readonly said: string | null
  readonly fault: string | null
  readonly instance: string | null
}

function ask(driver: Driver, asked: Ask): Promise<Came> {
  return new Promise((resolve) => {
    let text: string | null = null
    const tell = (fault: string | null): void => resolve({ said: text, fault, instance: line.instance })
    const ear: Ear = {
      onHead: () => undefined,
      onMemo: () => undefined,
      onQuiet: () => undefined,
      onSaid: ({ payload }) => (text = payload.toString()),
      onEnd: () => tell(null),
      onError: () => tell('error'),
      onFault: ({ code, sent }) => tell(`${code}${sent ? ' sent' : ''}`),
    }
    const line = driver.open(asked, errand, ear)
  })
}

test('one of two is killed during 200 asks: new work goes on, and what it worked on goes nowhere else', async () => {
  const [one, two] = [await instance(), await instance()]
  const driver = pool([one.url, two.url])
  const homes = new Map<string, string>()
  const faults: string[] = []
  for (let i = 0; i < 200; i += 1) {
    if (i === 80) await one.stop()
    const came = await ask(driver, newWork())
    if (came.fault === null) {
      expect(came.said).toBe(JSON.stringify({ at: came.instance }))
      homes.set(`task-${i}`, came.instance ?? '')
    } else faults.push(came.fault)
  }
  // What it had taken when it died may be lost; one keep-alive connection had at most one call on it.
  expect(faults.filter((fault) => !fault.endsWith(' sent'))).toEqual([])
  expect(faults.length).toBeLessThan(2)
  expect(new Set(homes.values())).toEqual(new Set([one.url, two.url]))
  expect(driver.health.view().map(({ state }) => state)).toEqual(['ejected', 'healthy'])
  const before = two.requests.length
  for (const home of homes.values()) {
    const came = await ask(driver, follow('get', at(home)))
    if (home === two.url) expect(came).toEqual({ said: JSON.stringify({ at: two.url }), fault: null, instance: home })
    else expect([came.said, came.fault]).toEqual([null, 'connect_failed'])
  }
  expect(two.requests.length - before).toBe([...homes.values()].filter((home) => home === two.url).length)
})

test('killed under 50 asks at once, everything is answered or was taken by the one that died', async () => {
  const taken: unknown[] = []
  const one = await instance((socket) => taken.push(socket))
  const two = await instance()
  const driver = pool([one.url, two.url])
  const asks = Array.from({ length: 50 }, () => ask(driver, newWork()))
  while (two.requests.length + one.requests.length < 50) await new Promise((resolve) => setTimeout(resolve, 5))
  await one.stop()
  const came = await Promise.all([...asks, ...Array.from({ length: 50 }, () => ask(driver, newWork()))])
  expect(came.filter(({ fault }) => fault === 'reset sent').length).toBe(taken.length)
  expect(came.filter(({ fault }) => fault === null).length).toBe(100 - taken.length)
  expect(two.requests.length).toBe(100 - taken.length)
})

test('a message that was taken before the line was cut is posted once and never again', async () => {
  const [one, two] = [await instance((socket) => socket.destroy()), await instance((socket) => socket.destroy())]
  const came = await ask(pool([one.url, two.url]), newWork())
  expect(came.fault).toBe('reset sent')
  expect(one.requests.length + two.requests.length).toBe(1)
})

test('where the agent knows messages it got before, the other instance gets it', async () => {
  const one = await instance((socket) => socket.destroy())
  const two = await instance()
  const driver = pool([one.url, two.url], { idempotent_sends: true })
  for (let i = 0; i < 6; i += 1) expect((await ask(driver, newWork())).said).toBe(JSON.stringify({ at: two.url }))
  expect(two.requests.length).toBe(6)
})

test('where nobody listens, the next one is asked and nobody notices', async () => {
  const two = await instance()
  const driver = pool([await nobody(), two.url])
  for (let i = 0; i < 10; i += 1) {
    expect(await ask(driver, newWork())).toMatchObject({ fault: null, instance: two.url })
  }
  expect(two.requests.length).toBe(10)
})

test('a question about a task whose line was cut is put once more to the same instance', async () => {
  const one = await instance()
  const two = await instance((socket, _request, index) => {
    if (index === 0) socket.destroy()
    else socket.write(jsonAnswer('{"at":"two"}'))
  })
  const came = await ask(pool([one.url, two.url]), follow('get', at(two.url)))
  expect(came.said).toBe('{"at":"two"}')
  expect([one.requests.length, two.requests.length]).toEqual([0, 2])
})
