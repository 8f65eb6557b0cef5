/** What no single row can say of sets of tools: their servers exist, and each is in a set in one way. */
import { valueAt } from './explain.ts'
import { rowsAt } from './plain.ts'
import { type Finding, type Path, printable } from './problems.ts'
import { readToolOfSet } from './schema-tool-sets.ts'
import { nearest } from '../base/suggest.ts'

/** The road under /mcp that leads to single servers. */
const taken = 's'

export function toolSetPairs(plain: unknown): readonly Finding[] {
  const known = rowsAt(plain, ['tools', 'servers']).map(([path]) => String(path.at(-1)))
  return rowsAt(plain, ['tools', 'sets']).flatMap(([path, set]): readonly Finding[] => {
    const whole = new Set(rowsAt(plain, [...path, 'servers']).map(([, name]) => name))
    const servers = rowsAt(plain, [...path, 'servers']).flatMap(([at, name]) => unknownServer(at, name, known))
    const tools = rowsAt(plain, [...path, 'tools']).flatMap(([at, written]) => toolOf(at, written, { known, whole }))
    const isEmpty = ['servers', 'tools'].every((list) => (valueAt(set, [list, 0]) ?? null) === null)
    return [
      ...(path.at(-1) === taken ? [nameTaken(path)] : []),
      ...(isEmpty ? [{ path, atKey: true, message: 'a set of nothing', expected: 'servers or tools' }] : []),
      ...servers,
      ...tools,
    ]
  })
}

function toolOf(
  path: Path,
  written: unknown,
  { known, whole }: { readonly known: readonly string[]; readonly whole: ReadonlySet<unknown> },
): readonly Finding[] {
  const read = typeof written === 'string' ? readToolOfSet(written) : null
  if (read === null) return []
  if (!whole.has(read.server)) return unknownServer(path, read.server, known)
  const message = `found "${printable(String(written))}"`
  return [{ path, message, expected: `nothing of ${printable(read.server)}, all of which is in the set already` }]
}

function unknownServer(path: Path, name: unknown, known: readonly string[]): readonly Finding[] {
  if (typeof name !== 'string' || known.includes(name)) return []
  const message = `found "${printable(name)}"`
  return [{ path, message, expected: 'a name under tools.servers', suggestion: nearest(name, known) }]
}

function nameTaken(path: Path): Finding {
  return { path, atKey: true, message: `key "${taken}"`, expected: 'another name, because /mcp/s leads to servers' }
}
