/** What no single row can say of drivers: which options a kind has, which it needs, which come together. */
import { valueAt } from './explain.ts'
import { rowsAt, textAt } from './plain.ts'
import type { Finding, Path } from './problems.ts'
import { type DriverKind, driverKinds, driverOptions } from './schema-drivers.ts'

/** The driver of every agent. */
export function driverPairs(plain: unknown): readonly Finding[] {
  return rowsAt(plain, ['agents']).flatMap(([agent]) => {
    const path = [...agent, 'driver']
    if (valueAt(plain, path) === undefined) return []
    const kind = kindOf(valueAt(plain, [...path, 'kind']))
    if (kind === null) return []
    return [
      ...useless(plain, path, kind),
      ...missing(plain, path, kind),
      ...keys(plain, path, kind),
      ...twoProofs(plain, agent),
    ]
  })
}

/** Null for what the table has reported already. */
function kindOf(written: unknown): DriverKind | null {
  return written === undefined ? 'a2a' : (driverKinds.find((kind) => kind === written) ?? null)
}

function useless(plain: unknown, path: Path, kind: DriverKind): readonly Finding[] {
  return Object.entries(driverOptions)
    .filter(([name, row]) => !row.kinds.includes(kind) && valueAt(plain, [...path, name]) !== undefined)
    .map(([name, row]) => ({
      path: [...path, name],
      atKey: true,
      message: `an option that kind ${kind} does not have`,
      expected: `it with kind ${row.kinds.join(' or ')} only`,
    }))
}

function missing(plain: unknown, path: Path, kind: DriverKind): readonly Finding[] {
  return Object.entries(driverOptions)
    .filter(([, row]) => row.needed.includes(kind))
    .flatMap(([name]) => wanted(plain, [...path, name], `a value, because kind is ${kind}`))
}

/** Half a pair of keys would send requests unsigned without a word. */
function keys(plain: unknown, path: Path, kind: DriverKind): readonly Finding[] {
  if (kind !== 'a2a' && kind !== 'agentcore') return []
  const has = (name: string): boolean => valueAt(plain, [...path, name]) !== undefined
  const signed = ['access_key_id', 'secret_access_key', 'session_token'].filter(has)
  if (signed.length === 0) return []
  const regional = kind === 'agentcore' && textAt(plain, [...path, 'runtime_arn']) !== ''
  return ['access_key_id', 'secret_access_key', ...(regional ? [] : ['region'])].flatMap((name) =>
    wanted(plain, [...path, name], `a value, because ${signed[0]} is there`),
  )
}

/** A signature stands in the Authorization header, so whatever else is written there would never be seen. */
function twoProofs(plain: unknown, agent: Path): readonly Finding[] {
  const path = [...agent, 'driver', 'access_key_id']
  const mode = valueAt(plain, [...agent, 'credential', 'mode']) ?? 'none'
  const headers = rowsAt(plain, [...agent, 'headers']).map(([header]) => String(header.at(-1)).toLowerCase())
  if (valueAt(plain, path) === undefined || (mode === 'none' && !headers.includes('authorization'))) return []
  const expected = 'no Authorization header and credential.mode none, or no keys to sign with'
  return [{ path, atKey: true, message: 'beside another credential', expected }]
}

function wanted(plain: unknown, path: Path, expected: string): readonly Finding[] {
  return valueAt(plain, path) === undefined ? [{ path, message: 'is missing', expected }] : []
}
