/**
 * Prices of agents and tools: pointers lead into what answers have, whatever is reported has a maximum to reserve, and a
 * model whose price counts is of a provider that is here.
 */
import { isPointer, namesIn } from '../base/json-pointer.ts'
import { valueAt } from './explain.ts'
import { rowsAt, textAt } from './plain.ts'
import { type Finding, type Path, printable } from './problems.ts'
import { amount_max } from './schema-price.ts'
import { placeOfModel } from './settings-models.ts'
import { nearest } from '../base/suggest.ts'

/** What a result of a tool may hold (MCP, CallToolResult). */
const inResult = ['_meta', 'structuredContent', 'content']
/** What a task or a message of an agent may hold (A2A 1.0). */
const inAnswer = ['metadata', 'artifacts', 'status', 'history', 'parts']

/** Drivers that read usage themselves, so that nothing has to be pointed at. */
const frameworks = new Set(['langgraph', 'agentcore', 'foundry', 'vertex'])

/** Where a price stands, and what the answers it reads are like. */
interface Place {
  readonly path: Path
  /** Names that may come first in a pointer. */
  readonly holds: readonly string[]
  /** Usage comes without a pointer. */
  readonly told: boolean
}

export function pricePairs(plain: unknown): readonly Finding[] {
  const agents = rowsAt(plain, ['agents']).map(([path]): Place => {
    // A facet is spoken to like the agent it is a part of.
    const spoken = textAt(plain, [...path, 'facet_of'], String(path.at(-1)))
    const told = frameworks.has(textAt(plain, ['agents', spoken, 'driver', 'kind']))
    return { path: [...path, 'price'], holds: inAnswer, told }
  })
  const tools = rowsAt(plain, ['tools', 'servers'])
    .flatMap(([path]) => [path, ...rowsAt(plain, [...path, 'tools']).map(([row]) => row)])
    .map((path): Place => ({ path: [...path, 'price'], holds: inResult, told: false }))
  const providers = rowsAt(plain, ['models', 'providers']).map(([path]) => String(path.at(-1)))
  return [...agents, ...tools]
    .filter(({ path }) => valueAt(plain, path) !== undefined)
    .flatMap((place) => [
      ...pointers(plain, place),
      ...pairs(plain, place),
      ...totals(plain, place),
      ...models(plain, place, providers),
    ])
}

const pointing = ['cost_usd', 'cost_micros', 'tokens', 'input_tokens', 'output_tokens', 'model']

function pointers(plain: unknown, { path, holds }: Place): readonly Finding[] {
  const places = [[...path, 'units', 'at'], ...pointing.map((name) => [...path, 'reported', name])]
  return places.flatMap((at): readonly Finding[] => {
    const written = textAt(plain, at)
    const [first = ''] = isPointer(written) ? namesIn(written) : []
    if (written === '' || holds.includes(first)) return []
    const message = `found "${printable(written)}"`
    const expected = `a JSON pointer that begins with ${holds.map((name) => `/${name}`).join(', ')}`
    return [{ path: at, message, expected, suggestion: meant(written, holds) }]
  })
}

/** `meta.cost`, `$._meta.cost`, `/result/_meta/cost` and `/meta/cost` all mean `/_meta/cost`. */
function meant(written: string, holds: readonly string[]): string | null {
  const names = isPointer(written) ? written.slice(1).split('/') : written.replace(/^\$/, '').split(/[./]/)
  const said = names.filter((name, at) => name !== '' && !(at === 0 && ['result', 'task', 'message'].includes(name)))
  const [first, ...rest] = said
  const near = first === undefined ? null : nearest(first, holds)
  if (near === null) return null
  const pointer = `/${[near, ...rest].join('/')}`
  return isPointer(pointer) && pointer !== written ? pointer : null
}

function pairs(plain: unknown, { path, told }: Place): readonly Finding[] {
  const at = [...path, 'reported']
  const has = (name: string): boolean => valueAt(plain, [...at, name]) !== undefined
  const findings: Finding[] = []
  const second = (name: string, first: string): void => {
    const expected = `${first} or ${name}, not both`
    if (has(first) && has(name)) findings.push({ path: [...at, name], atKey: true, message: `found ${name}`, expected })
  }
  const needs = (name: string, because: string): void => {
    const expected = `a value, because ${because} is there`
    if (has(because) && !has(name)) findings.push({ path: [...at, name], message: 'is missing', expected })
  }
  second('cost_micros', 'cost_usd')
  second('input_tokens', 'tokens')
  needs('output_tokens', 'input_tokens')
  needs('input_tokens', 'output_tokens')
  needs('max_micros', has('cost_usd') ? 'cost_usd' : 'cost_micros')
  needs('max_tokens', has('tokens') ? 'tokens' : 'input_tokens')
  if (valueAt(plain, at) !== undefined && !told && !pointing.some(has)) {
    const expected = `one of ${pointing.join(', ')}`
    findings.push({ path: at, atKey: true, message: 'reported points at nothing', expected })
  }
  const priced = valueAt(plain, [...path, 'tokens_as']) !== undefined
  if (priced && (has('cost_usd') || has('cost_micros'))) {
    const expected = 'the price of a model, or a cost that the answer says'
    findings.push({ path: [...path, 'tokens_as'], atKey: true, message: 'found tokens_as', expected })
  } else if (priced && !told && !has('input_tokens')) {
    const expected = 'reported.input_tokens and output_tokens beside it, which cost differently'
    findings.push({ path: [...path, 'tokens_as'], atKey: true, message: 'found tokens_as', expected })
  }
  return findings
}

/** Beyond that amounts would not be exact any more. */
function totals(plain: unknown, { path }: Place): readonly Finding[] {
  const [micros, max] = ['micros', 'max'].map((name) => valueAt(plain, [...path, 'units', name]))
  if (typeof micros !== 'number' || typeof max !== 'number' || micros * max <= amount_max) return []
  const expected = `at most ${amount_max} micro-dollars for max units`
  return [{ path: [...path, 'units', 'max'], message: `found ${max} units of ${micros} micro-dollars`, expected }]
}

function models(plain: unknown, { path }: Place, providers: readonly string[]): readonly Finding[] {
  const at = [...path, 'tokens_as']
  const named = placeOfModel(textAt(plain, at))
  if (named === null || providers.includes(named.provider)) return []
  const near = nearest(named.provider, providers)
  const message = `model "${printable(textAt(plain, at))}" of no provider that is here`
  const suggestion = near === null ? null : `${near}/${named.model}`
  return [{ path: at, message, expected: 'provider/model with a key of models.providers', suggestion }]
}
