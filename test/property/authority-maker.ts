/** Random authorities, edits of them and calls that probe them, from one seed; plain code, because it runs a million times. */
import type { ArgumentRule, Authority, Detail } from '../../src/domain/authority.ts'
import type { Asked } from '../../src/domain/authority/covers.ts'

/** Repeatable chance (mulberry32). */
export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** A whole number from 0 to `end - 1`. */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % end
  }

  once(of: number): boolean {
    return this.below(of) === 0
  }

  one<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)]
    if (item === undefined) throw new Error('nothing to choose from')
    return item
  }

  some<Item>(items: readonly Item[]): readonly Item[] {
    return items.filter(() => this.once(2))
  }
}

const slugs = ['a', 'b', 'c'] as const
const methods = ['SendMessage', 'GetTask', 'CancelTask'] as const
const servers = ['crm', 'erp'] as const
const tools = ['query', 'list', 'drop'] as const
const models = ['small', 'large'] as const
const texts = ['x', 'xy', 'xyz', 'z'] as const
const pointers = ['/p', '/q/0', '/r/s'] as const
const scopes = ['agent:invoke', 'agent:invoke:a', 'tool:call', 'tool:query', 'model:use', 'other'] as const

type Members = Readonly<Record<string, (chance: Chance) => unknown>>

const scalar = (chance: Chance): string | number | boolean => chance.one([...texts, 0, 2, 4, true] as const)

const ruleMembers: Members = {
  eq: scalar,
  in: (chance) => [scalar(chance), scalar(chance), scalar(chance)].slice(chance.below(3)),
  max: (chance) => chance.below(6),
  min: (chance) => chance.below(6),
  prefix: (chance) => chance.one(texts),
}

function ruleOf(chance: Chance): ArgumentRule {
  const rule: Record<string, unknown> = {}
  for (let left = 1 + chance.below(2); left > 0; left--) {
    const member = chance.one(['eq', 'in', 'max', 'min', 'prefix'])
    rule[member] = ruleMembers[member]?.(chance)
  }
  return rule
}

function rulesOf(chance: Chance): Readonly<Record<string, ArgumentRule>> {
  const rules: Record<string, ArgumentRule> = {}
  for (let left = 1 + chance.below(2); left > 0; left--) rules[chance.one(pointers)] = ruleOf(chance)
  return rules
}

const types: Readonly<Record<string, Members>> = {
  agent_invoke: { targets: (chance) => chance.some(slugs), methods: (chance) => chance.some(methods) },
  mcp_tool: { server: (chance) => chance.one(servers), tools: (chance) => chance.some(tools), args: rulesOf },
  mcp_resource: { server: (chance) => chance.one(servers), uri_prefix: (chance) => chance.one(texts) },
  model_use: {
    models: (chance) => chance.some(models),
    max_output_tokens: (chance) => chance.below(6),
    max_usd_u: (chance) => chance.below(6),
  },
  http_api: { api: (chance) => chance.one(servers), operations: (chance) => chance.some(tools) },
  db_query: {
    source: (chance) => chance.one(servers),
    tables: (chance) => chance.some(slugs),
    columns: (chance) => chance.some(tools),
    predicates: (chance) => chance.some(texts),
  },
}
const typeNames = ['agent_invoke', 'mcp_tool', 'model_use', 'agent_invoke', 'mcp_tool', ...Object.keys(types)]

function detailOf(chance: Chance): Detail {
  const type = chance.one(typeNames)
  const detail: Record<string, unknown> = { type }
  for (const [member, make] of Object.entries(types[type] ?? {})) {
    if (chance.once(2)) detail[member] = make(chance)
  }
  return detail as unknown as Detail
}

export function authorityOf(chance: Chance): Authority {
  return {
    scopes: chance.once(2) ? null : chance.some(scopes),
    details: chance.once(12) ? null : Array.from({ length: 1 + chance.below(3) }, () => detailOf(chance)),
  }
}

/** The authority after one to three edits, most of which tighten it and some of which do not. */
export function edited({ scopes: held, details }: Authority, chance: Chance): Authority {
  const scopesNow = chance.once(4) ? editedScopes(held, chance) : held
  if (details === null || chance.once(40)) {
    return { scopes: scopesNow, details: chance.once(3) ? details : authorityOf(chance).details }
  }
  let now = details
  for (let left = 1 + chance.below(2); left > 0; left--) now = editedDetails(now, chance)
  return { scopes: scopesNow, details: now }
}

function editedScopes(held: Authority['scopes'], chance: Chance): Authority['scopes'] {
  if (held === null) return chance.some(scopes)
  if (chance.once(8)) return null
  return chance.once(4) ? [...held, chance.one(scopes)] : held.filter(() => !chance.once(4))
}

function editedDetails(details: readonly Detail[], chance: Chance): readonly Detail[] {
  if (details.length === 0 || chance.once(16)) return [...details, detailOf(chance)]
  if (details.length > 1 && chance.once(6)) return details.slice(1)
  const at = chance.below(details.length)
  return details.map((detail, index) => (index === at ? editedDetail(detail, chance) : detail))
}

/** One member drawn anew, dropped, or changed a little in either direction. */
function editedDetail(detail: Detail, chance: Chance): Detail {
  const now: Record<string, unknown> = { ...detail }
  const row = types[detail.type] ?? {}
  const member = chance.one(Object.keys(row))
  const way = chance.below(8)
  if (now[member] === undefined || way === 0) now[member] = row[member]?.(chance)
  else if (way === 1) Reflect.deleteProperty(now, member)
  else now[member] = nudged(now[member], chance)
  return now as unknown as Detail
}

function nudged(value: unknown, chance: Chance, deep = false): unknown {
  if (typeof value === 'number') return chance.once(3) ? value + 1 : Math.max(0, value - 1)
  if (typeof value === 'string') return chance.once(3) ? value.slice(0, -1) || value : `${value}z`
  if (Array.isArray(value)) return chance.once(6) ? [...(value as unknown[]), 'a'] : value.slice(1)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  const at = chance.below(entries.length)
  if (chance.once(4)) return { ...value, ...(deep ? ruleOf(chance) : rulesOf(chance)) }
  return Object.fromEntries(
    entries.map(([key, each]) => [key, entries[at]?.[0] === key ? nudged(each, chance, true) : each]),
  )
}

/** A call near the edge of an authority: one detail of it is met member by member, or nearly. */
export function callNear({ details }: Authority, chance: Chance): Asked {
  const detail = details && details.length > 0 ? chance.one(details) : detailOf(chance)
  if (detail.type === 'agent_invoke') {
    return { kind: 'agent', slug: among(detail.targets, slugs, chance), method: among(detail.methods, methods, chance) }
  }
  if (detail.type !== 'model_use') return toolCall(detail, chance)
  return {
    kind: 'model',
    model: among(detail.models, models, chance),
    maxOutputTokens: amount(detail.max_output_tokens, chance),
    costMicros: amount(detail.max_usd_u, chance),
  }
}

function toolCall(detail: Detail, chance: Chance): Asked {
  const { server, tools: named, args } = detail.type === 'mcp_tool' ? detail : {}
  const value = (pointer: string): unknown => argument(args?.[pointer] ?? {}, chance)
  return {
    kind: 'tool',
    server: server === undefined || chance.once(8) ? chance.one(servers) : server,
    tool: among(named, tools, chance),
    args: { p: value('/p'), q: [value('/q/0')], r: { s: value('/r/s') } },
  }
}

function argument({ eq, in: values, max, min, prefix }: ArgumentRule, chance: Chance): unknown {
  if (chance.once(6)) return scalar(chance)
  if (eq !== undefined) return eq
  if (values && values.length > 0) return chance.one(values)
  return max ?? min ?? prefix ?? scalar(chance)
}

function among(named: readonly string[] | undefined, all: readonly string[], chance: Chance): string {
  return named && named.length > 0 && !chance.once(8) ? chance.one(named) : chance.one(all)
}

function amount(ceiling: number | undefined, chance: Chance): number | null {
  return chance.once(8) ? null : Math.max(0, (ceiling ?? 3) - 1 + chance.below(3))
}
