/**
 * What other policies would have said to calls that were made: recorded decisions, made again one by one. Questions that no
 * policy can tell apart are answered once, so that a million of them take seconds.
 */
import { hash } from 'node:crypto'
import { byText } from '../../base/by-text.ts'
import { assert } from '../../base/assert.ts'
import { countLost, type LostCounts } from '../../domain/arguments-lost.ts'
import type { HopId } from '../../domain/ids.ts'
import type { CallRecord } from '../../domain/record.ts'
import { argumentsName } from '../../policy/reads-arguments.ts'
import { contextRead } from '../../policy/context-read.ts'
import type { PolicySnapshot } from '../../policy/snapshot.ts'
import { decideAgain, type Verdict } from './answer.ts'
import {
  type ArgumentsOf,
  isStart,
  noArgumentsKept,
  questionOf,
  type RecordedQuestion,
  type Routes,
  verdictIn,
} from './recorded.ts'

export type Flip = 'allow_to_deny' | 'deny_to_allow'

/** Decisions about one edge that would be other ones. */
export interface FlipRow {
  readonly flip: Flip
  readonly agent: string
  readonly target: string
  readonly count: number
  /** The first of them, to look at with `weir why`. */
  readonly hop: HopId
  /** What decided then, and what would. */
  readonly before: readonly string[]
  readonly after: readonly string[]
}

export interface SimulationReport {
  readonly schema: 'weir.policy-simulation/v1'
  readonly pol_hash: string
  /** Decisions of policy that were made again. */
  readonly replayed: number
  readonly same: number
  readonly allow_to_deny: number
  readonly deny_to_allow: number
  /** Policies that cover them read arguments that nobody knows. */
  readonly indeterminate: number
  /** Of these, how many for which reason. */
  readonly indeterminate_why: LostCounts
  /** Of a caller or a target that is not registered any more. */
  readonly unregistered: number
  /** Refused by something else than policy, or never asked of it. */
  readonly elsewhere: number
  /** Records that do not hold their question. */
  readonly unclear: number
  /** The most frequent first; edges beyond a maximum are summed in `others`. */
  readonly flips: readonly FlipRow[]
  readonly others: number
}

export interface SimulationOptions {
  readonly routes: Routes
  readonly argumentsOf?: ArgumentsOf
}

/** Answers and edges that are held at once. */
const answers_max = 200_000
const edges_max = 10_000
/** Arguments up to here are told apart by themselves, longer ones by their hash. */
const whole_chars = 256

type Counts = { -readonly [Name in keyof SimulationReport]: SimulationReport[Name] & number }
/** What was answered, and why without the arguments where it was. */
type Answered = Verdict & Pick<RecordedQuestion, 'lost'>
type Row = { -readonly [Name in keyof FlipRow]: FlipRow[Name] }

export class Simulation {
  readonly #policy: PolicySnapshot
  readonly #options: SimulationOptions
  readonly #keyOf: (record: CallRecord) => string
  readonly #answers = new Map<string, Answered>()
  readonly #lost: LostCounts = {}
  readonly #rows = new Map<string, Row>()
  readonly #counts: Pick<
    Counts,
    | 'replayed'
    | 'same'
    | 'allow_to_deny'
    | 'deny_to_allow'
    | 'indeterminate'
    | 'unregistered'
    | 'elsewhere'
    | 'unclear'
    | 'others'
  > = {
    replayed: 0,
    same: 0,
    allow_to_deny: 0,
    deny_to_allow: 0,
    indeterminate: 0,
    unregistered: 0,
    elsewhere: 0,
    unclear: 0,
    others: 0,
  }

  constructor(policy: PolicySnapshot, options: SimulationOptions) {
    this.#policy = policy
    this.#options = options
    this.#keyOf = keyFor(contextRead(policy.parts.compiled.policies), options.argumentsOf ?? noArgumentsKept)
  }

  get replayed(): number {
    return this.#counts.replayed
  }

  /** Rejects only if the oracle does, where one is needed. */
  add(record: CallRecord): void | Promise<void> {
    const was = verdictIn(record)
    if (typeof was !== 'string') {
      this.#counts[was.kind] += 1
      return undefined
    }
    const key = this.#keyOf(record)
    const known = this.#answers.get(key)
    if (known) return this.#take(record, was, known)
    const question = questionOf(record, this.#options.routes, this.#options.argumentsOf)
    if (question.kind !== 'question') {
      this.#counts[question.kind] += 1
      return undefined
    }
    const verdict = decideAgain(this.#policy, question)
    const { lost } = question
    if (!(verdict instanceof Promise)) return this.#take(record, was, this.#remember(key, { ...verdict, lost }))
    return verdict.then((late) => this.#take(record, was, this.#remember(key, { ...late, lost })))
  }

  report(): SimulationReport {
    const flips = [...this.#rows.values()].toSorted((a, b) => b.count - a.count || byText(edgeOf(a), edgeOf(b)))
    const about = { schema: 'weir.policy-simulation/v1', pol_hash: this.#policy.hash } as const
    return { ...about, ...this.#counts, indeterminate_why: this.#lost, flips }
  }

  #remember(key: string, verdict: Answered): Answered {
    if (this.#answers.size >= answers_max) this.#answers.clear()
    this.#answers.set(key, verdict)
    return verdict
  }

  #take(record: CallRecord, was: 'allow' | 'deny', { answer, rules, unknown, lost }: Answered): void {
    const counts = this.#counts
    counts.replayed += 1
    // Whoever is gone is refused by every policy: that says nothing of these.
    if (unknown !== null && was === 'allow') counts.unregistered += 1
    else if (answer === was) counts.same += 1
    else if (answer === 'indeterminate') {
      counts.indeterminate += 1
      countLost(this.#lost, lost)
    } else this.#flip(record, was === 'allow' ? 'allow_to_deny' : 'deny_to_allow', rules)
  }

  #flip(record: CallRecord, flip: Flip, after: readonly string[]): void {
    this.#counts[flip] += 1
    const { agent, target, rid: hop, policies, rule } = record
    assert(agent !== null, 'whoever was judged is known')
    const key = `${flip} ${agent} ${target}`
    const row = this.#rows.get(key)
    if (row) row.count += 1
    else if (this.#rows.size >= edges_max) this.#counts.others += 1
    else {
      const before = policies.length > 0 ? policies : [rule ?? 'default']
      this.#rows.set(key, { flip, agent, target, count: 1, hop, before, after })
    }
  }
}

/** What each member of the context is made of in a record. */
const members: Readonly<Record<string, (record: CallRecord) => unknown>> = {
  depth: ({ depth }) => depth,
  chain: ({ chain }) => chain.join(' '),
  human: ({ human }) => human,
  humanPresent: ({ human }) => human !== null,
  runState: ({ asked }) => asked?.run_state,
  budgetLeftMicros: ({ asked }) => asked?.budget_left_micros,
  tokensLeft: ({ asked }) => asked?.tokens_left,
  calls: ({ asked }) => asked?.calls,
  laps: ({ asked }) => asked?.laps,
  env: ({ asked }) => asked?.env,
  boundKey: ({ bound, cred_type }) => bound !== 'none' || cred_type === 'client_cert',
  taint: ({ asked }) => asked?.taint,
  approved: ({ asked, approval, decision }) => asked?.approved === true || (approval !== null && decision === 'allow'),
  scopes: ({ scope }) => scope,
  maxTokens: ({ asked }) => asked?.max_tokens,
  streaming: ({ asked }) => asked?.streaming,
}

/** One text for all questions that these policies answer alike. */
function keyFor(read: ReadonlySet<string> | null, argumentsOf: ArgumentsOf): (record: CallRecord) => string {
  const parts = Object.entries(members).flatMap(([name, member]) => (read === null || read.has(name) ? [member] : []))
  const argsOf = read === null || read.has(argumentsName) ? argumentsOf : noArgumentsKept
  return (record) => {
    const { asked, agent, target, dialect } = record
    const args = target.startsWith('tool:') ? argsOf(record) : null
    const edge = [asked?.action, agent, dialect, target, isStart(record), shortened(args)]
    return JSON.stringify([...edge, ...parts.map((part) => part(record))])
  }
}

/** Arguments may be as long as a request, and many answers are held at once. */
function shortened(args: ReturnType<ArgumentsOf>): unknown {
  return typeof args === 'string' && args.length > whole_chars ? hash('sha256', args) : args
}

function edgeOf({ flip, agent, target }: FlipRow): string {
  return `${agent} ${target} ${flip}`
}
