/** What Cedar's operators do to values that are already there; errors are values (Cedar language, "Operators"). */
import type { Eager, Unary } from './source.ts'
import { Entity, Failure, includes, includesAll, isLong, isSet, type Result, same, type Value } from './values.ts'

export type UnaryOperator = (arg: Value) => Result
export type EagerOperator = (left: Value, right: Value) => Result

const longMin = -(2n ** 63n)
const longMax = 2n ** 63n - 1n

const overflow = new Failure('integer overflow')
export const wantsBoolean = new Failure('type error: expected a boolean')
export const wantsEntity = new Failure('type error: expected an entity')
export const wantsString = new Failure('type error: expected a string')
export const wantsFields = new Failure('type error: expected an entity or a record')
const wantsLong = new Failure('type error: expected a long')
const wantsSet = new Failure('type error: expected a set')
const wantsEntities = new Failure('type error: expected an entity or a set of entities')

export const unaryOperators: Readonly<Record<Unary, UnaryOperator>> = {
  '!': (arg) => (typeof arg === 'boolean' ? !arg : wantsBoolean),
  neg: (arg) => (isLong(arg) ? long(-BigInt(arg)) : wantsLong),
  isEmpty: (arg) => (isSet(arg) ? arg.length === 0 : wantsSet),
}

export const eagerOperators: Readonly<Record<Eager, EagerOperator>> = {
  '==': same,
  '!=': (left, right) => !same(left, right),
  '<': (left, right) => (isLong(left) && isLong(right) ? left < right : wantsLong),
  '<=': (left, right) => (isLong(left) && isLong(right) ? left <= right : wantsLong),
  '>': (left, right) => (isLong(left) && isLong(right) ? left > right : wantsLong),
  '>=': (left, right) => (isLong(left) && isLong(right) ? left >= right : wantsLong),
  '+': arithmetic(
    (left, right) => left + right,
    (left, right) => left + right,
  ),
  '-': arithmetic(
    (left, right) => left - right,
    (left, right) => left - right,
  ),
  '*': arithmetic(
    (left, right) => left * right,
    (left, right) => left * right,
  ),
  in: isIn,
  contains: (left, right) => (isSet(left) ? includes(left, right) : wantsSet),
  containsAll: (left, right) => (isSet(left) && isSet(right) ? includesAll(left, right) : wantsSet),
  containsAny: (left, right) => (isSet(left) && isSet(right) ? right.some((value) => includes(left, value)) : wantsSet),
}

/** Whether an entity is the other one, or one of the others, or in it. */
export function isIn(left: Value, right: Value): Result {
  if (!(left instanceof Entity)) return wantsEntity
  if (right instanceof Entity) return within(left, right)
  if (!isSet(right)) return wantsEntities
  let found = false
  for (const item of right) {
    // Cedar looks at the whole set first: one member that is no entity spoils it.
    if (!(item instanceof Entity)) return wantsEntities
    found ||= within(left, item)
  }
  return found
}

/** Whether a text is made of the pieces in their order, with anything between them. */
export function isLike(text: string, pieces: readonly string[]): boolean {
  const first = pieces[0] ?? ''
  if (pieces.length === 1) return text === first
  const last = pieces.at(-1) ?? ''
  const end = text.length - last.length
  if (first.length > end || !text.startsWith(first) || !text.endsWith(last)) return false
  let at = first.length
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at)
    if (found < 0 || found + piece.length > end) return false
    at = found + piece.length
  }
  return true
}

function within(entity: Entity, other: Entity): boolean {
  return entity.key === other.key || entity.ancestors.has(other.key)
}

/** Doubles are exact as long as the result is a safe integer; beyond, 64 bits are counted in bigints. */
function arithmetic(
  quick: (left: number, right: number) => number,
  exact: (left: bigint, right: bigint) => bigint,
): EagerOperator {
  return (left, right) => {
    if (!isLong(left) || !isLong(right)) return wantsLong
    if (typeof left === 'number' && typeof right === 'number') {
      const result = quick(left, right)
      if (Number.isSafeInteger(result)) return result
    }
    return long(exact(BigInt(left), BigInt(right)))
  }
}

function long(value: bigint): Result {
  if (value < longMin || value > longMax) return overflow
  const short = Number(value)
  return Number.isSafeInteger(short) ? short : value
}
