/** Looking around in the file as plain data, where anything may have the wrong type. */
import { valueAt } from './explain.ts'
import type { Path } from './problems.ts'

export type Row = readonly [path: Path, value: unknown]

/** The rows of a list or mapping at `path`; nothing if it is neither. */
export function rowsAt(plain: unknown, path: Path): readonly Row[] {
  const value = valueAt(plain, path)
  if (Array.isArray(value)) return value.map((each: unknown, i): Row => [[...path, i], each])
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).map(([key, each]): Row => [[...path, key], each])
}

export function textAt(plain: unknown, path: Path, usual = ''): string {
  const value = valueAt(plain, path)
  return typeof value === 'string' ? value : usual
}
