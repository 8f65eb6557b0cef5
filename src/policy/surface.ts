/**
 * Which calls policies could ever allow, whatever the circumstances: every edge between what is registered, with the
 * conditions under which it opens taken for unknown. Certain edges are open in any of them.
 */
import { type Target, targetName } from '../domain/call.ts'
import type { AgentId } from '../domain/ids.ts'
import { closureOf, type Evaluate, type Frame } from './closures.ts'
import { memberRead } from './context-read.ts'
import type { PolicyAction } from './question.ts'
import { boundOf, partsOf } from './reads-arguments.ts'
import type { PolicySnapshot } from './snapshot.ts'
import type { Ir, PolicyIr } from './source.ts'
import { Failure, RecordValue } from './values.ts'

/** What there is to call, and who may try. */
export interface Universe {
  readonly environment: string
  readonly agents: readonly AgentId[]
  /** Agents that can be called, tools, servers and models; `files/*` stands for every tool of a server that has no row. */
  readonly targets: readonly Target[]
}

/** An edge that policy could allow. */
export interface Edge {
  readonly from: AgentId
  readonly to: string
  readonly action: PolicyAction
  /** Open whatever the circumstances. */
  readonly certain: boolean
  /** Policies that may permit it, and those that may forbid it after all. */
  readonly permits: readonly string[]
  readonly forbids: readonly string[]
  /** Under which conditions it is open: two edges with the same text are open under the same. */
  readonly when: Conditions
}

export interface Conditions {
  readonly permits: ReadonlySet<string>
  readonly forbids: ReadonlySet<string>
}

/** What one policy makes of an edge without knowing the circumstances. */
export interface Standing {
  readonly policy: PolicyIr
  /** Whether its condition may hold, and whether it must. An error counts as neither. */
  readonly may: boolean
  readonly must: boolean
  readonly error: boolean
}

/** Which kinds of targets an action has. */
export const kindsOf: Readonly<Record<PolicyAction, readonly Target['kind'][]>> = {
  invoke: ['agent'],
  callTool: ['tool'],
  useServer: ['server'],
  useModel: ['model'],
  startRun: ['agent', 'tool', 'server', 'model'],
  exchange: ['agent', 'server', 'model'],
}

/** The ones by which work is done; the others only lead to them. */
export const workActions = ['invoke', 'callTool', 'useModel'] as const satisfies readonly PolicyAction[]
export const allActions = Object.keys(kindsOf) as readonly PolicyAction[]

interface Ready {
  readonly policy: PolicyIr
  readonly scope: readonly Evaluate[]
  readonly may: Evaluate
  readonly must: Evaluate
  /** The condition as text, for comparing. */
  readonly condition: string
}

/** Judges edges of one policy set without circumstances. */
export class Surface {
  readonly #policy: PolicySnapshot
  readonly #ready: readonly Ready[]
  readonly #universe: Universe
  readonly #context: RecordValue

  /** `knows`: what is taken for given: what stands in the configuration today, or nothing but who is in which group. */
  constructor(policy: PolicySnapshot, universe: Universe, knows: 'facts' | 'groups' = 'facts') {
    const find = policy.world.find.bind(policy.world)
    const readsUnknown = knows === 'facts' ? readsCircumstances : readsAttributes
    this.#policy = policy
    this.#universe = universe
    this.#context = new RecordValue({ env: universe.environment, runState: 'active' })
    this.#ready = policy.parts.compiled.policies.map((each) => ({
      policy: each,
      scope: each.scope.map((scope) => closureOf(scope, find)),
      may: closureOf(unknowing(each, true, readsUnknown), find),
      must: closureOf(unknowing(each, false, readsUnknown), find),
      condition: each.uncovered.length > 0 ? each.text : JSON.stringify(each.condition),
    }))
  }

  /** Every edge that may be open, in the order of callers and targets. */
  edges(actions: readonly PolicyAction[]): readonly Edge[] {
    return actions.flatMap((action) =>
      this.#pairs(action).flatMap(({ from, target }) => this.edge(action, from, target) ?? []),
    )
  }

  /** Null where nothing may open it. */
  edge(action: PolicyAction, from: AgentId, target: Target): Edge | null {
    const standing = this.standing(action, from, target)
    if (standing.some(({ error, must, policy }) => error || (must && policy.effect === 'forbid'))) return null
    const [permits, forbids] = (['permit', 'forbid'] as const).map((effect) =>
      standing.filter(({ policy, may }) => may && policy.effect === effect),
    ) as [Standing[], Standing[]]
    if (permits.length === 0) return null
    return {
      from,
      to: targetName(target),
      action,
      certain: forbids.length === 0 && permits.some(({ must }) => must),
      permits: permits.map(({ policy }) => policy.id),
      forbids: forbids.map(({ policy }) => policy.id),
      when: { permits: this.#texts(permits), forbids: this.#texts(forbids) },
    }
  }

  /** Every policy whose scope covers the edge. */
  standing(action: PolicyAction, from: AgentId, target: Target): readonly Standing[] {
    const { world } = this.#policy
    const [principal, resource] = [world.agent(from), world.target(target)]
    if (!principal || !resource) return []
    const frame = { principal, resource, action: this.#policy.action(action), context: this.#context }
    return this.#ready
      .filter(({ scope }) => scope.every((part) => part(frame) === true))
      .map((each) => standingOf(each, frame))
  }

  /** Every pair an action can be asked about. */
  *everyPair(): Generator<{ readonly action: PolicyAction; readonly from: AgentId; readonly target: Target }> {
    for (const action of allActions) for (const pair of this.#pairs(action)) yield { action, ...pair }
  }

  #pairs(action: PolicyAction): readonly { readonly from: AgentId; readonly target: Target }[] {
    const targets = this.#universe.targets.filter(({ kind }) => kindsOf[action].includes(kind))
    return this.#universe.agents.flatMap((from) => targets.map((target) => ({ from, target })))
  }

  /** What always holds needs no text of its own. */
  #texts(standing: readonly Standing[]): ReadonlySet<string> {
    const texts = new Map(this.#ready.map(({ policy, condition }) => [policy.id, condition]))
    return new Set(standing.map(({ policy, must }) => (must ? 'true' : (texts.get(policy.id) ?? policy.text))))
  }
}

function standingOf({ policy, may, must }: Ready, frame: Frame): Standing {
  const [atMost, atLeast] = [may(frame), must(frame)]
  return {
    policy,
    may: atMost === true,
    must: atLeast === true,
    error: atMost instanceof Failure && atLeast instanceof Failure,
  }
}

function unknowing({ uncovered, condition }: PolicyIr, bound: boolean, reads: (ir: Ir) => boolean): Ir {
  return uncovered.length > 0 ? { op: 'literal', value: bound } : boundOf(condition, bound, reads)
}

/** Members of the context that are the same for every call that could go through. */
const standingMembers: ReadonlySet<string> = new Set(['env', 'runState'])

function readsCircumstances(ir: Ir): boolean {
  const member = memberRead(ir)
  if (member !== undefined) return !standingMembers.has(member)
  return ir.op === 'variable' ? ir.name === 'context' : partsOf(ir).some(readsCircumstances)
}

function readsAttributes(ir: Ir): boolean {
  if (ir.op === 'get' || ir.op === 'has') return true
  return ir.op === 'variable' ? ir.name === 'context' : partsOf(ir).some(readsAttributes)
}

/** What calling it does to the world, as far as it is known: `read`, `write`, `unknown`; and whether it is somebody else's. */
export function effectOf(
  { world }: PolicySnapshot,
  target: Target,
): { readonly effect: string; readonly external: boolean } {
  const attrs = world.target(target)?.attrs?.fields
  const effect = attrs?.['effect']
  return { effect: typeof effect === 'string' ? effect : 'unknown', external: attrs?.['external'] === true }
}
