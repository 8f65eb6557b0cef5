/**
 * Constraints on one argument of a tool call. A rule is met by a value that is there and satisfies every member; an
 * argument that was left out satisfies no rule, because nobody knows what the tool puts in its place. Text is compared
 * character by character: a prefix of a path resolves no `..`.
 */
import { isJsonObject } from '../../base/json.ts'
import { isPointer } from '../../base/json-pointer.ts'
import type { ArgumentRule } from '../authority.ts'
import { Misfit, unknownMember } from './misfit.ts'
import {
  isSubset,
  itemsMax,
  readScalar,
  readSet,
  readText,
  readWhole,
  type Scalar,
  scalarForm,
  textMax,
} from './values.ts'

/** What is always true of one member of a rule. */
interface Constraint<Bound> {
  read(value: unknown): Bound | Misfit
  /** Whether a value of the call satisfies it. */
  passes(bound: Bound, value: unknown): boolean
  /** Whether whatever satisfies `child` satisfies `parent`. */
  within(child: Bound, parent: Bound): boolean
}

type Constraints = { readonly [Member in keyof ArgumentRule]-?: Constraint<NonNullable<ArgumentRule[Member]>> }

const constraints: Constraints = {
  eq: {
    read: readScalar,
    passes: (bound, value) => value === bound,
    within: (child, parent) => child === parent,
  },
  in: {
    read: (value) => readSet(value, readScalar, scalarForm),
    passes: (bound, value) => isScalar(value) && bound.includes(value),
    within: isSubset,
  },
  max: {
    read: readWhole,
    passes: (bound, value) => isFinite(value) && value <= bound,
    within: (child, parent) => child <= parent,
  },
  min: {
    read: readWhole,
    passes: (bound, value) => isFinite(value) && value >= bound,
    within: (child, parent) => child >= parent,
  },
  prefix: {
    read: readText,
    passes: (bound, value) => typeof value === 'string' && value.startsWith(bound),
    within: (child, parent) => child.startsWith(parent),
  },
}

const byMember: ReadonlyMap<string, Constraint<unknown>> = new Map(Object.entries(constraints))
const members = [...byMember.keys()]

/** What JSON calls a number but no arithmetic keeps (`1e309`) is no number here. */
function isFinite(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

function readRule(value: unknown): ArgumentRule | Misfit {
  if (!isJsonObject(value) || Object.keys(value).length === 0) {
    return new Misfit([], `a mapping with at least one of ${members.join(', ')}`)
  }
  const rule: Record<string, unknown> = {}
  for (const [member, written] of Object.entries(value)) {
    const constraint = byMember.get(member)
    if (!constraint) return unknownMember(member, members)
    const bound = constraint.read(written)
    if (bound instanceof Misfit) return bound.below(member)
    rule[member] = bound
  }
  return rule
}

/** Whether the value of an argument satisfies every member; a member nobody knows is satisfied by nothing. */
export function passesRule(rule: ArgumentRule, value: unknown): boolean {
  return Object.entries(rule).every(([member, bound]) => byMember.get(member)?.passes(bound, value) ?? false)
}

/** The only values a rule can let through; null where it names none. */
function namedValues(rule: ArgumentRule): readonly Scalar[] | null {
  const named = rule.eq === undefined ? rule.in : [rule.eq]
  return named?.filter((value) => passesRule(rule, value)) ?? null
}

/** A child that names its values is within where each of them passes; any other must keep every member, as tight. */
function ruleWithin(child: ArgumentRule, parent: ArgumentRule): boolean {
  const named = namedValues(child)
  if (named) return named.every((value) => passesRule(parent, value))
  const bounds: Readonly<Record<string, unknown>> = { ...child }
  return Object.entries(parent).every(([member, bound]) => {
    return bounds[member] !== undefined && (byMember.get(member)?.within(bounds[member], bound) ?? false)
  })
}

/** What passes both rules, exactly. */
function meetRules(a: ArgumentRule, b: ArgumentRule): ArgumentRule {
  const named = namedValues(a) ?? namedValues(b)
  if (named) return { in: named.filter((value) => passesRule(a, value) && passesRule(b, value)) }
  const rule: Record<string, unknown> = { ...a }
  for (const [member, bound] of Object.entries(b)) {
    const constraint = byMember.get(member)
    const other = rule[member]
    if (other === undefined || constraint?.within(bound, other)) rule[member] = bound
    else if (!constraint?.within(other, bound)) return { in: [] }
  }
  return rule
}

/** Rules by JSON pointer (RFC 6901) into the arguments. */
export type ArgumentRules = Readonly<Record<string, ArgumentRule>>

export const argumentRulesForm = `a mapping of 1 to ${itemsMax} JSON pointers to rules`
const pointerForm = `a JSON pointer of at most ${textMax} characters, such as /limit`

export function readRules(value: unknown): ArgumentRules | Misfit {
  const written = isJsonObject(value) ? Object.entries(value) : []
  if (written.length === 0 || written.length > itemsMax) return new Misfit([], argumentRulesForm)
  const rules: Record<string, ArgumentRule> = {}
  for (const [pointer, each] of written) {
    if (!isPointer(pointer) || pointer.length > textMax || !pointer.isWellFormed()) {
      return new Misfit([pointer], pointerForm, { atKey: true })
    }
    const rule = readRule(each)
    if (rule instanceof Misfit) return rule.below(pointer)
    rules[pointer] = rule
  }
  return rules
}

/** Every argument the parent constrains, the child constrains at least as much. */
export function rulesWithin(child: ArgumentRules, parent: ArgumentRules): boolean {
  return Object.entries(parent).every(([pointer, rule]) => {
    const own = child[pointer]
    return own !== undefined && ruleWithin(own, rule)
  })
}

/** The rules of both; null where that is more than an authority may hold. */
export function bothRules(a: ArgumentRules, b: ArgumentRules): ArgumentRules | null {
  const rules: Record<string, ArgumentRule> = { ...a }
  for (const [pointer, rule] of Object.entries(b)) {
    const other = rules[pointer]
    rules[pointer] = other === undefined ? rule : meetRules(other, rule)
  }
  return Object.keys(rules).length > itemsMax ? null : rules
}
