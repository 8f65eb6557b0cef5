/** Which revision a request is in (A2A 1.0 section 3.6). */
import type { Inbound } from '../http.ts'
import type { A2aVersion } from './revision.ts'

/** Every revision we speak, newest first. */
export const supportedVersions: readonly A2aVersion[] = ['1.0', '0.3']

/**
 * The header beats the query, both beat the grammar of the method or path; an explicit empty version means 0.3. Null for a
 * version that nobody here speaks.
 */
export function negotiate(inbound: Pick<Inbound, 'headers' | 'query'>, grammar: A2aVersion): A2aVersion | null {
  const said = inbound.headers.get('a2a-version') ?? versionInQuery(inbound.query)
  if (said === null) return grammar
  if (said === '1.0' || said === '0.3') return said
  const trimmed = said.trim()
  const wanted = trimmed === '' ? '0.3' : /^(\d{1,4}\.\d{1,4})(?:\.\d{1,4})?$/.exec(trimmed)?.[1]
  return supportedVersions.find((version) => version === wanted) ?? null
}

function versionInQuery(query: string): string | null {
  return query === '' ? null : new URLSearchParams(query).get('A2A-Version')
}
