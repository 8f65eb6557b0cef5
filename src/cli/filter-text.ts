/** The filter of a command: what stands behind it and what `--filter` says, both read here so that a mistake is shown at once. */
import { isFilterProblem, readFilter } from '../domain/filter-read.ts'
import type { CliDeps } from './deps.ts'
import { type CliProblem, problem } from './exit-codes.ts'

export const filterOption = ['--filter <filter>', 'only what passes it, as in docs/reference/filters.md'] as const

/** All of them must hold; '' for everything. */
export function filterText(deps: CliDeps, texts: readonly (string | undefined)[]): string | CliProblem {
  const written = texts.flatMap((text) => (text === undefined || text.trim() === '' ? [] : [text.trim()]))
  for (const text of written) {
    const read = readFilter(text, deps.clock.now())
    if (isFilterProblem(read)) return problem('usage', `The filter cannot be read. ${read.sentence}: ${text}`)
  }
  const [only = ''] = written
  return written.length < 2 ? only : written.map((text) => `(${text})`).join(' ')
}
