/** Whatever anybody claims, in whatever order: it joins no run of others, lifts nobody and begins nothing anew. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AgentId } from '../../src/domain/ids.ts'
import { personId } from '../unit/policy/fixtures.ts'
import { outcomeOf, pave, type Sent, type TestRoad } from '../support/road.ts'

const callers = ['console', 'orchestrator', 'research'] as const
const targets = ['orchestrator', 'research'] as const
const persons = [null, personId('ana'), personId('tomas')]

/** Which of what was seen so far is claimed: numbers that are taken from the end, modulo how much there is. */
interface Step {
  readonly from: (typeof callers)[number]
  readonly to: (typeof targets)[number]
  readonly person: number
  readonly run: number | null
  readonly hop: number | null
  readonly trace: number | null
  readonly session: number | null
  /** How many of the open calls are answered before. */
  readonly answered: number
}

const maybe = fc.option(fc.nat(7))
const step: fc.Arbitrary<Step> = fc.record({
  from: fc.constantFrom(...callers),
  to: fc.constantFrom(...targets),
  person: fc.nat(2),
  run: maybe,
  hop: maybe,
  trace: maybe,
  session: maybe,
  answered: fc.nat(1),
})

class World {
  readonly #trial: TestRoad
  readonly #open = new Set<Sent>()
  readonly #all: Sent[] = []

  constructor(trial: TestRoad) {
    this.#trial = trial
  }

  async play(step: Step): Promise<void> {
    for (const sent of [...this.#open].slice(0, step.answered)) {
      this.#open.delete(sent)
      sent.done(outcomeOf('answered'))
    }
    const caller = `agent:${step.from}` as AgentId
    const person = persons[step.person] ?? null
    const serving = [...this.#open].filter(({ hop }) => hop.chain.at(-1) === caller)
    const before = this.#trial.sent.length
    await this.#trial.call(step.from, step.to, { person, headers: this.#headersOf(step, serving) })
    const sent = this.#trial.sent[before]
    const runs = new Set(serving.map(({ hop }) => hop.run))
    if (!sent) return
    this.#judge(sent, { caller, person, serving, runs })
    this.#open.add(sent)
    this.#all.push(sent)
  }

  #judge({ hop }: Sent, { caller, person, serving, runs }: Standing): void {
    const inRun = serving.filter((each) => each.hop.run === hop.run)
    if (runs.size > 0) expect(runs).toContain(hop.run)
    else expect([hop.run.root, hop.run.person]).toEqual([caller, person])
    const everCalled = this.#all.filter((each) => each.hop.run === hop.run && each.hop.chain.at(-1) === caller)
    const standsOn = inRun.length > 0 ? inRun : everCalled
    expect(hop.depth).toBe(1 + Math.max(0, ...standsOn.map((each) => each.hop.depth)))
  }

  /** Every other call that is claimed is one the caller serves, the oldest of them. */
  #headersOf({ run, hop, trace, session }: Step, serving: readonly Sent[]): Readonly<Record<string, string>> {
    const seen = (at: number): Sent | undefined => this.#all.at(-1 - (at % Math.max(1, this.#all.length)))
    const known = trace === null ? undefined : seen(trace)?.hop.run.id.slice(4)
    const traceId = trace !== null && trace % 2 === 0 ? known : `${trace}`.repeat(32)
    return {
      ...(run === null ? {} : { 'weir-run-id': seen(run)?.hop.run.id ?? '' }),
      ...(hop === null ? {} : { 'weir-parent-hop': (hop % 2 === 0 ? serving[0] : seen(hop))?.hop.id ?? '' }),
      ...(trace === null ? {} : { traceparent: `00-${traceId}-${'1'.repeat(16)}-01` }),
      ...(session === null ? {} : { 'x-claude-code-session-id': `s${session % 3}`, 'thread-id': `t${session % 2}` }),
    }
  }
}

interface Standing {
  readonly caller: AgentId
  readonly person: (typeof persons)[number]
  readonly serving: readonly Sent[]
  /** The runs the caller serves. */
  readonly runs: ReadonlySet<unknown>
}

test('a claim joins what its caller serves or began for the same person, at the depth it has there', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
      const world = new World(await pave({ agents: open, limits: { run: {} } }, 'policy-open'))
      for (const each of steps) await world.play(each)
    }),
    { numRuns: 25 },
  )
})

const url = 'http://127.0.0.1:9/'
const open = {
  console: { may_start_runs: true },
  orchestrator: { url, may_start_runs: true },
  research: { url, may_start_runs: true },
}
