/** What is never an argument: how Weir shows who it is, and headers that belong to the connection. */
import { isJsonObject } from '../../base/json.ts'
import { type ApiDocument, memberOf, objectOf, textOf } from './document.ts'
import type { ApiParameter } from './operation.ts'

const neverHeaders = new Set(
  (
    'authorization proxy-authorization cookie accept accept-encoding content-type content-length content-encoding host ' +
    'connection keep-alive te trailer transfer-encoding upgrade expect forwarded x-forwarded-for x-forwarded-host ' +
    'x-forwarded-proto x-real-ip x-api-key api-key apikey x-auth-token x-access-token x-amz-security-token dpop user-agent ' +
    'proxy-connection via txn-token'
  ).split(' '),
)
const neverInQuery = new Set(['access_token', 'api_key', 'apikey', 'api-key', 'auth_token', 'client_secret'])

/** Whether a parameter is one of those; schemes of the description name others. */
export function credentialsOf(doc: ApiDocument): (parameter: Pick<ApiParameter, 'in' | 'name'>) => boolean {
  const schemes = {
    ...objectOf(doc.root, 'securityDefinitions'),
    ...objectOf(memberOf(doc.root, 'components'), 'securitySchemes'),
  }
  const named = new Set(
    Object.values(schemes).flatMap((written) => {
      const scheme = doc.valueOf(written)
      const name = textOf(scheme, 'name')
      if (!isJsonObject(scheme) || scheme['type'] !== 'apiKey' || name === null) return []
      return [`${String(scheme['in'])} ${name.toLowerCase()}`]
    }),
  )
  return ({ in: place, name }) => {
    const lower = name.toLowerCase()
    if (named.has(`${place} ${lower}`)) return true
    if (place === 'header') return neverHeaders.has(lower)
    return place === 'query' && neverInQuery.has(lower)
  }
}
