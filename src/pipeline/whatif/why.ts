/** The decision about one hop made again with the policies of then: what decided it, and whether it comes out the same. */
import type { Millis } from '../../base/clock.ts'
import { lostWords } from '../../domain/arguments-lost.ts'
import type { HopId, RunId } from '../../domain/ids.ts'
import type { CallRecord } from '../../domain/record.ts'
import { type Answer, type PolicyReading, readRequest } from '../../policy/explain.ts'
import type { PolicyError, PolicyRequest } from '../../policy/question.ts'
import type { PolicySnapshot } from '../../policy/snapshot.ts'
import type { PolicyContext } from '../../policy/world.ts'
import { decideAgain } from './answer.ts'
import { type ArgumentsOf, questionOf, type RecordedQuestion, type Routes } from './recorded.ts'

/** One question that policy was asked, and everything that bears on its answer. */
export interface QuestionReading {
  readonly action: PolicyRequest['action']
  readonly target: string
  readonly answer: Answer
  /** The policies that decided. */
  readonly decided: readonly string[]
  readonly errors: readonly PolicyError[]
  /** Caller or target that was not registered. */
  readonly unknown: string | null
  readonly covering: readonly PolicyReading[]
  readonly nearest: readonly PolicyReading[]
}

export interface WhyAccount {
  readonly schema: 'weir.why/v1'
  readonly hop: HopId
  readonly at: Millis
  readonly run: RunId | null
  readonly agent: string | null
  readonly person: string | null
  readonly chain: readonly string[]
  readonly target: string
  readonly recorded: Pick<CallRecord, 'decision' | 'code' | 'rule' | 'detail' | 'policies' | 'shadow'>
  readonly pol_hash: string | null
  /** What the policies were taken from, and what they were told: as of when; null where they are gone. */
  readonly policies: PolicyOrigin | null
  readonly verdict: 'agree' | 'disagree' | 'indeterminate' | 'not_decided_by_policy' | 'unclear'
  /** One sentence that says the same. */
  readonly says: string
  /** As policies read it; numbers without a limit are null. */
  readonly context: Readonly<Record<string, unknown>> | null
  readonly questions: readonly QuestionReading[]
}

export interface PolicyOrigin {
  /** `archive`: as they were in force; `folder`: those of today, which have the same hash. */
  readonly from: 'archive' | 'folder'
  readonly dir: string
  readonly facts_as_of: Millis | null
  /** Whether the facts are those of the configuration that the record names. */
  readonly exact: boolean
}

/** The policies of then, ready to judge. */
export interface OpenedPolicies {
  readonly policy: PolicySnapshot
  readonly routes: Routes
  readonly origin: PolicyOrigin
}

/** `opened` is a sentence where the policies of then are gone. */
export async function whyOf(
  record: CallRecord,
  opened: OpenedPolicies | string,
  argumentsOf: ArgumentsOf,
): Promise<WhyAccount> {
  const about = aboutOf(record)
  const routes = typeof opened === 'string' ? () => undefined : opened.routes
  const question = questionOf(record, routes, argumentsOf)
  const origin = typeof opened === 'string' ? null : opened.origin
  const bare = { ...about, policies: origin, context: null, questions: [] }
  if (question.kind === 'elsewhere') return { ...bare, verdict: 'not_decided_by_policy', says: sentence(question.why) }
  if (question.kind === 'unclear') return { ...bare, verdict: 'unclear', says: sentence(question.why) }
  const [first] = question.requests
  const context = first ? contextShown(first.context) : null
  if (typeof opened === 'string') return { ...bare, context, verdict: 'unclear', says: sentence(opened) }
  const { answer } = await decideAgain(opened.policy, question)
  const questions = await readAll(opened.policy, question)
  const verdict = answer === 'indeterminate' ? answer : answer === question.was ? 'agree' : 'disagree'
  return { ...about, policies: origin, context, questions, verdict, says: saysOf(verdict, answer, record, question) }
}

function aboutOf(record: CallRecord) {
  const { rid: hop, ts: at, run, agent, human: person, chain, target, pol_hash } = record
  const { decision, code, rule, detail, policies, shadow } = record
  const recorded = { decision, code, rule, detail, policies, shadow }
  return { schema: 'weir.why/v1', hop, at, run, agent, person, chain, target, recorded, pol_hash } as const
}

async function readAll(policy: PolicySnapshot, { requests, starts }: RecordedQuestion): Promise<QuestionReading[]> {
  const asked = requests.flatMap((request): PolicyRequest[] =>
    starts ? [request, { ...request, action: 'startRun' }] : [request],
  )
  return await Promise.all(
    asked.map(async (request) => {
      const { answer, judgement, covering, nearest } = await readRequest(policy, request)
      const { policies: decided, errors, unknown } = judgement
      const { kind, id } = request.resource
      const target = kind === 'agent' ? id : `${kind}:${id}`
      return { action: request.action, target, answer, decided, errors, unknown, covering, nearest }
    }),
  )
}

function saysOf(
  verdict: 'agree' | 'disagree' | 'indeterminate',
  answer: Answer,
  { decision }: CallRecord,
  { lost }: RecordedQuestion,
): string {
  if (verdict === 'indeterminate')
    return `Indeterminate: a policy that covers it reads its arguments, and these ${lostWords[lost ?? 'not_captured']}.`
  const then = decision === 'allow' ? 'let through' : 'refused'
  if (verdict === 'agree') return `Decided again, policy says the same: ${answer}. The call was ${then}.`
  return `Decided again, policy says ${answer}, but the call was ${then}.`
}

function contextShown(context: PolicyContext): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(context).map(([name, value]) => [name, value === Number.POSITIVE_INFINITY ? null : value]),
  )
}

function sentence(text: string): string {
  const trimmed = text.replace(/[:.\s]+$/, '')
  return `${trimmed.slice(0, 1).toUpperCase()}${trimmed.slice(1)}.`
}
