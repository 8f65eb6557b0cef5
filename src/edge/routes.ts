/** The data listener's routes: paths are compared byte for byte, for ingress let only canonical ones in. */
import type { AgentId } from '../domain/ids.ts'
import { serveCard } from '../pipeline/discover.ts'
import type { Road } from '../pipeline/road.ts'
import { agentOf, serveA2a } from '../pipeline/serve.ts'
import { openSignalDesk } from '../pipeline/signals.ts'
import { writeProblem } from '../protocol/faces.ts'
import type { Reply, Serve } from '../protocol/http.ts'
import { sendWritten } from '../protocol/jsonrpc.ts'

/** What comes after `/a2a/<slug>`: the method it wants and who serves it. */
const agentRoutes: Readonly<Record<string, { readonly method: string; readonly serve: typeof serveA2a }>> = {
  '': { method: 'POST', serve: serveA2a },
  '/': { method: 'POST', serve: serveA2a },
  '/.well-known/agent-card.json': { method: 'GET', serve: serveCard },
  '/.well-known/agent.json': { method: 'GET', serve: serveCard },
}

const agentPrefix = '/a2a/'

/** `jwks` is the public key set with which anyone can check the tokens Weir hands out. */
export function serveData(road: Road, jwks: object): Serve {
  const keys = JSON.stringify(jwks)
  const receiveSignal = openSignalDesk(road)
  return (inbound, reply) => {
    const { path, method } = inbound
    const found = path.startsWith(agentPrefix) ? findAgent(path) : null
    if (found) {
      const route = agentRoutes[found.rest]
      if (!route) return notFound(reply)
      return route.method === method ? route.serve(road, found.agent, inbound, reply) : wrongMethod(reply, route.method)
    }
    if (path === '/.well-known/jwks.json') return reply.send(200, [['content-type', 'application/jwk-set+json']], keys)
    if (path === '/ssf/events') return method === 'POST' ? receiveSignal(inbound, reply) : wrongMethod(reply, 'POST')
    if (path === '/healthz') return reply.send(200, [['content-type', 'text/plain']], 'ok\n')
    return notFound(reply)
  }
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
