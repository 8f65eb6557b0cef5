/** The data listener's routes: paths are compared byte for byte, for ingress let only canonical ones in. */
import type { AgentId } from '../domain/ids.ts'
import type { KeyDocument, Keyring } from '../identity/keyring.ts'
import { serveCard } from '../pipeline/discover.ts'
import { serveIntrospection, serveRevocation } from '../pipeline/oauth/introspect.ts'
import { serveResourceMetadata, serveServerMetadata } from '../pipeline/oauth/serve-metadata.ts'
import { serveToken } from '../pipeline/oauth/serve-token.ts'
import type { Road } from '../pipeline/road.ts'
import { agentOf, serveA2a } from '../pipeline/serve.ts'
import { openSignalDesk } from '../pipeline/signals.ts'
import { writeProblem } from '../protocol/faces.ts'
import type { HeaderList, Inbound, Reply, Serve } from '../protocol/http.ts'
import { sendWritten } from '../protocol/jsonrpc.ts'
import { oauthPaths } from '../protocol/oauth/words.ts'

/** What comes after `/a2a/<slug>`: the method it wants and who serves it. */
const agentRoutes: Readonly<Record<string, { readonly method: string; readonly serve: typeof serveA2a }>> = {
  '': { method: 'POST', serve: serveA2a },
  '/': { method: 'POST', serve: serveA2a },
  '/.well-known/agent-card.json': { method: 'GET', serve: serveCard },
  '/.well-known/agent.json': { method: 'GET', serve: serveCard },
}

/** Everything that has one path of its own. */
const fixedRoutes: Readonly<Record<string, { readonly method: string; readonly serve: ServeOn }>> = {
  [oauthPaths.token]: { method: 'POST', serve: serveToken },
  [oauthPaths.introspect]: { method: 'POST', serve: serveIntrospection },
  [oauthPaths.revoke]: { method: 'POST', serve: serveRevocation },
  [oauthPaths.server]: { method: 'GET', serve: serveServerMetadata },
  [oauthPaths.resource]: { method: 'GET', serve: serveResourceMetadata },
}

type ServeOn = (road: Road, inbound: Inbound, reply: Reply) => void | Promise<void>

const agentPrefix = '/a2a/'

/** The public documents with which anyone can check what Weir signed: now, and long after. */
export type PublishedKeys = Pick<Keyring, 'jwks' | 'history'>

export function serveData(road: Road, keys: PublishedKeys): Serve {
  const receiveSignal = openSignalDesk(road)
  return (inbound, reply) => {
    const { path, method } = inbound
    const found = path.startsWith(agentPrefix) ? findAgent(path) : null
    if (found) {
      const route = agentRoutes[found.rest]
      if (!route) return notFound(reply)
      return route.method === method ? route.serve(road, found.agent, inbound, reply) : wrongMethod(reply, route.method)
    }
    const fixed = path.startsWith(`${oauthPaths.resource}/`) ? oauthPaths.resource : path
    const route = Object.hasOwn(fixedRoutes, fixed) ? fixedRoutes[fixed] : undefined
    if (route) return route.method === method ? route.serve(road, inbound, reply) : wrongMethod(reply, route.method)
    if (path === oauthPaths.jwks) return sendKeys(inbound, reply, keys.jwks())
    if (path === '/.well-known/weir-keys.json') return sendKeys(inbound, reply, keys.history())
    if (path === '/ssf/events') return method === 'POST' ? receiveSignal(inbound, reply) : wrongMethod(reply, 'POST')
    if (path === '/healthz') return reply.send(200, [['content-type', 'text/plain']], 'ok\n')
    return notFound(reply)
  }
}

/** For five minutes from a cache, which is less than the next key is published before it signs. */
function sendKeys({ headers }: Inbound, reply: Reply, { text, etag }: KeyDocument): void {
  const fresh: HeaderList = [
    ['content-type', 'application/jwk-set+json'],
    ['cache-control', 'public, max-age=300'],
    ['etag', etag],
  ]
  if (headers.get('if-none-match') === etag) return reply.send(304, fresh, '')
  reply.send(200, fresh, text)
}

function findAgent(path: string): { readonly agent: AgentId; readonly rest: string } | null {
  const end = path.indexOf('/', agentPrefix.length)
  const slug = end === -1 ? path.slice(agentPrefix.length) : path.slice(agentPrefix.length, end)
  const agent = agentOf(slug)
  return agent && { agent, rest: end === -1 ? '' : path.slice(end) }
}

function notFound(reply: Reply): void {
  sendWritten(reply, writeProblem(404, 'not_found', 'Not found', 'There is nothing here by that name.'))
}

function wrongMethod(reply: Reply, allowed: string): void {
  const detail = `This path answers ${allowed} only.`
  sendWritten(reply, writeProblem(405, 'method_not_allowed', 'Method not allowed', detail), [['allow', allowed]])
}
