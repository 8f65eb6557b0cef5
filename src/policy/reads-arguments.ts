/**
 * Which policies look at the arguments of a call, and by which names. Arguments are the one part of a request that has to be
 * parsed, so they are read only where a policy that covers the call asks for them.
 */
import { unreachable } from '../base/assert.ts'
import { fold } from '../base/json-shape.ts'
import type { Ir } from './source.ts'

/** The member of the context that holds them. */
export const argumentsName = 'args'

/** How a name is spelled where a policy reads it, by how it looks to a reader that is careless about case. */
export type ReadNames = ReadonlyMap<string, ReadonlySet<string>>

/**
 * Every attribute the conditions of a policy name, in Cedar's JSON, if one of them is `args`; else none. Looks into parts
 * outside of the compiled subset too.
 */
export function argumentsRead(conditions: unknown): readonly string[] {
  const names = new Set<string>()
  collect(conditions, names)
  return names.has(argumentsName) ? [...names] : []
}

function collect(node: unknown, names: Set<string>): void {
  if (typeof node !== 'object' || node === null) return
  for (const [name, value] of Object.entries(node)) {
    if (name !== 'attr') collect(value, names)
    else for (const attr of [value].flat()) if (typeof attr === 'string') names.add(attr)
  }
}

/** Those of several policies; null where none of them reads any. */
export function readNames(policies: readonly { readonly args: readonly string[] }[]): ReadNames | null {
  const names = policies.flatMap(({ args }) => args)
  if (names.length === 0) return null
  const byFold = new Map<string, Set<string>>()
  for (const name of names) {
    const folded = fold(name)
    const known = byFold.get(folded)
    if (known) known.add(name)
    else byFold.set(folded, new Set([name]))
  }
  return byFold
}

/**
 * The condition for whoever does not know the arguments yet, or whatever else `reads` finds: with `bound` true it holds
 * wherever it holds for some of them, with false only where it holds for all. What reads them is taken for `bound`, and for
 * the opposite below a `!`.
 */
export function boundOf(ir: Ir, bound: boolean, reads: (ir: Ir) => boolean = readsArguments): Ir {
  if (!reads(ir)) return ir
  if (ir.op === 'lazy') return { ...ir, left: boundOf(ir.left, bound, reads), right: boundOf(ir.right, bound, reads) }
  if (ir.op === 'unary' && ir.by === '!') return { ...ir, arg: boundOf(ir.arg, !bound, reads) }
  if (ir.op !== 'if') return { op: 'literal', value: bound }
  const [yes, no] = [boundOf(ir.yes, bound, reads), boundOf(ir.no, bound, reads)]
  if (!reads(ir.test)) return { ...ir, yes, no }
  return { op: 'lazy', by: bound ? '||' : '&&', left: yes, right: no }
}

function readsArguments(ir: Ir): boolean {
  if (ir.op === 'get' && ir.attr === argumentsName) return true
  if (ir.op === 'has' && ir.path.includes(argumentsName)) return true
  return partsOf(ir).some(readsArguments)
}

/** What an expression is made of. */
export function partsOf(ir: Ir): readonly Ir[] {
  switch (ir.op) {
    case 'literal':
    case 'entity':
    case 'variable':
      return []
    case 'unary':
    case 'get':
    case 'has':
    case 'like':
      return [ir.arg]
    case 'is':
      return ir.within === null ? [ir.arg] : [ir.arg, ir.within]
    case 'eager':
    case 'lazy':
      return [ir.left, ir.right]
    case 'if':
      return [ir.test, ir.yes, ir.no]
    case 'set':
      return ir.items
    case 'record':
      return ir.fields.map(([, value]) => value)
    default:
      return unreachable(ir)
  }
}
