/** What a tool server says in `WWW-Authenticate` (RFC 9110 section 11.6.1, RFC 6750 section 3, RFC 9728 section 5.1). */

export interface ServerChallenge {
  /** Where its metadata is; null where it does not say. */
  readonly resourceMetadata: string | null
  /** What would be enough; null where it does not say. */
  readonly scope: readonly string[] | null
}

const none: ServerChallenge = { resourceMetadata: null, scope: null }
const header_chars_max = 4096
/** One parameter: a token or a quoted string. */
const parameter = /([A-Za-z_-]{1,64})\s*=\s*(?:"((?:[^"\\]|\\.){0,2048})"|([^\s",]{1,2048}))/g
const scopeForm = /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/
const scopes_max = 64

/** Never fails: what cannot be read says nothing. */
export function readChallenge(header: string | null): ServerChallenge {
  const at = header === null || header.length > header_chars_max ? -1 : header.search(/\b(?:bearer|dpop)\s/i)
  if (header === null || at === -1) return none
  const said = new Map<string, string>()
  for (const [, name = '', quoted, bare = ''] of header.slice(at).matchAll(parameter)) {
    const value = quoted === undefined ? bare : quoted.replaceAll(/\\(.)/g, '$1')
    if (!said.has(name.toLowerCase())) said.set(name.toLowerCase(), value)
  }
  return { resourceMetadata: said.get('resource_metadata') ?? null, scope: scopesOf(said.get('scope')) }
}

/** The scopes in a text or a list; null where there are none. */
export function scopesOf(written: unknown): readonly string[] | null {
  const words = typeof written === 'string' ? written.split(' ') : Array.isArray(written) ? written : []
  const scopes = words.filter((word): word is string => typeof word === 'string' && scopeForm.test(word))
  return scopes.length === 0 ? null : [...new Set(scopes)].slice(0, scopes_max)
}

export function union(...lists: readonly (readonly string[] | null)[]): readonly string[] | null {
  const all = new Set(lists.flatMap((list) => list ?? []))
  return all.size === 0 ? null : [...all].slice(0, scopes_max)
}
