/**
 * The registered types of `authorization_details` and the comparator of each of their members. Whatever is not in this
 * table is refused when it is read and is wider when it is compared.
 */
import type { Detail } from '../authority.ts'
import { isSlug } from '../ids.ts'
import { argumentRulesForm, type ArgumentRules, bothRules, readRules, rulesWithin } from './argument-rule.ts'
import { Misfit } from './misfit.ts'
import {
  asSet,
  inBoth,
  isSubset,
  itemsMax,
  listForm,
  readSet,
  readText,
  readWhole,
  textForm,
  wholeForm,
} from './values.ts'

/** How a kind of member is read, compared and combined. */
export interface Kind<Value> {
  /** What may stand there, in words. */
  readonly form: string
  read(value: unknown): Value | Misfit
  /** Whether `child` allows nothing that `parent` does not. */
  within(child: Value, parent: Value): boolean
  /** What both allow; null where that is nothing, or more than can be written down. */
  meet(a: Value, b: Value): Value | null
}

type Texts = readonly string[]

/** One name, and no other. */
const exact: Kind<string> = {
  form: textForm,
  read: readText,
  within: (child, parent) => child === parent,
  meet: (a, b) => (a === b ? a : null),
}

/** Everything that starts with it, character by character. */
const prefix: Kind<string> = {
  form: textForm,
  read: readText,
  within: (child, parent) => child.startsWith(parent),
  meet: (a, b) => (a.startsWith(b) ? a : b.startsWith(a) ? b : null),
}

/** Any one of them. */
const set: Kind<Texts> = {
  form: listForm(textForm),
  read: (value) => readSet(value, readText, textForm),
  within: isSubset,
  meet: (a, b) => {
    const both = inBoth(a, b)
    return both.length === 0 ? null : both
  },
}

const slugForm = 'the slug of an agent'

/** A set of agents: a name that no agent can have would be a rule that never applies. */
const slugs: Kind<Texts> = {
  ...set,
  form: listForm(slugForm),
  read: (value) => readSet(value, readSlug, slugForm),
}

/** At most that much. */
const ceiling: Kind<number> = {
  form: wholeForm,
  read: readWhole,
  within: (child, parent) => child <= parent,
  meet: (a, b) => Math.min(a, b),
}

/** All of them at once: more of them allow less. */
const predicates: Kind<Texts> = {
  form: listForm(textForm),
  read: (value) => readSet(value, readText, textForm),
  within: (child, parent) => isSubset(parent, child),
  meet: (a, b) => {
    const all = asSet([...a, ...b])
    return all.length > itemsMax ? null : all
  },
}

const rules: Kind<ArgumentRules> = { form: argumentRulesForm, read: readRules, within: rulesWithin, meet: bothRules }

type Row<Of extends Detail> = { readonly [Member in Exclude<keyof Of, 'type'>]-?: Kind<NonNullable<Of[Member]>> }
type Vocabulary = { readonly [Type in Detail['type']]: Row<Extract<Detail, { readonly type: Type }>> }

const vocabulary: Vocabulary = {
  agent_invoke: { targets: slugs, methods: set },
  mcp_tool: { server: exact, tools: set, args: rules },
  mcp_resource: { server: exact, uri_prefix: prefix },
  model_use: { models: set, max_output_tokens: ceiling, max_usd_u: ceiling },
  http_api: { api: exact, operations: set },
  db_query: { source: exact, tables: set, columns: set, predicates },
}

/** The members of a type; a name every object inherits (`constructor`) is in none. */
export type Members = ReadonlyMap<string, Kind<unknown>>

export const types: ReadonlyMap<string, Members> = new Map(
  Object.entries(vocabulary).map(([type, row]): [string, Members] => [type, new Map(Object.entries(row))]),
)

export function membersOf(type: string): Members | null {
  return types.get(type) ?? null
}

/** The members of a detail without its type. */
export function constraintsOf({ type: _type, ...constraints }: Detail): Readonly<Record<string, unknown>> {
  return constraints
}

function readSlug(value: unknown): string | Misfit {
  return typeof value === 'string' && isSlug(value) ? value : new Misfit([], slugForm)
}
