/** Authority on the wire: the `scope` and `authorization_details` of our own tokens, and the hash that stands for both. */
import { isJsonObject, type JsonObject } from '../base/json.ts'
import { anything, type Authority, type Detail } from '../domain/authority.ts'
import { sha256 } from './chain.ts'

const details_max = 32
const scopeForm = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}(?: [\x21\x23-\x5b\x5d-\x7e]{1,128}){0,63}$/

/** Absent claims are absent ceilings; an empty scope is no scope at all. */
export function writeAuthority({ scopes, details }: Authority): JsonObject {
  return { scope: scopes?.join(' '), authorization_details: details ?? undefined }
}

/** What a token allows; null where the claims are not what we would have written. */
export function readAuthority({ scope, authorization_details }: JsonObject): Authority | null {
  if (scope === undefined && authorization_details === undefined) return anything
  const scopes = scope === undefined ? null : readScope(scope)
  const details = authorization_details === undefined ? null : readDetails(authorization_details)
  return scopes === undefined || details === undefined ? null : { scopes, details }
}

const hashes = new WeakMap<Authority, string>()

/** SHA-256 over the canonical JSON (RFC 8785) of `{authorization_details, scope}`; null for no ceiling at all. */
export function authorityHash(authority: Authority): string | null {
  if (authority.scopes === null && authority.details === null) return null
  const known = hashes.get(authority)
  if (known !== undefined) return known
  const hashed = sha256(JSON.stringify(canonical(writeAuthority(authority))))
  hashes.set(authority, hashed)
  return hashed
}

function readScope(value: unknown): readonly string[] | undefined {
  if (value === '') return []
  return typeof value === 'string' && scopeForm.test(value) ? [...new Set(value.split(' '))].toSorted() : undefined
}

const types = new Set<unknown>(['agent_invoke', 'mcp_tool', 'mcp_resource', 'model_use', 'http_api', 'db_query'])

/** The signature says that we wrote them after the strict reader of requests had seen them. */
function readDetails(value: unknown): readonly Detail[] | undefined {
  if (!Array.isArray(value) || value.length > details_max) return undefined
  return value.every((each) => isJsonObject(each) && types.has(each.type)) ? (value as Detail[]) : undefined
}

/** Members sorted by name at every level, those without a value left out. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (!isJsonObject(value)) return value
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(members.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, of]) => [name, canonical(of)]))
}
