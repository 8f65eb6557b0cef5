/** From what the validator found to sentences: what stands there, what should, and what was probably meant. */
import type { z } from 'zod'
import { type Finding, type Path, printable } from './problems.ts'
import { schemaAt, type SchemaNode, schemaTree } from './schema.ts'
import { nearest } from '../base/suggest.ts'

type Issue = z.core.$ZodIssue

/** What the explanations look at. */
export interface Written {
  /** The file as plain data, references replaced. */
  readonly plain: unknown
  /** The reference a value came from, by the JSON of its path: `${env:KEY}`. Such a value is never shown. */
  readonly references: ReadonlyMap<string, string>
}

export function explain(issues: readonly Issue[], written: Written): readonly Finding[] {
  const root = schemaTree()
  return issues.flatMap((issue) => explainOne(issue, stepsOf(issue.path), { ...written, root }))
}

interface Setting extends Written {
  readonly root: SchemaNode
}

function explainOne(issue: Issue, path: Path, setting: Setting): readonly Finding[] {
  const value = valueAt(setting.plain, path)
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(key, path, setting))
  if (issue.code === 'invalid_key') return [badKey(path, setting)]
  if (issue.code === 'invalid_union' && isMapping(value)) {
    const inner = issue.errors.find((option) => option.every((each) => each.path.length > 0 || 'keys' in each)) ?? []
    if (inner.length > 0) return inner.flatMap((each) => explainOne(each, [...path, ...stepsOf(each.path)], setting))
  }
  const node = schemaAt(setting.root, path)
  const expected = node ? phrase(node) : 'nothing here'
  if (value === undefined) return [{ path, message: 'is missing', expected }]
  return [{ path, message: show(value, path, setting), expected, suggestion: node && meant(value, node) }]
}

function unknownKey(key: string, path: Path, { root }: Setting): Finding {
  const node = schemaAt(root, path)
  const option = node?.anyOf?.find((each) => each.properties) ?? node
  const known = Object.keys(option?.properties ?? {})
  const expected = `one of ${known.join(', ')}`
  return { path: [...path, key], atKey: true, message: 'unknown key', expected, suggestion: nearest(key, known) }
}

function badKey(path: Path, { root }: Setting): Finding {
  const names = schemaAt(root, path.slice(0, -1))?.propertyNames
  const key = String(path.at(-1))
  const expected = names ? phrase(names) : 'another key'
  return { path, atKey: true, message: `key "${printable(key)}"`, expected }
}

/** What may stand here, in words. */
export function phrase(node: SchemaNode): string {
  if (node.form !== undefined) return node.form
  if (node.enum) return `one of ${node.enum.join(', ')}`
  if (node.type === 'integer') return `a whole number from ${node.minimum} to ${node.maximum}`
  if (node.type === 'boolean') return 'true or false'
  if (node.type === 'array') return 'a list'
  return node.type === 'object' ? 'a mapping' : 'a text'
}

function show(value: unknown, path: Path, { references, root }: Setting): string {
  const reference = references.get(JSON.stringify(path))
  if (reference !== undefined) return `found what ${printable(reference)} holds`
  if (value === null) return 'found nothing'
  if (Array.isArray(value)) return 'found a list'
  if (typeof value === 'object') return 'found a mapping'
  if (schemaAt(root, path)?.secret) return `found a ${typeof value === 'string' ? 'text' : typeof value}`
  if (typeof value !== 'string') return `found ${JSON.stringify(value) ?? 'nothing'}`
  return /:\/\/.*@/s.test(value) ? 'found a URL with credentials' : `found "${printable(value)}"`
}

/** A number in quotes, a version without them, or a word that is nearly right. */
function meant(value: unknown, node: SchemaNode): string | null {
  const number = node.type === 'integer' || node.anyOf?.some((option) => option.type === 'integer')
  if (number && typeof value === 'string') {
    const digits = value.replaceAll(/[_ ,]/g, '')
    return /^\d{1,15}$/.test(digits) ? digits : null
  }
  const words = (node.enum ?? []).map(String)
  if (typeof value === 'number') return words.find((word) => Number(word) === value) ?? null
  return typeof value === 'string' ? nearest(value, words) : null
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value at `path`, or undefined. */
export function valueAt(plain: unknown, path: Path): unknown {
  let value = plain
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Readonly<Record<string | number, unknown>>)[step]
  }
  return value
}

function stepsOf(path: readonly PropertyKey[]): Path {
  return path.map((step) => (typeof step === 'symbol' ? String(step) : step))
}
