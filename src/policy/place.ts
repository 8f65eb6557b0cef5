/** Turns Cedar's byte offsets into what editors show. */
import type { PolicyFile, PolicyProblem } from './source.ts'

/** Line and column, counted from 1 in UTF-16 units as editors do; zeros if there is no offset. `offset` counts UTF-8 bytes. */
export function placeIn(file: PolicyFile, offset: number | null): Pick<PolicyProblem, 'file' | 'line' | 'column'> {
  if (offset === null) return { file: file.name, line: 0, column: 0 }
  const before = Buffer.from(file.text).subarray(0, offset).toString('utf8').split('\n')
  return { file: file.name, line: before.length, column: (before.at(-1) ?? '').length + 1 }
}
