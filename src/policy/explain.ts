/**
 * Why a request is decided as it is: every policy that covers it with what became of its condition, and those that come
 * nearest. Slow beside `judge`, which decides; for whoever asks afterwards.
 */
import { readArguments } from './arguments.ts'
import { closureOf, type Frame } from './closures.ts'
import { textOf } from './ir-text.ts'
import { judge, type Judgement, mayBeAllowed } from './judge.ts'
import type { PolicyRequest } from './question.ts'
import { argumentsName, boundOf } from './reads-arguments.ts'
import type { PolicySnapshot } from './snapshot.ts'
import type { Ir, PolicyIr, PolicyPlace, Variable } from './source.ts'
import { Failure, RecordValue } from './values.ts'

/** What one policy makes of a request. */
export interface PolicyReading {
  readonly id: string
  readonly effect: 'permit' | 'forbid'
  readonly place: PolicyPlace | null
  readonly text: string
  /** Parts of its scope that do not fit; empty: it covers the request. */
  readonly misses: readonly Variable[]
  /** What became of its condition: `unknown` without the arguments it reads, `beyond` where only Cedar itself can tell. */
  readonly state: 'holds' | 'fails' | 'error' | 'unknown' | 'beyond'
  /** The first condition that does not hold, in Cedar's words, or what could not be evaluated; null where there is none. */
  readonly failing: string | null
}

/** `indeterminate`: policies that cover it read arguments, and nobody knows them any more. */
export type Answer = 'allow' | 'deny' | 'indeterminate'

export interface Reading {
  readonly answer: Answer
  readonly judgement: Judgement
  /** Those whose scope covers it, in the order of the files. */
  readonly covering: readonly PolicyReading[]
  /** Permits that would have allowed it: those that cover it and whose condition does not hold, else the nearest by scope. */
  readonly nearest: readonly PolicyReading[]
}

/** Permits shown that only come near. */
const near_max = 3

/** Rejects only if the oracle does. */
export async function readRequest(policy: PolicySnapshot, request: PolicyRequest): Promise<Reading> {
  const judgement = await judge(policy, request)
  const frame = frameOf(policy, request)
  if (frame === null) return { answer: 'deny', judgement, covering: [], nearest: [] }
  const all = policy.parts.compiled.policies.map((each) => readingOf(policy, each, frame))
  const covering = all.filter(({ misses }) => misses.length === 0)
  const answer = await answerOf(policy, request, judgement)
  return { answer, judgement, covering, nearest: answer === 'allow' ? [] : nearestOf(all, covering) }
}

/** The decision, as far as it can be made without arguments that were not kept. */
async function answerOf(
  policy: PolicySnapshot,
  request: PolicyRequest,
  judgement: Judgement | null = null,
): Promise<Answer> {
  if (lacksArguments(policy, request)) return (await mayBeAllowed(policy, request)) ? 'indeterminate' : 'deny'
  return (judgement ?? (await judge(policy, request))).allowed ? 'allow' : 'deny'
}

/** Whether a policy that covers it reads arguments which the request does not say. */
export function lacksArguments(policy: PolicySnapshot, request: PolicyRequest): boolean {
  if (request.resource.kind !== 'tool' || request.args !== undefined) return false
  const principal = policy.world.agent(request.principal)
  const resource = policy.world.target(request.resource)
  return principal && resource ? policy.candidates(request.action, principal, resource).reads !== null : false
}

interface Known extends Frame {
  /** False where a policy that reads arguments cannot be evaluated. */
  readonly hasArguments: boolean
}

function frameOf(policy: PolicySnapshot, request: PolicyRequest): Known | null {
  const { world } = policy
  const principal = world.agent(request.principal)
  const resource = world.target(request.resource)
  if (!principal || !resource) return null
  const context = world.context(request.context)
  const frame = { principal, resource, action: policy.action(request.action), context, hasArguments: true }
  if (request.resource.kind !== 'tool') return frame
  const { reads } = policy.candidates(request.action, principal, resource)
  if (reads === null) return frame
  const args = request.args === undefined ? null : readArguments(request.args, reads)
  if (args === null || args instanceof Failure) return { ...frame, hasArguments: false }
  return { ...frame, context: new RecordValue({ ...context.fields, [argumentsName]: args }) }
}

function readingOf({ world }: PolicySnapshot, policy: PolicyIr, frame: Known): PolicyReading {
  const find = world.find.bind(world)
  const { id, effect, text } = policy
  const said = { id, effect, text, place: policy.place ?? null }
  const misses = policy.scope.filter((scope) => closureOf(scope, find)(frame) !== true).map(subjectOf)
  if (misses.length > 0) return { ...said, misses, state: 'fails', failing: null }
  if (policy.uncovered.length > 0)
    return {
      ...said,
      misses,
      state: 'beyond',
      failing: `outside of the compiled subset: ${policy.uncovered.join(', ')}`,
    }
  if (policy.args.length > 0 && !frame.hasArguments)
    return { ...said, misses, ...withoutArguments(policy, frame, find) }
  return { ...said, misses, ...outcomeOf(policy.condition, frame, find) }
}

type Outcome = Pick<PolicyReading, 'state' | 'failing'>
type Find = Parameters<typeof closureOf>[1]

function outcomeOf(condition: Ir, frame: Frame, find: Find): Outcome {
  for (const part of conjunctsOf(condition)) {
    const value = closureOf(part, find)(frame)
    if (value === true) continue
    if (value instanceof Failure) return { state: 'error', failing: `${textOf(part)}: ${value.message}` }
    return { state: 'fails', failing: textOf(part) }
  }
  return { state: 'holds', failing: null }
}

function withoutArguments({ condition }: PolicyIr, frame: Frame, find: Find): Outcome {
  const atMost = outcomeOf(boundOf(condition, true), frame, find)
  if (atMost.state !== 'holds') return atMost
  return { state: 'unknown', failing: 'arguments were not captured' }
}

/** The parts of a condition all of which must hold, in the order in which they are asked. */
function conjunctsOf(ir: Ir): readonly Ir[] {
  if (ir.op === 'lazy' && ir.by === '&&') return [...conjunctsOf(ir.left), ...conjunctsOf(ir.right)]
  return ir.op === 'literal' && ir.value === true ? [] : [ir]
}

/** A scope compares one variable with something. */
function subjectOf(scope: Ir): Variable {
  const subject = scope.op === 'is' ? scope.arg : scope.op === 'eager' ? scope.left : scope
  return subject.op === 'variable' ? subject.name : 'resource'
}

function nearestOf(all: readonly PolicyReading[], covering: readonly PolicyReading[]): readonly PolicyReading[] {
  const failed = covering.filter(({ effect, state }) => effect === 'permit' && state !== 'holds')
  if (failed.length > 0) return failed
  // Whoever misses the action or two parts of the scope speaks of something else.
  const near = all.filter(
    ({ effect, misses }) => effect === 'permit' && misses.length === 1 && !misses.includes('action'),
  )
  return near.slice(0, near_max)
}
