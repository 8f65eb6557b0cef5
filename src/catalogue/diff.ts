/** What is different between two definitions of one tool, for a person who is about to say yes: a line for each place. */
import { isJsonObject, type JsonObject } from '../base/json.ts'
import { step, visibleText } from './hygiene.ts'

/** `schema-narrow` takes less than before, `schema-widen` more; a change that may do either is both. */
export const changeClasses = ['text', 'schema-narrow', 'schema-widen', 'annotation-flip', 'other'] as const
export type ChangeClass = (typeof changeClasses)[number]

export interface Difference {
  /** In the order of the table above. */
  readonly classes: readonly ChangeClass[]
  /** `- ` what is gone, `+ ` what is new, `~ ` what is another; everything invisible written out. */
  readonly lines: readonly string[]
}

const lines_max = 60
const shown_chars_max = 240
const context_chars = 40

export function differenceOf(before: JsonObject, after: JsonObject): Difference {
  const walk = new Walk()
  walk.compare({ before, after, path: '$', names: [] })
  const { lines, classes } = walk
  const rest = lines.length - lines_max
  const shown = rest > 0 ? [...lines.slice(0, lines_max), `  and ${rest} more`] : lines
  return { classes: changeClasses.filter((each) => classes.has(each)), lines: shown }
}

interface Pair {
  readonly before: unknown
  readonly after: unknown
  readonly path: string
  readonly names: readonly string[]
}

class Walk {
  readonly lines: string[] = []
  readonly classes = new Set<ChangeClass>()

  compare({ before, after, path, names }: Pair): void {
    if (isJsonObject(before) && isJsonObject(after)) {
      const members = new Set([...Object.keys(before), ...Object.keys(after)])
      for (const name of [...members].toSorted())
        this.compare({
          before: Object.hasOwn(before, name) ? before[name] : undefined,
          after: Object.hasOwn(after, name) ? after[name] : undefined,
          path: step(path, name),
          names: [...names, name],
        })
      return
    }
    if (same(before, after)) return
    for (const each of classesOf(names, before, after)) this.classes.add(each)
    this.lines.push(lineOf(path, before, after))
  }
}

function same(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other)
}

function lineOf(path: string, before: unknown, after: unknown): string {
  if (before === undefined) return `+ ${path}: ${shown(after)}`
  if (after === undefined) return `- ${path}: ${shown(before)}`
  const [old, now] = around(said(before), said(after))
  return `~ ${path}: ${old} -> ${now}`
}

function said(value: unknown): string {
  return visibleText(JSON.stringify(value) ?? '')
}

function shown(value: unknown): string {
  return cut(said(value))
}

function cut(text: string): string {
  return text.length > shown_chars_max ? `${text.slice(0, shown_chars_max)}… (${text.length} characters)` : text
}

/** Two long texts are shown where they begin to differ, because that is not always at their beginning. */
function around(old: string, now: string): readonly [string, string] {
  let from = 0
  while (from < old.length && old[from] === now[from]) from += 1
  const start = Math.max(0, from - context_chars)
  const mark = start > 0 ? '…' : ''
  return [mark + cut(old.slice(start)), mark + cut(now.slice(start))]
}

/** Members of a schema that say nothing about what is taken. */
const words: ReadonlySet<string | undefined> = new Set(['description', 'title', 'examples', '$comment', 'default'])
const texts: ReadonlySet<string | undefined> = new Set(['name', 'title', 'description', 'icons'])
/** Where a greater number takes more. */
const upper: ReadonlySet<string | undefined> = new Set([
  'maximum',
  'exclusiveMaximum',
  'maxLength',
  'maxItems',
  'maxProperties',
  'maxContains',
])
const lower: ReadonlySet<string | undefined> = new Set([
  'minimum',
  'exclusiveMinimum',
  'minLength',
  'minItems',
  'minProperties',
  'minContains',
])
const both: readonly ChangeClass[] = ['schema-narrow', 'schema-widen']

function classesOf(names: readonly string[], before: unknown, after: unknown): readonly ChangeClass[] {
  const [first] = names
  const last = names.at(-1)
  if (first === 'annotations') return last === 'title' ? ['text'] : ['annotation-flip']
  if (first === 'inputSchema' || first === 'outputSchema')
    return words.has(last) && names.at(-2) !== 'properties' ? ['text'] : schemaClasses(names, before, after)
  return texts.has(first) ? ['text'] : ['other']
}

function schemaClasses(names: readonly string[], before: unknown, after: unknown): readonly ChangeClass[] {
  const last = names.at(-1)
  const isMember = names.at(-2) === 'properties'
  if (!isMember && Array.isArray(before ?? []) && Array.isArray(after ?? [])) {
    if (last === 'required') return listClasses(before, after, ['schema-narrow', 'schema-widen'])
    if (last === 'enum' || last === 'type') return listClasses(before, after, ['schema-widen', 'schema-narrow'])
  }
  if (!isMember && typeof before === 'number' && typeof after === 'number') {
    if (upper.has(last)) return [after > before ? 'schema-widen' : 'schema-narrow']
    if (lower.has(last)) return [after > before ? 'schema-narrow' : 'schema-widen']
  }
  // A member that is new can be said, and one that is gone cannot; a rule that is new refuses, and one that is gone does not.
  if (before === undefined) return [isMember ? 'schema-widen' : 'schema-narrow']
  if (after === undefined) return [isMember ? 'schema-narrow' : 'schema-widen']
  return both
}

function listClasses(
  before: unknown,
  after: unknown,
  [more, less]: readonly [ChangeClass, ChangeClass],
): readonly ChangeClass[] {
  // An absent list of values allows all of them; an absent list of requirements none.
  if (more === 'schema-widen' && before === undefined) return ['schema-narrow']
  if (more === 'schema-widen' && after === undefined) return ['schema-widen']
  const [old, now] = [listOf(before), listOf(after)]
  const added = now.some((each) => !old.includes(each))
  const gone = old.some((each) => !now.includes(each))
  return [...(added ? [more] : []), ...(gone ? [less] : [])]
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map((each) => JSON.stringify(each)) : []
}
