/**
 * Turns Cedar's JSON form of a policy (the EST) into the small expression language of the evaluator, and says what
 * is outside of it. Adding an operator means: a row here, a row in `operators.ts`, a branch in the property test.
 */
import { argumentsRead } from './reads-arguments.ts'
import type { Eager, EntityRef, Ir, Lazy, PolicyIr, Unary, Variable } from './source.ts'

/** Cedar's JSON policy format, as far as it is read here. */
export interface EstPolicy {
  readonly effect: 'permit' | 'forbid'
  readonly principal: EstScope
  readonly action: EstScope
  readonly resource: EstScope
  readonly conditions: readonly { readonly kind: 'when' | 'unless'; readonly body: EstNode }[]
}

interface EstScope {
  readonly op: 'All' | '==' | 'in' | 'is'
  readonly entity?: unknown
  readonly entities?: readonly unknown[]
  readonly entity_type?: string
  readonly in?: { readonly entity?: unknown }
}

/** An expression: an object with one member, named after the operator. */
type EstNode = object

/** The members an operator may have; which ones it really has follows from its name. */
interface EstBody {
  readonly left: EstNode
  readonly right: EstNode
  readonly arg: EstNode
  readonly attr: string | readonly string[]
  readonly pattern: readonly ('Wildcard' | { readonly Literal: string })[]
  readonly entity_type: string
  readonly in?: EstNode
  readonly if: EstNode
  readonly then: EstNode
  readonly else: EstNode
}

/** What is collected on the way through one policy. */
interface Notes {
  readonly uncovered: string[]
  readonly mentions: EntityRef[]
  depth: number
}

/** Deeper expressions go to the oracle, so that no policy can exhaust the stack of the main thread. */
const depthMax = 500
const nothing: Ir = { op: 'literal', value: false }
const always: Ir = { op: 'literal', value: true }

export function lowerPolicy(id: string, text: string, policy: EstPolicy): PolicyIr {
  const notes: Notes = { uncovered: [], mentions: [], depth: 0 }
  const scope = (['principal', 'action', 'resource'] as const)
    .filter((name) => policy[name].op !== 'All')
    .map((name) => lowerScope(name, policy[name], notes))
  const conditions = policy.conditions.map(({ kind, body }): Ir => {
    const arg = lower(body, notes)
    return kind === 'when' ? arg : { op: 'unary', by: '!', arg }
  })
  // A single condition is joined with `true` as well, because Cedar demands a boolean of it.
  const condition = conditions.reduce((left, right): Ir => ({ op: 'lazy', by: '&&', left, right }), always)
  const args = argumentsRead(policy.conditions)
  return { id, effect: policy.effect, text, scope, condition, ...found(notes), args }
}

function found(notes: Notes): Pick<PolicyIr, 'mentions' | 'uncovered'> {
  return { mentions: notes.mentions, uncovered: [...new Set(notes.uncovered)] }
}

function lowerScope(name: Variable, scope: EstScope, notes: Notes): Ir {
  const subject: Ir = { op: 'variable', name }
  if (scope.op === 'is') {
    const within = scope.in === undefined ? null : entityOf(scope.in.entity, notes)
    return { op: 'is', arg: subject, type: scope.entity_type ?? '', within }
  }
  if (scope.entities !== undefined) {
    const items = scope.entities.map((entity) => entityOf(entity, notes))
    return { op: 'eager', by: 'in', left: subject, right: { op: 'set', items } }
  }
  const right = entityOf(scope.entity, notes)
  return { op: 'eager', by: scope.op === '==' ? '==' : 'in', left: subject, right }
}

function lower(node: EstNode, notes: Notes): Ir {
  const [name, body] = Object.entries(node)[0] as [string, unknown]
  const row = Object.hasOwn(rows, name) ? rows[name] : undefined
  if (row === undefined || notes.depth >= depthMax)
    return outside(row === undefined ? name : `an expression deeper than ${depthMax}`, notes)
  notes.depth += 1
  const lowered = row(body, notes)
  notes.depth -= 1
  return lowered
}

type Row = (body: unknown, notes: Notes) => Ir

const unary = (by: Unary): Row => withBody((body, notes) => ({ op: 'unary', by, arg: lower(body.arg, notes) }))
const eager = (by: Eager): Row =>
  withBody((body, notes) => ({ op: 'eager', by, left: lower(body.left, notes), right: lower(body.right, notes) }))
const lazy = (by: Lazy): Row =>
  withBody((body, notes) => ({ op: 'lazy', by, left: lower(body.left, notes), right: lower(body.right, notes) }))

const rows: Readonly<Record<string, Row>> = {
  Value: lowerValue,
  Var: (name) => ({ op: 'variable', name: name as Variable }),
  '!': unary('!'),
  neg: unary('neg'),
  isEmpty: unary('isEmpty'),
  '==': eager('=='),
  '!=': eager('!='),
  '<': eager('<'),
  '<=': eager('<='),
  '>': eager('>'),
  '>=': eager('>='),
  '+': eager('+'),
  '-': eager('-'),
  '*': eager('*'),
  in: eager('in'),
  contains: eager('contains'),
  containsAll: eager('containsAll'),
  containsAny: eager('containsAny'),
  '&&': lazy('&&'),
  '||': lazy('||'),
  '.': withBody((body, notes) => ({
    op: 'get',
    arg: lower(body.left, notes),
    attr: attribute(String(body.attr), notes),
  })),
  has: withBody((body, notes) => ({
    op: 'has',
    arg: lower(body.left, notes),
    path: [body.attr].flat().map((name) => attribute(name, notes)),
  })),
  like: withBody((body, notes) => ({ op: 'like', arg: lower(body.left, notes), pieces: piecesOf(body.pattern) })),
  is: withBody((body, notes) => ({
    op: 'is',
    arg: lower(body.left, notes),
    type: body.entity_type,
    within: body.in === undefined ? null : lower(body.in, notes),
  })),
  'if-then-else': withBody((body, notes) => ({
    op: 'if',
    test: lower(body.if, notes),
    yes: lower(body.then, notes),
    no: lower(body.else, notes),
  })),
  Set: (items, notes) => ({ op: 'set', items: (items as readonly EstNode[]).map((item) => lower(item, notes)) }),
  Record: (fields, notes) => ({
    op: 'record',
    fields: Object.entries(fields as Readonly<Record<string, EstNode>>).map(([name, value]) => [
      attribute(name, notes),
      lower(value, notes),
    ]),
  }),
}

function withBody(row: (body: EstBody, notes: Notes) => Ir): Row {
  return (body, notes) => row(body as EstBody, notes)
}

function lowerValue(value: unknown, notes: Notes): Ir {
  if (typeof value === 'boolean' || typeof value === 'string') return { op: 'literal', value }
  // Cedar's JSON has lost the last digits of larger numbers before we see them.
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { op: 'literal', value } : outside('a number beyond 2^53', notes)
  if (Array.isArray(value)) return { op: 'set', items: value.map((item) => lowerValue(item, notes)) }
  if (typeof value !== 'object' || value === null) return outside(String(value), notes)
  if ('__entity' in value) return entityOf(value, notes)
  if ('__extn' in value) return outside('an extension value', notes)
  return {
    op: 'record',
    fields: Object.entries(value).map(([name, field]) => [attribute(name, notes), lowerValue(field, notes)]),
  }
}

function entityOf(value: unknown, notes: Notes): Ir {
  const { type, id } = (
    typeof value === 'object' && value !== null && '__entity' in value ? value.__entity : value
  ) as EntityRef
  const entity = { type, id }
  notes.mentions.push(entity)
  return { op: 'entity', entity }
}

/** Records are objects here, and `__proto__` is the one name an object cannot simply have. */
function attribute(name: string, notes: Notes): string {
  if (name === '__proto__') notes.uncovered.push('an attribute named __proto__')
  return name
}

function piecesOf(pattern: EstBody['pattern']): readonly string[] {
  const pieces = ['']
  for (const element of pattern) {
    if (element === 'Wildcard') pieces.push('')
    else pieces.push((pieces.pop() ?? '') + element.Literal)
  }
  return pieces
}

function outside(what: string, notes: Notes): Ir {
  notes.uncovered.push(what)
  return nothing
}
