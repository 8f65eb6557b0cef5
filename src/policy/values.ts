/**
 * The values of Cedar as JavaScript sees them. A Long is a number while it is safe and a bigint beyond, so each
 * Long has exactly one form and `===` compares it. A set is an array that may hold the same value twice.
 */

/** What evaluation yields. */
export type Value = boolean | number | bigint | string | Entity | RecordValue | readonly Value[]

/** A value, or the error that stands in its place and travels up to the policy. */
export type Result = Value | Failure

/** Why an expression has no value. Returned and never thrown: in a loop, refusing is the hot path. */
export class Failure {
  readonly message: string

  constructor(message: string) {
    this.message = message
  }
}

/** The attributes of an entity, the context, or a record literal. Read only through `fieldOf`. */
export class RecordValue {
  readonly fields: Readonly<Record<string, Value>>

  constructor(fields: Readonly<Record<string, Value>>) {
    this.fields = fields
  }
}

/** An entity by its name, with everything known about it. */
export class Entity {
  readonly type: string
  readonly id: string
  /** Type and id in one string: what makes two entities the same. */
  readonly key: string
  /** Null where nothing is known of the entity but its name; reading an attribute of it is an error. */
  readonly attrs: RecordValue | null
  /** Keys of all it is in, itself not included. */
  readonly ancestors: ReadonlySet<string>
  /** What it is directly in; here, always all it is in. */
  readonly parents: readonly Entity[]

  constructor(type: string, id: string, attrs: RecordValue | null = null, parents: readonly Entity[] = []) {
    this.type = type
    this.id = id
    this.key = entityKey(type, id)
    this.attrs = attrs
    this.parents = parents
    this.ancestors = new Set(parents.map((parent) => parent.key))
  }
}

/** Types never hold a blank, so no two entities share a key. */
function entityKey(type: string, id: string): string {
  return `${type} ${id}`
}

/** The field of that name, or undefined; blind to what every JavaScript object inherits. */
export function fieldOf(record: RecordValue, name: string): Value | undefined {
  return Object.hasOwn(record.fields, name) ? record.fields[name] : undefined
}

export function isSet(value: Value): value is readonly Value[] {
  return Array.isArray(value)
}

export function isLong(value: Value): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

/** Cedar's `==`: values of different kinds are unequal, which is no error. */
export function same(left: Value, right: Value): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object') return false
  if (left instanceof Entity) return right instanceof Entity && left.key === right.key
  if (left instanceof RecordValue) return right instanceof RecordValue && sameFields(left, right)
  return isSet(right) && includesAll(left, right) && includesAll(right, left)
}

export function includes(set: readonly Value[], value: Value): boolean {
  for (const item of set) if (same(item, value)) return true
  return false
}

export function includesAll(set: readonly Value[], values: readonly Value[]): boolean {
  return values.every((value) => includes(set, value))
}

function sameFields(left: RecordValue, right: RecordValue): boolean {
  const names = Object.keys(left.fields)
  if (names.length !== Object.keys(right.fields).length) return false
  return names.every((name) => {
    const mine = fieldOf(left, name)
    const other = fieldOf(right, name)
    return mine !== undefined && other !== undefined && same(mine, other)
  })
}
