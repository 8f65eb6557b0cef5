/**
 * The policies in force, ready to judge: closures, the entities they may ask for, and for each edge that was ever
 * asked about the few policies whose scope covers it. Never changes what it says; a reload makes a new one.
 */
import { assert } from '../base/assert.ts'
import { closureOf, type Evaluate, type Frame } from './closures.ts'
import type { Oracle, OracleQuestion, PolicyAction } from './question.ts'
import { boundOf, type ReadNames, readNames } from './reads-arguments.ts'
import type { CompiledSource, Ir, PolicyIr, PolicySource } from './source.ts'
import { Entity, RecordValue } from './values.ts'
import { type Facts, World } from './world.ts'

export interface PolicyParts extends Facts {
  readonly source: PolicySource
  /** What the compiler made of that source. */
  readonly compiled: CompiledSource
  /** Asked only about edges that a policy outside the compiled subset covers. */
  readonly oracle: Oracle
  /** Whether what no policy permits goes through all the same, and is recorded as what would have been refused. */
  readonly observes?: boolean
}

/** A policy whose scope covers an edge. */
export interface Candidate {
  readonly id: string
  readonly effect: 'permit' | 'forbid'
  readonly condition: Evaluate
  /** For whoever does not know the arguments: whether a permit may hold, and whether a forbid must. Null where it reads none. */
  readonly bound: Evaluate | null
  readonly mentions: readonly Entity[]
}

/** The policies that cover one edge, in the order of the files. */
export interface Candidates {
  readonly policies: readonly Candidate[]
  /** Whether one of them can be evaluated by the oracle only. */
  readonly uncovered: boolean
  /** The names by which they read arguments; null where none of them does. */
  readonly reads: ReadNames | null
}

interface Ready extends Candidate {
  readonly scope: readonly Evaluate[]
  readonly uncovered: boolean
  readonly args: readonly string[]
}

/** Eight bytes each: how many references to policies the memory of edges may hold, about 8 MB. */
const heldMax = 1_000_000
const noContext = new RecordValue({})

export class PolicySnapshot {
  readonly hash: string
  readonly schemaHash: string
  /** Ids of policies outside the compiled subset. */
  readonly uncovered: readonly string[]
  readonly world: World
  readonly oracle: Oracle
  /** What it was made of, for whoever explains it or keeps it. */
  readonly parts: PolicyParts
  readonly observes: boolean
  readonly #ready: readonly Ready[]
  readonly #question: Omit<OracleQuestion, 'request'>
  readonly #edges = {
    invoke: new EdgeMemory('invoke'),
    callTool: new EdgeMemory('callTool'),
    useServer: new EdgeMemory('useServer'),
    useModel: new EdgeMemory('useModel'),
    startRun: new EdgeMemory('startRun'),
    exchange: new EdgeMemory('exchange'),
  } satisfies Record<PolicyAction, EdgeMemory>

  constructor(parts: PolicyParts) {
    const { source, compiled } = parts
    assert(source.hash === compiled.hash, 'compiled policies belong to the source they come with')
    this.parts = parts
    this.observes = parts.observes ?? false
    this.hash = compiled.hash
    this.schemaHash = compiled.schemaHash
    this.uncovered = compiled.policies.filter((policy) => policy.uncovered.length > 0).map((policy) => policy.id)
    this.world = new World(parts)
    this.oracle = parts.oracle
    this.#ready = compiled.policies.map((policy) => ready(policy, this.world))
    const policies = Object.fromEntries(compiled.policies.map((policy) => [policy.id, policy.text]))
    this.#question = { hash: compiled.hash, schema: source.schema.text, policies }
  }

  /** The entity that stands for an action. */
  action(action: PolicyAction): Entity {
    return this.#edges[action].action
  }

  /** The policies that cover an edge between known entities; looked up once, then remembered. */
  candidates(action: PolicyAction, principal: Entity, resource: Entity): Candidates {
    const edges = this.#edges[action]
    return edges.get(principal, resource) ?? edges.put(principal, resource, this.#search(edges, principal, resource))
  }

  question(request: OracleQuestion['request']): OracleQuestion {
    return { ...this.#question, request }
  }

  #search(edges: EdgeMemory, principal: Entity, resource: Entity): Candidates {
    const frame: Frame = { principal, action: edges.action, resource, context: noContext }
    // A scope compares entities that are given, so it is true or false and never an error.
    const policies = this.#ready.filter((policy) => policy.scope.every((scope) => scope(frame) === true))
    return { policies, uncovered: policies.some((policy) => policy.uncovered), reads: readNames(policies) }
  }
}

export function openPolicy(parts: PolicyParts): PolicySnapshot {
  return new PolicySnapshot(parts)
}

/** Which policies cover which edges of one action. Forgets everything when it is full. */
class EdgeMemory {
  readonly action: Entity
  readonly #byPrincipal = new Map<Entity, Map<Entity, Candidates>>()
  #held = 0

  constructor(action: PolicyAction) {
    this.action = new Entity('Weir::Action', action)
  }

  get(principal: Entity, resource: Entity): Candidates | undefined {
    return this.#byPrincipal.get(principal)?.get(resource)
  }

  put(principal: Entity, resource: Entity, candidates: Candidates): Candidates {
    // An edge that no policy covers takes about as much room as eight references.
    this.#held += candidates.policies.length + 8
    if (this.#held > heldMax) {
      this.#byPrincipal.clear()
      this.#held = candidates.policies.length + 8
    }
    const known = this.#byPrincipal.get(principal)
    if (known) known.set(resource, candidates)
    else this.#byPrincipal.set(principal, new Map([[resource, candidates]]))
    return candidates
  }
}

function ready(policy: PolicyIr, world: World): Ready {
  const find = world.find.bind(world)
  return {
    id: policy.id,
    effect: policy.effect,
    scope: policy.scope.map((scope) => closureOf(scope, find)),
    condition: closureOf(policy.condition, find),
    bound: policy.args.length === 0 ? null : closureOf(boundFor(policy), find),
    mentions: policy.mentions.map(find),
    uncovered: policy.uncovered.length > 0,
    args: policy.args,
  }
}

/** What only the oracle could tell is taken for what lets most be seen: every call is judged for itself. */
function boundFor({ effect, uncovered, condition }: PolicyIr): Ir {
  const bound = effect === 'permit'
  return uncovered.length > 0 ? { op: 'literal', value: bound } : boundOf(condition, bound)
}
