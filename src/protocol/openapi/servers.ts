/** Where a description says its API is: absolute http and https URLs, variables filled with what is usual. */
import type { JsonObject } from '../../base/json.ts'
import { listOf, memberOf, objectOf, textOf, textsIn } from './document.ts'

export function serversOf(document: JsonObject): readonly string[] {
  const written = 'swagger' in document ? swaggerServers(document) : listOf(document, 'servers').flatMap(serverUrl)
  return written.filter((text) => {
    const url = URL.parse(text)
    return (
      url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.hash === ''
    )
  })
}

/** The origin that an operation names for itself, where that is none of those that are known; null otherwise. */
export function otherServer(origins: ReadonlySet<string>, pathItem: unknown, operation: unknown): string | null {
  const own = [operation, pathItem].map((each) => listOf(each, 'servers')).find((servers) => servers.length > 0) ?? []
  const urls = own.flatMap(serverUrl).flatMap((url) => URL.parse(url) ?? [])
  if (origins.size === 0 || urls.length === 0 || urls.some(({ origin }) => origins.has(origin))) return null
  return urls[0]?.origin ?? null
}

function serverUrl(server: unknown): readonly string[] {
  const url = textOf(server, 'url')
  if (url === null) return []
  const variables = objectOf(server, 'variables')
  const filled = url.replaceAll(
    /\{([^{}]+)\}/g,
    (hole, name: string) => textOf(memberOf(variables, name), 'default') ?? hole,
  )
  return filled.includes('{') ? [] : [filled]
}

function swaggerServers(document: JsonObject): readonly string[] {
  const host = textOf(document, 'host')
  if (host === null) return []
  const schemes = textsIn(document['schemes'])
  const scheme = schemes.length === 0 || schemes.includes('https') ? 'https' : (schemes[0] ?? 'https')
  return [`${scheme}://${host}${textOf(document, 'basePath') ?? ''}`]
}
