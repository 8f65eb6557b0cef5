/** Whatever instances, callers and time do in whatever order: an ask ends once, and what may have arrived is not sent again. */
import { array, assert, asyncProperty, boolean, constantFrom, nat, property, record } from 'fast-check'
import { expect, test } from 'vitest'
import type { FaultCode } from '../../src/domain/fault.ts'
import { anywhere, type Asked, at, type Attempt, follow, newWork, PoolKit } from '../support/pool-kit.ts'

const urls = ['http://a/', 'http://b/', 'http://c/'] as const
const faults: readonly FaultCode[] = ['connect_failed', 'connect_timeout', 'reset', 'first_byte_timeout', 'too_large']
const operations = ['send', 'stream', 'get', 'subscribe', 'cancel'] as const
/** Quick to leave alone, and full early. */
const resilience = { outstanding_max: 4, outlier_percent: 30, outlier_calls_min: 2, eject_after_faults: 2 }
const ending = /^(?:end|error|connect_\w+|reset|first_byte_timeout|too_large|overloaded)(?: sent)?$/

const atInstance = record({
  does: constantFrom('head', 'memo', 'quiet', 'say', 'end', 'fail'),
  which: nat(40),
  fault: constantFrom(...faults),
})
const atCaller = record({ calls: constantFrom('abort', 'pause', 'resume'), which: nat(40) })
const atPool = record({
  ask: constantFrom(...operations),
  known: constantFrom(anywhere, at('http://a/'), at('http://b/'), at('http://gone/')),
})
const around = record({ pass_ms: nat(12_000), count: nat(2), idempotent: boolean() })

/** Weighted by repetition: most steps are those of instances. */
const step = record({
  turn: constantFrom('instance', 'instance', 'instance', 'ask', 'ask', 'caller', 'time', 'time', 'reload'),
  instance: atInstance,
  caller: atCaller,
  pool: atPool,
  around,
})

type Step = Parameters<typeof take>[1]

interface Caller extends Asked {
  /** How many words it had heard when it let go; null while it has not. */
  heardUntil: number | null
  paused: boolean
}

function act(attempt: Attempt, does: string, fault: FaultCode): void {
  if (does === 'head') attempt.head()
  if (does === 'memo') attempt.ear.onMemo({ task: {} })
  if (does === 'quiet') attempt.ear.onQuiet()
  if (does === 'say') attempt.say()
  if (does === 'end') attempt.end()
  if (does === 'fail') attempt.fail(fault)
}

function call(caller: Caller, what: string): void {
  caller.line[what as 'abort' | 'pause' | 'resume']()
  if (what === 'abort') caller.heardUntil ??= caller.heard.words.length
  else caller.paused = what === 'pause'
}

type Values<A> = A extends { generate(...args: never): { readonly value: infer V } } ? V : never

function take(
  { kit, callers }: { readonly kit: PoolKit; readonly callers: Caller[] },
  { turn, instance, caller, pool, around }: Values<typeof step>,
): void {
  if (turn === 'instance') {
    const open = kit.attempts.filter(({ over }) => !over)
    const attempt = open[instance.which % Math.max(open.length, 1)]
    if (attempt) act(attempt, instance.does, instance.fault)
  }
  if (turn === 'caller') {
    const one = callers[caller.which % Math.max(callers.length, 1)]
    if (one) call(one, caller.calls)
  }
  if (turn === 'ask') {
    const { ask: operation, known } = pool
    const isWork = operation === 'send' || operation === 'stream'
    const asked = kit.ask(isWork ? newWork({ operation, known }) : follow(operation, known))
    callers.push({ ...asked, heardUntil: null, paused: false })
  }
  if (turn === 'time') kit.pass(around.pass_ms)
  if (turn === 'reload')
    kit.configure(urls.slice(0, around.count + 1), { idempotent_sends: around.idempotent, resilience })
}

/** Everything that is still open gets its end. */
async function finish(kit: PoolKit): Promise<void> {
  await Promise.resolve()
  for (let rounds = 0; rounds < 12; rounds += 1) {
    for (const attempt of kit.attempts) if (!attempt.over) attempt.fail('reset')
    kit.pass(2000)
  }
}

function walk(
  steps: readonly Step[],
  idempotent_sends: boolean,
): { readonly kit: PoolKit; readonly callers: Caller[] } {
  const kit = new PoolKit(urls, { idempotent_sends, resilience })
  const callers: Caller[] = []
  for (const each of steps) take({ kit, callers }, each)
  return { kit, callers }
}

const walks = array(step, { maxLength: 150, size: 'max' })

test('every ask that is not let go of ends exactly once, with its end last, and nobody hears of one that is', async () => {
  await assert(
    asyncProperty(walks, boolean(), async (steps, idempotent) => {
      const { kit, callers } = walk(steps, idempotent)
      await finish(kit)
      for (const { heard, heardUntil } of callers) {
        const ends = heard.words.filter((word) => ending.test(word))
        if (heardUntil !== null) expect(heard.words.length).toBe(heardUntil)
        else expect([ends.length, ends[0]]).toEqual([1, heard.words.at(-1)])
        expect(ends.length).toBeLessThan(2)
        expect(heard.words.filter((word) => word === 'head').length).toBeLessThan(2)
      }
      expect(kit.health.view().every(({ outstanding }) => outstanding === 0)).toBe(true)
      expect(kit.wheel.size).toBe(0)
    }),
    { numRuns: 400 },
  )
})

test('what may have arrived is never sent again, unless it may be', () => {
  assert(
    property(walks, (steps) => {
      const { kit } = walk(
        steps.filter(({ turn }) => turn !== 'reload'),
        false,
      )
      kit.attempts.forEach((attempt, i) => {
        const { ask } = attempt
        const before = kit.attempts.slice(0, i).filter((each) => each.ask === ask)
        if (ask.operation === 'get' || ask.operation === 'subscribe') return
        expect(before.some(({ sent }) => sent)).toBe(false)
      })
      const openTwice = kit.attempts.filter(
        (one, i) => !one.over && kit.attempts.some((other, k) => k > i && other.ask === one.ask),
      )
      expect(openTwice).toEqual([])
    }),
    { numRuns: 400 },
  )
})

test('at least one instance of an agent is never left alone, and whoever has to stay goes nowhere else', () => {
  assert(
    property(walks, boolean(), (steps, idempotent) => {
      const { kit } = walk(steps, idempotent)
      const states = kit.health.view().filter(({ state }) => state !== 'draining')
      expect(states.some(({ state }) => state === 'healthy')).toBe(true)
      for (const { url, ask } of kit.attempts) {
        if (ask.known.instance !== null) expect(url).toBe(ask.known.instance)
      }
    }),
    { numRuns: 400 },
  )
})

test('a line that is paused is paused wherever it went', () => {
  assert(
    property(walks, boolean(), (steps, idempotent) => {
      const { kit, callers } = walk(steps, idempotent)
      for (const attempt of kit.attempts) {
        const caller = callers.find(({ line }) => (line as unknown) === attempt.ear)
        if (!attempt.over && caller) expect(attempt.paused).toBe(caller.paused)
      }
    }),
    { numRuns: 200 },
  )
})
