/** The values an authority is made of, read strictly: what has no exact meaning is refused. */
import { canonicalJson } from '../../base/jcs.ts'
import { Misfit } from './misfit.ts'

/** Items of a list, members of a mapping. */
export const itemsMax = 256
/** Texts, numbers and truth values of one authority, so that comparing two of them never takes long. */
export const valuesMax = 1024
/** UTF-16 code units of a text. */
export const textMax = 256

export const textForm = `a text of 1 to ${textMax} characters`
export const wholeForm = 'a whole number from 0 to 9007199254740991'
export const scalarForm = `${textForm}, ${wholeForm}, true or false`

/** What an argument can be compared with. */
export type Scalar = string | number | boolean

export function readText(value: unknown): string | Misfit {
  return isText(value) ? value : new Misfit([], textForm)
}

/** Above 2^53 - 1 two numbers can look alike, and below zero a ceiling would be a floor. */
export function readWhole(value: unknown): number | Misfit {
  return isWhole(value) ? value : new Misfit([], wholeForm)
}

export function readScalar(value: unknown): Scalar | Misfit {
  return isText(value) || isWhole(value) || typeof value === 'boolean' ? value : new Misfit([], scalarForm)
}

/** A list as a set: sorted and without repetition, so that two authorities that allow the same hash the same. */
export function readSet<Item extends Scalar>(
  value: unknown,
  readItem: (item: unknown) => Item | Misfit,
  form: string,
): readonly Item[] | Misfit {
  if (!Array.isArray(value) || value.length > itemsMax) return new Misfit([], listForm(form))
  const items: Item[] = []
  for (const [index, each] of value.entries()) {
    const item = readItem(each)
    if (item instanceof Misfit) return item.below(index)
    items.push(item)
  }
  return asSet(items)
}

/** Each item once, in the order of their canonical forms. */
export function asSet<Item extends Scalar>(items: readonly Item[]): readonly Item[] {
  const byForm = new Map(items.map((item) => [canonicalJson(item), item]))
  return [...byForm.keys()].toSorted().flatMap((form) => byForm.get(form) ?? [])
}

/** How many texts, numbers and truth values stand in it. */
export function countValues(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1
  return Object.values(value).reduce((sum: number, each: unknown) => sum + countValues(each), 0)
}

export function listForm(form: string): string {
  return `a list of at most ${itemsMax} items, each ${form}`
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= textMax && value.isWellFormed()
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** From here on building a set costs less than searching the list again and again. */
const searchedMax = 16

export function isSubset<Item>(child: readonly Item[], parent: readonly Item[]): boolean {
  if (parent.length <= searchedMax) return child.every((item) => parent.includes(item))
  const held = new Set(parent)
  return child.every((item) => held.has(item))
}

export function inBoth<Item>(a: readonly Item[], b: readonly Item[]): readonly Item[] {
  const held = new Set(b)
  return a.filter((item) => held.has(item))
}
