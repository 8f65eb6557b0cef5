/** Whatever providers and callers do, and in whatever order: a call of a model ends once, and nothing stays held. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { deny } from '../../src/domain/verdict.ts'
import { delta, doneEvent, event, usageEvent } from '../support/model-bench.ts'
import { type Going, ModelKit, type ScriptedWire } from '../support/model-kit.ts'

const faults = [
  'connect_failed',
  'connect_timeout',
  'first_byte_timeout',
  'reset',
  'truncated',
  'bad_answer',
  'too_large',
] as const

const act = fc.oneof(
  fc.record({
    kind: fc.constant('answer' as const),
    status: fc.constantFrom(200, 302, 400, 401, 403, 408, 429, 500, 529),
    wait: fc.constantFrom('', '1', '9', '60'),
  }),
  fc.record({ kind: fc.constant('begin' as const) }),
  fc.record({
    kind: fc.constant('say' as const),
    text: fc.constantFrom(delta('x'), usageEvent, doneEvent, ': quiet\n\n', 'data: ha', event({ error: {} })),
  }),
  fc.record({ kind: fc.constant('end' as const) }),
  fc.record({ kind: fc.constant('fail' as const), code: fc.constantFrom(...faults) }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(10, 200, 2000, 40_000) }),
  fc.record({ kind: fc.constant('send' as const) }),
  fc.record({ kind: fc.constantFrom('leave' as const, 'halt' as const, 'abort' as const, 'reload' as const) }),
)

/** An act, and which of those that could do it does. */
const acts = fc.array(fc.tuple(act, fc.nat(50)), { maxLength: 60 })

const resilience = {
  attempts_max: 3,
  eject_after_faults: 2,
  eject_ms: 500,
  outstanding_max: 4,
  retry_after_max_ms: 5000,
}
const keys = [{ key: 'key-of-ours-number-a' }, { key: 'key-of-ours-number-b' }]
const rows = { one: { keys, resilience }, two: { resilience }, three: { keys, resilience } }
const tiers = [['one/a*2', 'two/b'], ['three/c']]

class World {
  readonly kit = new ModelKit(rows)
  readonly calls: Going[] = []
  /** Which wires have begun a stream. */
  readonly #streams = new Set<ScriptedWire>()

  act([one, pick]: readonly [typeof act extends fc.Arbitrary<infer T> ? T : never, number]): void {
    const { kit, calls } = this
    if (one.kind === 'send') return void calls.push(kit.send(tiers))
    if (one.kind === 'pass') return kit.pass(one.ms)
    if (one.kind === 'reload')
      return void kit.configure(pick % 2 === 0 ? rows : { one: { resilience }, three: rows.three, two: {} })
    if (one.kind === 'leave' || one.kind === 'halt' || one.kind === 'abort') return this.#interrupt(one.kind, pick)
    const wire = this.#pick(pick, one.kind === 'say' || one.kind === 'end')
    if (!wire) return
    if (one.kind === 'answer') wire.answer(one.status, one.wait === '' ? {} : { 'retry-after': one.wait })
    else if (one.kind === 'begin') this.#begin(wire)
    else if (one.kind === 'say') wire.say(one.text)
    else if (one.kind === 'end') wire.end()
    else if (one.kind === 'fail') wire.fail(one.code)
  }

  /** Everything that is still open fails, and every wait is waited for. */
  finish(): void {
    for (let turn = 0; turn < 200 && this.calls.some(({ outcomes }) => outcomes.length === 0); turn += 1) {
      for (const wire of this.kit.wires) if (!wire.over) wire.fail('reset')
      this.kit.pass(40_000)
    }
  }

  #begin(wire: ScriptedWire): void {
    this.#streams.add(wire)
    wire.begin()
  }

  #interrupt(how: 'leave' | 'halt' | 'abort', pick: number): void {
    const call = this.calls[pick % Math.max(1, this.calls.length)]
    if (how === 'leave') call?.reply.leave()
    else if (how === 'halt') call?.exchange.halt(deny('run_halted', 'by the test'))
    else call?.exchange.abort('aborted')
  }

  #pick(pick: number, streams: boolean): ScriptedWire | undefined {
    const open = this.kit.wires.filter((wire) => !wire.over && this.#streams.has(wire) === streams)
    return open[pick % Math.max(1, open.length)]
  }
}

test('every call ends once, holds nothing afterwards, and asks nobody more often than it may', async () => {
  await fc.assert(
    fc.asyncProperty(acts, async (script) => {
      const world = new World()
      for (const one of script) world.act(one)
      await Promise.resolve()
      world.finish()
      await Promise.resolve()
      const { kit, calls } = world
      expect(calls.map(({ outcomes }) => outcomes.length)).toEqual(calls.map(() => 1))
      expect(kit.wheel.size).toBe(0)
      for (const { outstanding, models, keys: seats } of kit.places.view()) {
        expect(outstanding).toBe(0)
        for (const each of [...models, ...seats]) expect(each.outstanding).toBe(0)
      }
      for (const { outcomes, reply } of calls) {
        const [{ kind, attempts, lost = 0, told, answer } = { kind: 'none', attempts: 0, told: null, answer: null }] =
          outcomes
        // Three models three times each, and each key once more.
        expect(attempts).toBeLessThanOrEqual(3 * 3 + 4)
        expect(lost).toBeLessThanOrEqual(attempts)
        if (kind === 'answered') expect(told).not.toBeNull()
        if (answer) expect(reply.chunks.length).toBe(0)
        // Whoever was begun to be answered is told the end of it, but for one that left.
        if (reply.status === 200 && kind !== 'gone') expect(reply.ended).toBe(true)
      }
    }),
    { numRuns: 400 },
  )
})

test('from the first event on nobody else is asked', () => {
  fc.assert(
    fc.property(acts, (script) => {
      const kit = new ModelKit(rows)
      const { reply, outcomes } = kit.send(tiers)
      kit.last.begin()
      kit.last.say(delta('first'))
      expect(reply.text).toBe(delta('first'))
      for (const [one] of script) {
        if (kit.last.over || outcomes.length > 0) break
        if (one.kind === 'say') kit.last.say(one.text)
        else if (one.kind === 'fail') kit.last.fail(one.code)
        else if (one.kind === 'end') kit.last.end()
        else if (one.kind === 'pass') kit.pass(one.ms)
      }
      kit.pass(60_000)
      expect(kit.asked.length).toBe(1)
    }),
    { numRuns: 300 },
  )
})
