/** What is legal in a policy folder and most likely not meant: with its place, so that an editor can go there. */
import { nearest } from '../base/suggest.ts'
import type { Target } from '../domain/call.ts'
import { targetName } from '../domain/call.ts'
import type { AgentId } from '../domain/ids.ts'
import { entityText } from './ir-text.ts'
import type { PolicySnapshot } from './snapshot.ts'
import type { PolicyAction } from './question.ts'
import { partsOf } from './reads-arguments.ts'
import type { EntityRef, Ir, PolicyIr, PolicyPlace } from './source.ts'
import { kindsOf, type Standing, type Surface, type Universe } from './surface.ts'

export type LintRule =
  | 'compiler'
  | 'unknown-entity'
  | 'never-applies'
  | 'shadowed-permit'
  | 'wide-permit'
  | 'outside-subset'
  | 'unused-group'
  | 'unreachable-agent'

/** `warning`: most likely a mistake; `note`: worth knowing. */
export interface Finding {
  readonly rule: LintRule
  readonly level: 'warning' | 'note'
  readonly policy: string | null
  readonly place: PolicyPlace | null
  readonly message: string
}

export interface LintParts {
  readonly policy: PolicySnapshot
  /** Taking nothing for given but groups: a guard is for what is not so today. */
  readonly surface: Surface
  readonly universe: Universe
  readonly starters: ReadonlySet<AgentId>
}

export function lintPolicies(parts: LintParts): readonly Finding[] {
  const { compiled } = parts.policy.parts
  const warned = compiled.warnings.map(({ file, line, column, message }): Finding => {
    return { rule: 'compiler', level: 'warning', policy: null, place: { file, line, column }, message }
  })
  const book = bookOf(parts)
  return [
    ...warned,
    ...compiled.policies.flatMap((policy) => lintOne(policy, parts, book)),
    ...unusedGroups(parts),
    ...unreachable(parts),
  ]
}

/** How each policy stands on the edges of the universe. */
interface PolicyUse {
  covers: number
  /** Edges on which it may hold, and on which it makes a difference there. */
  may: number
  matters: number
  /** Whoever decides instead where it makes none. */
  readonly by: Set<string>
}

function bookOf({ policy, surface }: LintParts): ReadonlyMap<string, PolicyUse> {
  const book = new Map<string, PolicyUse>()
  for (const { id } of policy.parts.compiled.policies) book.set(id, { covers: 0, may: 0, matters: 0, by: new Set() })
  for (const { action, from, target } of surface.everyPair()) {
    const standing = surface.standing(action, from, target)
    for (const each of standing) note(book.get(each.policy.id), each, standing)
  }
  return book
}

function note(use: PolicyUse | undefined, each: Standing, all: readonly Standing[]): void {
  if (!use) return
  use.covers += 1
  if (!each.may) return
  use.may += 1
  const others = all.filter((other) => other !== each)
  const overruled =
    each.policy.effect === 'forbid'
      ? others.some(({ policy, may }) => policy.effect === 'permit' && may)
        ? []
        : ['no permit']
      : others.filter(({ must }) => must).map(({ policy }) => policy.id)
  if (overruled.length === 0) use.matters += 1
  else for (const id of overruled) use.by.add(id)
}

function lintOne(policy: PolicyIr, parts: LintParts, book: ReadonlyMap<string, PolicyUse>): readonly Finding[] {
  const found = (rule: LintRule, level: Finding['level'], message: string): Finding => {
    return { rule, level, policy: policy.id, place: policy.place ?? null, message }
  }
  const findings = unknownEntities(policy, parts).map(({ message, level }) => found('unknown-entity', level, message))
  if (policy.uncovered.length > 0) {
    const what = policy.uncovered.join(', ')
    findings.push(found('outside-subset', 'note', `${policy.id} is judged by Cedar itself on a worker: ${what}`))
  }
  const use = book.get(policy.id)
  if (use && use.may === 0) {
    const why = use.covers === 0 ? 'it covers no edge between what is registered' : 'its condition can never hold'
    findings.push(
      found('never-applies', isIdle(policy, parts) ? 'note' : 'warning', `${policy.id} never applies: ${why}`),
    )
  } else if (use && use.matters === 0) {
    const by = [...use.by].slice(0, 3).join(', ')
    if (policy.effect === 'permit')
      findings.push(
        found('shadowed-permit', 'warning', `${policy.id} makes no difference: ${by} decides wherever it holds`),
      )
    else findings.push(found('never-applies', 'note', `${policy.id} forbids nothing that a permit would allow`))
  }
  if (isWide(policy))
    findings.push(found('wide-permit', 'warning', `${policy.id} permits this to every agent and of every target`))
  return findings
}

const kindOfType: Readonly<Record<string, Target['kind']>> = {
  'Weir::Tool': 'tool',
  'Weir::ToolServer': 'server',
  'Weir::Model': 'model',
}

/** Whether it speaks of tools, servers or models where none are registered: it is for later, and no mistake. */
function isIdle({ mentions, condition, scope }: PolicyIr, { universe }: LintParts): boolean {
  const there = new Set(universe.targets.map(({ kind }) => kind))
  const actions = mentions.filter(({ type }) => type === 'Weir::Action').map(({ id }) => id)
  const byAction = actions.some((id) => isAction(id) && !kindsOf[id].some((kind) => there.has(kind)))
  const types = [...mentions.map(({ type }) => type), ...[condition, ...scope].flatMap(typesIn)]
  return byAction || types.some((type) => kindOfType[type] !== undefined && !there.has(kindOfType[type]))
}

function isAction(id: string): id is PolicyAction {
  return Object.hasOwn(kindsOf, id)
}

/** The types an expression asks for by `is`. */
function typesIn(ir: Ir): readonly string[] {
  return [...(ir.op === 'is' ? [ir.type] : []), ...partsOf(ir).flatMap(typesIn)]
}

/** A permit without bounds but on its action. Tokens open no edge by themselves, so `exchange` alone may be so wide. */
function isWide({ effect, scope, condition, mentions }: PolicyIr): boolean {
  if (effect !== 'permit') return false
  const bounds = scope.filter(
    (part) => !(part.op === 'eager' && part.left.op === 'variable' && part.left.name === 'action'),
  )
  const always = condition.op === 'literal' && condition.value === true
  const actions = mentions.filter(({ type }) => type === 'Weir::Action').map(({ id }) => id)
  return bounds.length === 0 && always && !(actions.length === 1 && actions[0] === 'exchange')
}

/** Types whose entities are all registered, so that another name is a mistake. */
const registered: ReadonlySet<string> = new Set([
  'Weir::Agent',
  'Weir::AgentGroup',
  'Weir::Team',
  'Weir::ToolServer',
  'Weir::ModelGroup',
  'Weir::ModelProvider',
])

function unknownEntities(
  { mentions }: PolicyIr,
  { policy, universe }: LintParts,
): readonly Pick<Finding, 'message' | 'level'>[] {
  const known = knownNames(policy, universe)
  const wrong = mentions.filter((ref) => registered.has(ref.type) && !known.get(ref.type)?.has(ref.id))
  const unique = new Map(wrong.map((ref) => [entityText(ref), ref]))
  return [...unique].map(([text, ref]) => {
    // Where nothing of its kind is registered, it waits for that.
    const level = (known.get(ref.type)?.size ?? 0) > 0 ? 'warning' : 'note'
    return { level, message: `${text} is not registered${meant(ref, known)}` }
  })
}

function meant({ type, id }: EntityRef, known: ReadonlyMap<string, ReadonlySet<string>>): string {
  const near = nearest(id, [...(known.get(type) ?? [])])
  return near === null ? '' : `; did you mean ${JSON.stringify(near)}?`
}

/** Names of everything registered, by type: the targets, and the groups they are in. */
function knownNames(policy: PolicySnapshot, { agents, targets }: Universe): ReadonlyMap<string, ReadonlySet<string>> {
  const names = new Map<string, Set<string>>()
  const add = (type: string, id: string): void => {
    const known = names.get(type)
    if (known) known.add(id)
    else names.set(type, new Set([id]))
  }
  const all: readonly Target[] = [...agents.map((id) => ({ kind: 'agent', id }) as const), ...targets]
  for (const target of all) {
    const entity = policy.world.target(target)
    if (!entity) continue
    add(entity.type, entity.id)
    for (const parent of entity.parents) add(parent.type, parent.id)
  }
  return names
}

/** Groups that the configuration makes and no policy speaks of. */
function unusedGroups({ policy, universe }: LintParts): readonly Finding[] {
  const mentioned = new Set(policy.parts.compiled.policies.flatMap(({ mentions }) => mentions.map(entityText)))
  const known = knownNames(policy, universe)
  const groups = ['Weir::AgentGroup', 'Weir::ModelGroup'].flatMap((type) =>
    Array.from(known.get(type) ?? [], (id) => ({ type, id })),
  )
  return groups
    .filter((group) => !mentioned.has(entityText(group)))
    .map((group) => ({
      rule: 'unused-group',
      level: 'note',
      policy: null,
      place: null,
      message: `${entityText(group)} has members, but no policy speaks of it`,
    }))
}

function unreachable({ surface, universe, starters }: LintParts): readonly Finding[] {
  const agents = universe.targets.filter(({ kind }) => kind === 'agent')
  const alone = agents.filter((target) => {
    if (target.kind !== 'agent' || starters.has(target.id)) return false
    return !universe.agents.some((from) => from !== target.id && surface.edge('invoke', from, target) !== null)
  })
  return alone.map((target) => ({
    rule: 'unreachable-agent',
    level: 'note',
    policy: null,
    place: null,
    message: `no policy lets any agent call ${targetName(target)}, and it starts no runs`,
  }))
}
