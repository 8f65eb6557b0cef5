/**
 * URI templates (RFC 6570) as far as they tell whose a URI is: what stands in them literally, and whether a URI may have
 * come of one. Its time grows with the length of both and with nothing else, for templates are written by servers.
 */

interface Piece {
  readonly kind: 'literal' | 'segment' | 'anything'
  readonly text: string
}

/** Longer ones, and such of more pieces, match nothing. */
const uriChars_max = 8192
const pieces_max = 64

/** `{id}` is one segment, for its slashes are escaped (section 3.2.2); `{+path}`, `{/path*}`, `{?q}` may be longer. */
const expression = /\{([+#./;?&]?)[^{}]*\}/g

/** What stands before its first expression. */
export function literalStart(template: string): string {
  const at = template.search(expression)
  return at === -1 ? template : template.slice(0, at)
}

/** Whether a URI may be an expansion of it; null for a template that is too long to tell. */
export function templateMatcher(template: string): ((uri: string) => boolean) | null {
  const pieces = piecesOf(template)
  return pieces.length > pieces_max ? null : (uri) => uri.length <= uriChars_max && matches(pieces, uri)
}

function piecesOf(template: string): readonly Piece[] {
  const pieces: Piece[] = []
  let at = 0
  for (const found of template.matchAll(expression)) {
    pieces.push({ kind: 'literal', text: template.slice(at, found.index) })
    const [whole, operator] = found
    pieces.push({ kind: operator === '' || operator === '.' ? 'segment' : 'anything', text: whole })
    at = found.index + whole.length
  }
  return [...pieces, { kind: 'literal', text: template.slice(at) }]
}

const ends: ReadonlySet<string | undefined> = new Set(['/', '?', '#'])

/** Keeps every place in the URI that the pieces so far can have come to. */
function matches(pieces: readonly Piece[], uri: string): boolean {
  let reached = new Uint8Array(uri.length + 1)
  reached[0] = 1
  for (const { kind, text } of pieces) {
    const next = new Uint8Array(uri.length + 1)
    let open = false
    for (let at = 0; at <= uri.length; at += 1) {
      if (kind === 'literal') {
        if (reached[at] === 1 && uri.startsWith(text, at)) next[at + text.length] = 1
        continue
      }
      open ||= reached[at] === 1
      if (open) next[at] = 1
      if (kind === 'segment' && ends.has(uri[at])) open = false
    }
    reached = next
  }
  return reached[uri.length] === 1
}
