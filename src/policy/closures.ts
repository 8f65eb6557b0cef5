/** Turns an expression into a JavaScript closure, once, so that judging a call builds and parses nothing. */
import { unreachable } from '../base/assert.ts'
import { eagerOperators, isIn, isLike, unaryOperators } from './operators.ts'
import { wantsBoolean, wantsEntity, wantsFields, wantsString } from './operators.ts'
import type { EntityRef, Ir } from './source.ts'
import { Entity, Failure, fieldOf, RecordValue, type Result, type Value } from './values.ts'

/** What the variables stand for while one request is judged. */
export interface Frame {
  readonly principal: Entity
  readonly action: Entity
  readonly resource: Entity
  readonly context: RecordValue
}

export type Evaluate = (frame: Frame) => Result

/** Finds what is known of an entity that a policy names. */
export type FindEntity = (ref: EntityRef) => Entity

export function closureOf(ir: Ir, find: FindEntity): Evaluate {
  switch (ir.op) {
    case 'literal':
      return constant(ir.value)
    case 'entity':
      return constant(find(ir.entity))
    case 'variable':
      return variables[ir.name]
    case 'unary':
      return unary(ir, find)
    case 'eager':
      return eager(ir, find)
    case 'lazy':
      return lazy(ir, find)
    case 'get':
      return get(ir, find)
    case 'has':
      return has(ir, find)
    case 'like':
      return like(ir, find)
    case 'is':
      return is(ir, find)
    case 'if':
      return choose(ir, find)
    case 'set':
      return set(ir, find)
    case 'record':
      return record(ir, find)
    default:
      return unreachable(ir)
  }
}

type Node<Op extends Ir['op']> = Extract<Ir, { readonly op: Op }>

const variables = {
  principal: (frame: Frame) => frame.principal,
  action: (frame: Frame) => frame.action,
  resource: (frame: Frame) => frame.resource,
  context: (frame: Frame) => frame.context,
} satisfies Record<string, Evaluate>

function constant(value: Value): Evaluate {
  return () => value
}

function unary(ir: Node<'unary'>, find: FindEntity): Evaluate {
  const arg = closureOf(ir.arg, find)
  const apply = unaryOperators[ir.by]
  return (frame) => {
    const value = arg(frame)
    return value instanceof Failure ? value : apply(value)
  }
}

function eager(ir: Node<'eager'>, find: FindEntity): Evaluate {
  const left = closureOf(ir.left, find)
  const right = closureOf(ir.right, find)
  const apply = eagerOperators[ir.by]
  return (frame) => {
    const first = left(frame)
    if (first instanceof Failure) return first
    const second = right(frame)
    return second instanceof Failure ? second : apply(first, second)
  }
}

function lazy(ir: Node<'lazy'>, find: FindEntity): Evaluate {
  const left = closureOf(ir.left, find)
  const right = closureOf(ir.right, find)
  const decided = ir.by === '||'
  return (frame) => {
    const first = asBoolean(left(frame))
    return first instanceof Failure || first === decided ? first : asBoolean(right(frame))
  }
}

function asBoolean(value: Result): boolean | Failure {
  return typeof value === 'boolean' || value instanceof Failure ? value : wantsBoolean
}

function get(ir: Node<'get'>, find: FindEntity): Evaluate {
  const arg = closureOf(ir.arg, find)
  const missing = new Failure(`there is no attribute ${ir.attr}`)
  const unknown = new Failure(`attribute ${ir.attr} of an entity that does not exist`)
  return (frame) => {
    const holder = arg(frame)
    if (holder instanceof Failure) return holder
    if (holder instanceof RecordValue) return fieldOf(holder, ir.attr) ?? missing
    if (!(holder instanceof Entity)) return wantsFields
    return holder.attrs === null ? unknown : (fieldOf(holder.attrs, ir.attr) ?? missing)
  }
}

function has(ir: Node<'has'>, find: FindEntity): Evaluate {
  const arg = closureOf(ir.arg, find)
  return (frame) => {
    let holder: Result | undefined = arg(frame)
    for (const attr of ir.path) {
      if (holder instanceof Failure) return holder
      const fields: Value | null | undefined = holder instanceof Entity ? holder.attrs : holder
      if (fields === null) return false
      if (!(fields instanceof RecordValue)) return wantsFields
      holder = fieldOf(fields, attr)
      if (holder === undefined) return false
    }
    return true
  }
}

function like(ir: Node<'like'>, find: FindEntity): Evaluate {
  const arg = closureOf(ir.arg, find)
  return (frame) => {
    const text = arg(frame)
    if (text instanceof Failure) return text
    return typeof text === 'string' ? isLike(text, ir.pieces) : wantsString
  }
}

function is(ir: Node<'is'>, find: FindEntity): Evaluate {
  const arg = closureOf(ir.arg, find)
  const within = ir.within === null ? null : closureOf(ir.within, find)
  return (frame) => {
    const value = arg(frame)
    if (value instanceof Failure) return value
    if (!(value instanceof Entity)) return wantsEntity
    if (value.type !== ir.type || within === null) return value.type === ir.type
    const holder = within(frame)
    return holder instanceof Failure ? holder : isIn(value, holder)
  }
}

function choose(ir: Node<'if'>, find: FindEntity): Evaluate {
  const test = closureOf(ir.test, find)
  const yes = closureOf(ir.yes, find)
  const no = closureOf(ir.no, find)
  return (frame) => {
    const holds = asBoolean(test(frame))
    if (holds instanceof Failure) return holds
    return holds ? yes(frame) : no(frame)
  }
}

function set(ir: Node<'set'>, find: FindEntity): Evaluate {
  const items = ir.items.map((item) => closureOf(item, find))
  return (frame) => {
    const values: Value[] = []
    for (const item of items) {
      const value = item(frame)
      if (value instanceof Failure) return value
      values.push(value)
    }
    return values
  }
}

function record(ir: Node<'record'>, find: FindEntity): Evaluate {
  const members = ir.fields.map(([name, value]) => [name, closureOf(value, find)] as const)
  return (frame) => {
    const fields: Record<string, Value> = {}
    for (const [name, member] of members) {
      const value = member(frame)
      if (value instanceof Failure) return value
      fields[name] = value
    }
    return new RecordValue(fields)
  }
}
