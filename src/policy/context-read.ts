/** Which members of the context policies read: two questions that differ in others have the same answer. */
import { partsOf } from './reads-arguments.ts'
import type { Ir, PolicyIr } from './source.ts'

/** Their names; null where any may be read: the context is used as a whole, or a policy is outside of the compiled subset. */
export function contextRead(policies: readonly PolicyIr[]): ReadonlySet<string> | null {
  const names = new Set<string>()
  const all = policies.every(({ uncovered, condition }) => uncovered.length === 0 && collect(condition, names))
  return all ? names : null
}

/** The member of the context that an expression reads; undefined where it reads none itself. */
export function memberRead(ir: Ir): string | undefined {
  if (ir.op !== 'get' && ir.op !== 'has') return undefined
  if (ir.arg.op !== 'variable' || ir.arg.name !== 'context') return undefined
  return ir.op === 'get' ? ir.attr : ir.path[0]
}

/** False where the context is used as a whole. */
function collect(ir: Ir, names: Set<string>): boolean {
  const member = memberRead(ir)
  if (member !== undefined) {
    names.add(member)
    return true
  }
  if (ir.op === 'variable') return ir.name !== 'context'
  return partsOf(ir).every((part) => collect(part, names))
}
