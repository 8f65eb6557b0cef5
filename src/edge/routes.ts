/** The data listener's routes: paths are compared byte for byte, for ingress let only canonical ones in. */
import { isSlug } from '../domain/ids.ts'
import type { KeyDocument, Keyring } from '../identity/keys/keyring.ts'
import { serveCatalogue } from '../pipeline/catalogue.ts'
import {
  clientMetadataPath,
  connectPrefix,
  serveClientMetadata,
  serveConnect,
} from '../pipeline/connect/serve-connect.ts'
import { serveCard } from '../pipeline/discover.ts'
import { serveIntrospection, serveRevocation } from '../pipeline/oauth/introspect.ts'
import { serveResourceMetadata, serveServerMetadata } from '../pipeline/oauth/serve-metadata.ts'
import { serveToken } from '../pipeline/oauth/serve-token.ts'
import { serveFront } from '../pipeline/mcp/front/serve-front.ts'
import { openToPages } from '../pipeline/mcp/cross-origin.ts'
import { serveMcp } from '../pipeline/mcp/serve-mcp.ts'
import { serveToolSearch } from '../pipeline/mcp/serve-tool-search.ts'
import type { FrontRoad } from '../pipeline/mcp/front/front-road.ts'
import { serveModels } from '../pipeline/models/serve-models.ts'
import { agentOf, type AgentPath, serveA2a } from '../pipeline/serve.ts'
import { openSignalDesk } from '../pipeline/signals.ts'
import { modelMethodOf, modelRouteOf } from '../protocol/llm/routes.ts'
import { writeProblem } from '../protocol/faces.ts'
import type { HeaderList, Inbound, Reply, Serve } from '../protocol/http.ts'
import { sendWritten } from '../protocol/jsonrpc.ts'
import { oauthPaths } from '../protocol/oauth/words.ts'

/** Where the card of an agent is, behind `/a2a/<slug>`; everything else there is A2A itself, over either binding. */
export const cardPaths: ReadonlySet<string> = new Set(['/.well-known/agent-card.json', '/.well-known/agent.json'])

/** Everything else that is served for the road and has one path of its own. */
export const fixedRoutes: Readonly<Record<string, { readonly method: string; readonly serve: ServeOn }>> = {
  [oauthPaths.token]: { method: 'POST', serve: serveToken },
  [oauthPaths.introspect]: { method: 'POST', serve: serveIntrospection },
  [oauthPaths.revoke]: { method: 'POST', serve: serveRevocation },
  [oauthPaths.server]: { method: 'GET', serve: serveServerMetadata },
  [oauthPaths.resource]: { method: 'GET', serve: serveResourceMetadata },
  [clientMetadataPath]: { method: 'GET', serve: serveClientMetadata },
  '/a2a': { method: 'GET', serve: serveCatalogue },
  '/tools/search': { method: 'GET', serve: serveToolSearch },
}

/** What needs other things than the road. A method of null is any: public documents and a sign of life. */
export const ownRoutes: Readonly<Record<string, { readonly method: string | null; readonly serve: ServeWith }>> = {
  [oauthPaths.jwks]: { method: null, serve: ({ keys }, ...to) => sendKeys(...to, keys.jwks()) },
  '/.well-known/weir-keys.json': { method: null, serve: ({ keys }, ...to) => sendKeys(...to, keys.history()) },
  '/ssf/events': { method: 'POST', serve: ({ receiveSignal }, ...to) => receiveSignal(...to) },
  '/healthz': {
    method: null,
    serve: (_parts, _inbound, reply) => reply.send(200, [['content-type', 'text/plain']], 'ok\n'),
  },
}

type ServeOn = (road: FrontRoad, inbound: Inbound, reply: Reply) => void | Promise<void>
type ServeWith = (parts: Parts, inbound: Inbound, reply: Reply) => void | Promise<void>

interface Parts {
  readonly keys: PublishedKeys
  readonly receiveSignal: ReturnType<typeof openSignalDesk>
}

const agentPrefix = '/a2a/'
/** Where each tool server is, by its slug, as it is: nothing renamed, nothing merged. */
const serverPrefix = '/mcp/s/'
/** Where all of them are as one, and each named set of them. */
const toolsPath = '/mcp'
const toolsPrefix = '/mcp/'
/** Where models are, in the shapes of OpenAI and Anthropic. */
export const modelsPrefix = '/v1/'

/** The public documents with which anyone can check what Weir signed: now, and long after. */
export type PublishedKeys = Pick<Keyring, 'jwks' | 'history'>

export function serveData(road: FrontRoad, keys: PublishedKeys): Serve {
  const parts = { keys, receiveSignal: openSignalDesk(road) }
  return (inbound, given) => {
    const { path, method } = inbound
    const reply = openToPages(road.snapshot, inbound, given)
    if (reply === null) return
    const found = path.startsWith(agentPrefix) ? findAgent(path) : null
    if (found) {
      if (!cardPaths.has(found.rest)) return serveA2a(road, found, inbound, reply)
      return method === 'GET' ? serveCard(road, found.agent, inbound, reply) : wrongMethod(reply, 'GET')
    }
    const slug = path.startsWith(serverPrefix) ? path.slice(serverPrefix.length) : ''
    if (isSlug(slug)) return serveMcp(road, slug, inbound, reply)
    const set = path.startsWith(toolsPrefix) ? path.slice(toolsPrefix.length) : ''
    if (isSlug(set)) return serveFront(road, { kind: 'set', set }, inbound, reply)
    if (path === toolsPath) return serveFront(road, { kind: 'all' }, inbound, reply)
    if (path.startsWith(modelsPrefix)) {
      const route = modelRouteOf(method, path, inbound.headers)
      if (route === 'wrong_method') return wrongMethod(reply, modelMethodOf(path))
      if (route) return serveModels(road, route, inbound, reply)
    }
    if (path.startsWith(connectPrefix)) return serveConnect(road, inbound, reply)
    const fixed = path.startsWith(`${oauthPaths.resource}/`) ? oauthPaths.resource : path
    const route = Object.hasOwn(fixedRoutes, fixed) ? fixedRoutes[fixed] : undefined
    if (route) return route.method === method ? route.serve(road, inbound, reply) : wrongMethod(reply, route.method)
    const own = Object.hasOwn(ownRoutes, path) ? ownRoutes[path] : undefined
    if (!own) return notFound(reply)
    const isAnswered = own.method === null || own.method === method
    return isAnswered ? own.serve(parts, inbound, reply) : wrongMethod(reply, own.method ?? 'GET')
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

function findAgent(path: string): AgentPath | null {
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
