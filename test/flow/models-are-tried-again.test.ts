import { afterEach, expect, test } from 'vitest'
import type { ModelReport } from '../../src/relay/models/places.ts'
import {
  bodyOf,
  completion,
  delta,
  doneEvent,
  json,
  ModelHouse,
  openEvents,
  type Provider,
  row,
} from '../support/model-bench.ts'
import { until } from '../support/relay.ts'

const house = new ModelHouse()

afterEach(() => house.stop())

const provider: ModelHouse['provider'] = (answer) => house.provider(answer)
const bench: ModelHouse['bench'] = (...parts) => house.bench(...parts)

/** Answers with these statuses, then well. */
function statuses(
  ...list: readonly (readonly [status: number, headers?: object, body?: unknown])[]
): Promise<Provider> {
  return provider((response, nth) => {
    const [status, headers = {}, body = { error: { message: 'no' } }] = list[nth] ?? [200, {}, completion]
    json(response, status, body, headers)
  })
}

const well = (): Promise<Provider> => statuses()
const failing = (status: number, headers: object = {}): Promise<Provider> =>
  provider((response) => json(response, status, { error: { message: `status ${status}` } }, headers))

/** What a report heard, one line each. */
function ears(): { readonly heard: string[]; readonly report: ModelReport } {
  const heard: string[] = []
  return {
    heard,
    report: {
      onEjected: (id, model) => heard.push(`ejected ${id}/${model}`),
      onRetried: (id, how) => heard.push(`retried ${id} ${how}`),
      onKeyRefused: (id, place, why) => heard.push(`key ${id} ${place} ${why}`),
    },
  }
}

/** Between the first two requests, in milliseconds. */
function gap({ asked: [one, two] }: Provider): number {
  return (two?.at ?? Number.NaN) - (one?.at ?? Number.NaN)
}

test('the same model is asked again after a passing failure, as often as it may be', async () => {
  for (const status of [408, 429, 500, 503, 529]) {
    const it = await statuses([status], [status])
    const models = bench({ openai: row(it.url, {}, { attempts_max: 3 }) })
    const { kind, answer, attempts } = await models.send([['openai/gpt']]).outcome
    expect([status, kind, answer?.status, attempts]).toEqual([status, 'answered', 200, 3])
    expect(models.places.view()[0]?.retries).toBe(2)
  }
  const it = await failing(503)
  const { answer, attempts } = await bench({ openai: row(it.url, {}, { attempts_max: 3 }) }).send([['openai/gpt']])
    .outcome
  expect([answer?.status, attempts, it.asked.length]).toEqual([503, 3, 3])
})

test('a Retry-After is waited for, in seconds, milliseconds or as a date, and not where it is too long', async () => {
  const waitAfter = async (headers: object): Promise<number> => {
    const it = await statuses([503, headers])
    await bench({ openai: row(it.url, {}, { attempts_max: 2 }) }).send([['openai/gpt']]).outcome
    return gap(it)
  }
  const baseline = Math.min(await waitAfter({}), await waitAfter({}), await waitAfter({}))
  const times = [
    { 'retry-after': '1' },
    { 'retry-after-ms': '900', 'retry-after': '29' },
    { 'retry-after': new Date(Date.now() + 2600).toUTCString() },
  ]
  const waits = await Promise.all(times.map(waitAfter))
  for (const wait of waits) expect(wait / baseline).toBeGreaterThan(5)
  const [long, second] = [await statuses([429, { 'retry-after': '6' }]), await well()]
  const models = bench({ openai: row(long.url, {}, { attempts_max: 2 }), second: row(second.url) })
  expect((await models.send([['openai/gpt'], ['second/gpt']]).outcome).told?.candidate.provider.id).toBe('second')
  expect(long.asked.length).toBe(1)
})

test('the last error of a provider goes back, and asks nobody to wait for long', async () => {
  const it = await failing(429, { 'retry-after': '3600' })
  const { answer, kind } = await bench({ openai: row(it.url) }).send([['openai/gpt']]).outcome
  expect([kind, answer?.status, new Map(answer?.headers).get('retry-after')]).toEqual(['answered', 429, '30'])
  const short = await failing(503, { 'retry-after': '2' })
  const { answer: kept } = await bench({ openai: row(short.url) }).send([['openai/gpt']]).outcome
  expect(new Map(kept?.headers).get('retry-after')).toBe('2')
  const page = await provider((response) => void response.writeHead(502, { 'content-type': 'text/html' }).end('<html>'))
  const outcome = await bench({ openai: row(page.url) }).send([['openai/gpt']]).outcome
  expect([outcome.kind, outcome.answer, outcome.denial?.code]).toEqual(['fault', null, 'upstream_unavailable'])
})

test('a provider that says that it will not help is not asked twice', async () => {
  const it = await failing(500, { 'x-should-retry': 'false' })
  await bench({ openai: row(it.url, {}, { attempts_max: 5 }) }).send([['openai/gpt']]).outcome
  expect(it.asked.length).toBe(1)
})

test('whoever was silent is not asked again, because it may bill both, but somebody else is', async () => {
  const [silent, second] = [await provider(() => undefined), await well()]
  const rows = {
    silent: row(silent.url, { timeouts: { first_byte_ms: 60 } }, { attempts_max: 5 }),
    second: row(second.url),
  }
  const models = bench(rows)
  const alone = await models.send([['silent/gpt']]).outcome
  expect(alone).toMatchObject({
    kind: 'fault',
    fault: { code: 'first_byte_timeout' },
    denial: { code: 'child_timeout' },
  })
  expect([alone.attempts, alone.lost, alone.sent]).toEqual([1, 1, true])
  const both = await models.send([['silent/gpt'], ['second/gpt']]).outcome
  expect([both.kind, both.attempts, both.lost]).toEqual(['answered', 2, 1])
})

test('an answer that breaks off is fetched again, and the first one is told as lost', async () => {
  const it = await provider((response, nth) => {
    if (nth > 0) return json(response, 200, completion)
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
    response.write('{"choices"', () => response.destroy())
  })
  const models = bench({ openai: row(it.url, {}, { attempts_max: 2 }) })
  expect(await models.send([['openai/gpt']]).outcome).toMatchObject({ kind: 'answered', attempts: 2, lost: 1 })
})

test('further attempts are a share of the calls; fallbacks to others are free', async () => {
  const [bad, good] = [await failing(500), await well()]
  const { heard, report } = ears()
  const budget = { attempts_max: 2, retry_budget_percent: 20, retries_per_second_min: 0 }
  const models = bench({ bad: row(bad.url, {}, budget), good: row(good.url) }, { report })
  for (let n = 0; n < 20; n += 1) {
    const { kind, told } = await models.send([['bad/gpt'], ['good/gpt']]).outcome
    expect([kind, told?.candidate.provider.id]).toEqual(['answered', 'good'])
  }
  expect(bad.asked.length).toBe(24)
  expect(good.asked.length).toBe(20)
  expect(heard.filter((line) => line === 'retried bad over_budget').length).toBe(16)
})

test('a model that fails again and again is left alone, found out about by one call, and comes back', async () => {
  let fails = true
  const bad = await provider((response) => json(response, fails ? 500 : 200, fails ? { error: {} } : completion))
  const good = await well()
  const { heard, report } = ears()
  const models = bench(
    { bad: row(bad.url, {}, { eject_after_faults: 3, eject_ms: 2000 }), good: row(good.url) },
    { report },
  )
  const tiers = [['bad/gpt'], ['good/gpt']]
  for (let n = 0; n < 10; n += 1) await models.send(tiers).outcome
  expect(bad.asked.length).toBe(3)
  expect(heard.filter((line) => line.startsWith('ejected'))).toEqual(['ejected bad/gpt'])
  expect(models.places.view()[0]).toMatchObject({ ejected: 1, models: [{ model: 'gpt', state: 'ejected' }] })
  fails = false
  await until(() => models.places.view()[0]?.models[0]?.state === 'probing')
  const probes = await Promise.all([1, 2, 3].map(() => models.send(tiers).outcome))
  expect(probes.map(({ told }) => told?.candidate.provider.id)).toEqual(['bad', 'good', 'good'])
  expect(models.places.view()[0]?.models[0]?.state).toBe('healthy')
  expect((await models.send([['bad/other']]).outcome).kind).toBe('answered')
})

test('where nobody else is left, one call at a time tries whoever is left alone', async () => {
  let fails = true
  const it = await provider((response) => json(response, fails ? 500 : 200, fails ? { error: {} } : completion))
  const models = bench({ openai: row(it.url, {}, { eject_after_faults: 1, eject_ms: 60_000 }) })
  await models.send([['openai/gpt']]).outcome
  const all = await Promise.all([1, 2, 3].map(() => models.send([['openai/gpt']]).outcome))
  expect(all.map(({ attempts }) => attempts)).toEqual([1, 0, 0])
  expect(all[1]).toMatchObject({ kind: 'fault', sent: false, denial: { code: 'upstream_unavailable' } })
  fails = false
  await models.send([['openai/gpt']]).outcome
  expect(models.places.view()[0]?.models[0]?.state).toBe('healthy')
})

test('a provider has no more calls open than it may', async () => {
  const [slow, other] = [
    await provider((response) => void setTimeout(() => json(response, 200, completion), 100)),
    await well(),
  ]
  const models = bench({ slow: row(slow.url, {}, { outstanding_max: 2 }), other: row(other.url) })
  const all = await Promise.all([1, 2, 3].map(() => models.send([['slow/a'], ['other/a']]).outcome))
  expect(all.map(({ told }) => told?.candidate.provider.id)).toEqual(['slow', 'slow', 'other'])
  const full = await Promise.all([1, 2, 3].map((n) => models.send([[`slow/${n}`]]).outcome))
  expect(full[2]).toMatchObject({ kind: 'fault', sent: false, denial: { code: 'busy' } })
  expect(models.places.outstandingAt('slow')).toBe(0)
})

/** What the provider was shown, in order. */
function shown({ asked }: Provider): readonly (string | undefined)[] {
  return asked.map(({ headers }) => headers.authorization?.slice('Bearer '.length))
}

const [keyA, keyB] = ['sk-first-key-of-ours-0001', 'sk-second-key-of-ours-002']

test('a key that is refused makes room for the next one, is told of once, and never blamed on the caller', async () => {
  const it = await provider((response, _, { headers }) => {
    const isRefused = headers.authorization === `Bearer ${keyA}`
    json(response, isRefused ? 401 : 200, isRefused ? { error: { message: `Incorrect API key ${keyA}` } } : completion)
  })
  const { heard, report } = ears()
  const keys = [{ key: keyA, weight: 1000 }, { key: keyB }]
  const models = bench({ openai: row(it.url, { keys }) }, { report })
  for (let n = 0; n < 3; n += 1) expect((await models.send([['openai/gpt']]).outcome).answer?.status).toBe(200)
  expect(shown(it)).toEqual([keyA, keyB, keyB, keyB])
  expect(heard.filter((line) => line.startsWith('key'))).toEqual(['key openai 1 refused'])
  models.reload({ openai: row(it.url, { keys: [{ key: keyA }] }) })
  const { kind, denial, answer, attempts, told } = await models.send([['openai/gpt']]).outcome
  expect([kind, denial?.code, answer, attempts, told]).toEqual(['fault', 'upstream_unavailable', null, 0, null])
  expect(models.places.view()[0]?.keys).toMatchObject([{ place: 1, state: 'ejected' }])
})

test('an account without money is our trouble, and a model that is barred bars no other', async () => {
  for (const [status, code] of [
    [401, 'x'],
    [402, 'x'],
    [403, 'x'],
    [429, 'insufficient_quota'],
  ] as const) {
    const it = await provider((response) => json(response, status, { error: { message: 'secret', code } }))
    const models = bench({ openai: row(it.url) })
    const outcome = await models.send([['openai/gpt']]).outcome
    expect([status, outcome.kind, outcome.denial?.code, outcome.lost]).toEqual([
      status,
      'fault',
      'upstream_unavailable',
      0,
    ])
    const again = await models.send([['openai/other']]).outcome
    expect(again.attempts).toBe(status === 403 ? 1 : 0)
  }
})

test('a key that was asked for patience rests while others can go', async () => {
  const it = await provider((response, nth) =>
    json(response, nth === 0 ? 429 : 200, completion, nth === 0 ? { 'retry-after': '5' } : {}),
  )
  const keys = [
    { key: keyA, weight: 1 },
    { key: keyB, weight: 1 },
  ]
  const models = bench({ openai: row(it.url, { keys }, { attempts_max: 2 }) })
  for (let n = 0; n < 5; n += 1) expect((await models.send([['openai/gpt']]).outcome).answer?.status).toBe(200)
  const [first, ...others] = shown(it)
  expect(new Set(others)).toEqual(new Set([first === keyA ? keyB : keyA]))
})

test('what providers echo of us reaches nobody', async () => {
  const key = 'sk-our-key-at-the-provider'
  const organisation = 'a-customer-number-of-ours'
  const said = { error: { message: `key ${key} of org-abcdefgh12345678 and ${organisation}` } }
  const it = await provider((response, nth) => {
    if (nth === 0) return json(response, 400, said, { 'x-request-id': key })
    if (nth === 1) return json(response, 200, said)
    openEvents(response).end(delta('hello') + delta(`the key is ${key}`) + doneEvent)
  })
  const models = bench({ openai: row(it.url, { headers: { 'x-customer': organisation } }) })
  const error = await models.send([['openai/gpt']]).outcome
  expect([error.answer?.status, bodyOf(error)]).toEqual([
    400,
    '{"error":{"message":"key [redacted] of org-[redacted] and [redacted]"}}',
  ])
  const answer = await models.send([['openai/gpt']]).outcome
  expect([answer.kind, answer.answer]).toEqual(['fault', null])
  const stream = models.send([['openai/gpt']])
  expect((await stream.outcome).fault?.code).toBe('bad_answer')
  expect(stream.reply.text).toContain('upstream_unavailable')
  for (const one of [error, answer, await stream.outcome, stream.reply.text, models.places.view()]) {
    expect(JSON.stringify(one)).not.toContain(key)
  }
})
