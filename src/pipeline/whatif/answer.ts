/** Makes a recorded decision again: every place it could have gone to, and the start of a run where it would begin one. */
import { type Answer, lacksArguments } from '../../policy/explain.ts'
import { judge, type Judgement, mayBeAllowed } from '../../policy/judge.ts'
import type { PolicyRequest } from '../../policy/question.ts'
import type { PolicySnapshot } from '../../policy/snapshot.ts'
import type { RecordedQuestion } from './recorded.ts'

/** The answer of one policy set, and what decided it: policies, `default`, or the name nobody is registered by. */
export interface Verdict {
  readonly answer: Answer
  readonly rules: readonly string[]
  /** A caller or target that is not registered (any more). */
  readonly unknown: string | null
}

/** At once where the policies that cover it are compiled. */
export function decideAgain(policy: PolicySnapshot, question: RecordedQuestion): Verdict | Promise<Verdict> {
  const { requests, starts } = question
  const [first, ...more] = requests
  if (first === undefined) return { answer: 'deny', rules: ['default'], unknown: null }
  const one = decidePlace(policy, first, starts)
  if (more.length === 0) return one
  return Promise.all([one, ...more.map((request) => decidePlace(policy, request, starts))]).then(bestOf)
}

/** A name is allowed where one of its places is. */
function bestOf(verdicts: readonly Verdict[]): Verdict {
  const [first] = verdicts
  const best =
    verdicts.find(({ answer }) => answer === 'allow') ?? verdicts.find(({ answer }) => answer === 'indeterminate')
  return best ?? first ?? { answer: 'deny', rules: ['default'], unknown: null }
}

function decidePlace(policy: PolicySnapshot, request: PolicyRequest, starts: boolean): Verdict | Promise<Verdict> {
  const main = decideOne(policy, request)
  const start = starts ? decideOne(policy, { ...request, action: 'startRun' }) : null
  if (main instanceof Promise || start instanceof Promise)
    return Promise.all([main, start]).then(([one, other]) => both(one, other))
  return both(main, start)
}

function both(main: Verdict, start: Verdict | null): Verdict {
  if (start === null || main.answer === 'deny') return main
  if (start.answer === 'deny' || main.answer === 'allow') return start.answer === 'allow' ? main : start
  return main
}

function decideOne(policy: PolicySnapshot, request: PolicyRequest): Verdict | Promise<Verdict> {
  if (lacksArguments(policy, request)) {
    const may = mayBeAllowed(policy, request)
    return may instanceof Promise ? may.then(withoutArguments) : withoutArguments(may)
  }
  const judgement = judge(policy, request)
  return judgement instanceof Promise ? judgement.then(verdictOf) : verdictOf(judgement)
}

function withoutArguments(may: boolean): Verdict {
  return { answer: may ? 'indeterminate' : 'deny', rules: ['default'], unknown: null }
}

function verdictOf({ allowed, policies, errors, unknown }: Judgement): Verdict {
  const rules = errors.length > 0 ? errors.map(({ id }) => id) : policies
  return { answer: allowed ? 'allow' : 'deny', rules: rules.length > 0 ? rules : ['default'], unknown }
}
