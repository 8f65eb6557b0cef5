/** The key a token from outside must be shown with, so that a bound token never passes for a bearer token. */
import { isJsonObject, type JsonObject } from '../base/json.ts'
import type { Confirmation } from '../domain/principal.ts'
import { type Denial, deny } from '../domain/verdict.ts'

const thumbprintForm = /^[\w-]{43}$/

/** Reads `cnf.jkt` (RFC 9449 section 6.1); refuses every other way to bind a token, because we could not check it. */
export function readBinding({
  cnf,
}: JsonObject): { readonly kind: 'binding'; readonly to: Confirmation | null } | Denial {
  if (cnf === undefined) return { kind: 'binding', to: null }
  const jkt: unknown = isJsonObject(cnf) && Object.keys(cnf).length === 1 ? cnf.jkt : undefined
  if (typeof jkt !== 'string' || !thumbprintForm.test(jkt))
    return deny('unauthenticated', 'cnf binds the token in a way we cannot check')
  return { kind: 'binding', to: { kind: 'dpop', thumbprint: jkt } }
}
