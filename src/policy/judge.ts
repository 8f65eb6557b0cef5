/** Evaluates the policies that cover a request and says which of them decided, as Cedar would. */
import { targetName } from '../domain/call.ts'
import { readArguments } from './arguments.ts'
import { writeCedarRequest } from './cedar-request.ts'
import type { Frame } from './closures.ts'
import type { OracleAnswer, PolicyError, PolicyRequest } from './question.ts'
import { argumentsName } from './reads-arguments.ts'
import type { Candidate, Candidates, PolicySnapshot } from './snapshot.ts'
import { type Entity, Failure, RecordValue } from './values.ts'

/** What the policies say about one request. */
export interface Judgement {
  readonly allowed: boolean
  /** The forbids that hold; if there are none, the permits that hold. Empty where nothing does. */
  readonly policies: readonly string[]
  /** Cedar skips a policy that cannot be evaluated, even a forbid. Here any error means no. */
  readonly errors: readonly PolicyError[]
  /** The first permit that covers the edge and whose condition does not hold, if nothing else decided. */
  readonly nearest: string | null
  /** The principal or target that is not registered, if one is not; then no policy was evaluated. */
  readonly unknown: string | null
}

/**
 * Judges a request: at once where all policies that cover it are compiled, otherwise by the oracle, which then
 * judges the whole request. Rejects only if the oracle does.
 */
export function judge(policy: PolicySnapshot, request: PolicyRequest): Judgement | Promise<Judgement> {
  const edge = edgeOf(policy, request)
  if (!edge) return unknown(unknownIn(policy, request))
  const { candidates } = edge
  const frame = candidates.reads === null ? frameOf(policy, request, edge) : frameWithArguments(policy, request, edge)
  if (frame instanceof Failure) return unreadable(candidates, frame)
  return candidates.uncovered ? askOracle(policy, candidates, frame) : evaluate(candidates, frame)
}

/**
 * Whether a request that is told nothing of its arguments could be allowed with some of them: what a list shows. Where no
 * policy reads arguments it is what `judge` says. Rejects only if the oracle does.
 */
export function mayBeAllowed(policy: PolicySnapshot, request: PolicyRequest): boolean | Promise<boolean> {
  const edge = edgeOf(policy, request)
  if (!edge) return false
  const { candidates } = edge
  const frame = frameOf(policy, request, edge)
  if (candidates.uncovered) return askBroadly(policy, candidates, frame)
  return candidates.reads === null ? evaluate(candidates, frame).allowed : evaluateBroadly(candidates, frame)
}

/** A request between entities that are known, and the policies that cover it. */
interface Edge {
  readonly principal: Entity
  readonly resource: Entity
  readonly candidates: Candidates
}

function edgeOf(policy: PolicySnapshot, request: PolicyRequest): Edge | null {
  const principal = policy.world.agent(request.principal)
  const resource = policy.world.target(request.resource)
  if (!principal || !resource) return null
  return { principal, resource, candidates: policy.candidates(request.action, principal, resource) }
}

function unknownIn({ world }: PolicySnapshot, { principal, resource }: PolicyRequest): string {
  return world.agent(principal) ? targetName(resource) : principal
}

function frameOf(policy: PolicySnapshot, request: PolicyRequest, { principal, resource }: Edge): Frame {
  const { action, context } = request
  return { principal, action: policy.action(action), resource, context: policy.world.context(context) }
}

/** What is no call of a tool has no arguments, and a policy that reads some finds none. */
function frameWithArguments(policy: PolicySnapshot, request: PolicyRequest, edge: Edge): Frame | Failure {
  const frame = frameOf(policy, request, edge)
  const { reads } = edge.candidates
  if (request.resource.kind !== 'tool' || reads === null) return frame
  const args = request.args === undefined ? notKnown : readArguments(request.args, reads)
  return args instanceof Failure ? args : { ...frame, context: withArguments(frame.context, args) }
}

const notKnown = new Failure('its arguments are not known')

function withArguments({ fields }: RecordValue, args: RecordValue): RecordValue {
  return new RecordValue({ ...fields, [argumentsName]: args })
}

/** The first policy that reads them stands for all. */
function unreadable({ policies }: Candidates, { message }: Failure): Judgement {
  const id = policies.find(({ bound }) => bound !== null)?.id ?? 'request'
  return { allowed: false, policies: [], errors: [{ id, message }], nearest: null, unknown: null }
}

function evaluate(candidates: Candidates, frame: Frame): Judgement {
  const permits: string[] = []
  const forbids: string[] = []
  const errors: PolicyError[] = []
  let nearest: string | null = null
  for (const { id, effect, condition } of candidates.policies) {
    const holds = condition(frame)
    if (holds === true) (effect === 'permit' ? permits : forbids).push(id)
    else if (holds instanceof Failure) errors.push({ id, message: holds.message })
    else if (effect === 'permit') nearest ??= id
  }
  const policies = forbids.length > 0 ? forbids : permits
  const allowed = permits.length > 0 && forbids.length === 0 && errors.length === 0
  return { allowed, policies, errors, nearest: policies.length > 0 ? null : nearest, unknown: null }
}

/** An error of a policy that reads arguments may be gone with others. */
function evaluateBroadly({ policies }: Candidates, frame: Frame): boolean {
  let permitted = false
  for (const { effect, condition, bound } of policies) {
    const holds = (bound ?? condition)(frame)
    if (holds === true && effect === 'forbid') return false
    if (holds instanceof Failure && bound === null) return false
    permitted ||= holds === true
  }
  return permitted
}

async function askOracle(policy: PolicySnapshot, candidates: Candidates, frame: Frame): Promise<Judgement> {
  const answer = await ask(policy, candidates, frame)
  const decided = new Set(answer.policies)
  return {
    allowed: answer.decision === 'allow' && answer.errors.length === 0,
    policies: candidates.policies.filter(({ id }) => decided.has(id)).map(({ id }) => id),
    errors: answer.errors,
    nearest: null,
    unknown: null,
  }
}

function ask(policy: PolicySnapshot, { policies }: Candidates, frame: Frame): Promise<OracleAnswer> {
  const mentioned = policies.flatMap((candidate) => candidate.mentions)
  return policy.oracle(policy.question(writeCedarRequest(frame, mentioned)))
}

/** Asked without arguments, Cedar says what the policies that read none make of it; the others may say anything. */
async function askBroadly(policy: PolicySnapshot, candidates: Candidates, frame: Frame): Promise<boolean> {
  const { policies, reads } = candidates
  const asked = reads === null ? frame : { ...frame, context: withArguments(frame.context, new RecordValue({})) }
  const { decision, policies: decided, errors } = await ask(policy, candidates, asked)
  const saysNo = ({ id, effect }: Candidate): boolean =>
    errors.some((error) => error.id === id) || (effect === 'forbid' && decided.includes(id))
  if (errors.some(({ id }) => id === 'request') || policies.some((each) => each.bound === null && saysNo(each)))
    return false
  return (
    decision === 'allow' || policies.some((each) => each.bound !== null && (each.effect === 'permit' || saysNo(each)))
  )
}

function unknown(name: string): Judgement {
  return { allowed: false, policies: [], errors: [], nearest: null, unknown: name }
}
