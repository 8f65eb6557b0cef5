/** An authority in so few words that it fits into a line, for people. Programs compare `authorityHash`. */
import type { Authority, Detail } from '../authority.ts'
import { constraintsOf } from './vocabulary.ts'

/** Items of a list that are named; of longer ones the rest is counted. */
const named_max = 4

/** `scope read write; agent_invoke targets research, writer`, or that nothing is held back. */
export function authorityWords({ scopes, details }: Authority): string {
  if (scopes === null && details === null) return 'whatever policy allows'
  const scope = scopes === null ? [] : [scopes.length === 0 ? 'no scope' : `scope ${scopes.join(' ')}`]
  const detail = details?.length === 0 ? ['nothing'] : (details ?? []).map(detailWords)
  return [...scope, ...detail].join('; ')
}

function detailWords(detail: Detail): string {
  return [
    detail.type,
    ...Object.entries(constraintsOf(detail)).map(([name, bound]) => `${name} ${boundWords(bound)}`),
  ].join(' ')
}

function boundWords(bound: unknown): string {
  if (!Array.isArray(bound)) return typeof bound === 'string' ? bound : JSON.stringify(bound)
  const more = bound.length > named_max ? `, and ${bound.length - named_max} more` : ''
  return bound.slice(0, named_max).join(', ') + more
}
