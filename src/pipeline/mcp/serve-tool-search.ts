/** The search over tools for programs that speak no MCP: what `search_tools` finds at the address of all servers. */
import { isJsonObject, readJsonObject } from '../../base/json.ts'
import { deny, isDenial } from '../../domain/verdict.ts'
import { writeProblem } from '../../protocol/faces.ts'
import type { Inbound, Reply } from '../../protocol/http.ts'
import { sendWritten } from '../../protocol/jsonrpc.ts'
import type { Json } from '../../relay/mcp/channel.ts'
import type { End } from '../../relay/mcp/link.ts'
import { type Asker, askerOf, turnAsker } from '../discover.ts'
import type { FrontRoad } from './front/front-road.ts'
import type { Client } from './behind.ts'
import { searchTools } from './behind/space.ts'
import { careFor } from './care.ts'
import { weirSpeaker } from './server-care.ts'
import { ownerOf } from './sessions.ts'
import { readerOf } from './visible-tools.ts'

/** Answers `GET /tools/search?q=...&limit=1..50` with the tools that this caller may call, the best first. */
export async function serveToolSearch(road: FrontRoad, inbound: Inbound, reply: Reply): Promise<void> {
  const asker = await askerOf(road, inbound, `${road.snapshot.publicUrl}/mcp`)
  if (isDenial(asker)) return turnAsker(road, reply, asker)
  const { agent } = asker.principal.proof
  const wait_ms = road.limits.takeAsk(agent, road.clock.now())
  if (wait_ms > 0) {
    const facts = { rule: 'agent.invokes_per_minute', retryAfter_ms: wait_ms }
    return turnAsker(road, reply, deny('rate_limited', `${agent} asks too often`, facts))
  }
  const end = await search(road, asker, argumentsOf(inbound.query))
  const result = end.kind === 'result' ? readJsonObject(end.result.toString(), 16) : null
  const found = result?.['structuredContent']
  if (!isJsonObject(found)) {
    const detail = 'q is a text of 1 to 1000 characters, limit a number from 1 to 50.'
    return sendWritten(reply, writeProblem(400, 'invalid_request', 'Not a search', detail))
  }
  const headers = [
    ['content-type', 'application/json'],
    ['cache-control', 'private, no-store'],
  ] as const
  reply.send(200, headers, JSON.stringify({ schema: 'weir.tool_search/v1', ...found }))
}

function argumentsOf(query: string): object {
  const asked = new URLSearchParams(query)
  const limit = asked.get('limit')
  return { query: asked.get('q') ?? '', ...(limit !== null && { limit: /^\d{1,3}$/.test(limit) ? Number(limit) : 0 }) }
}

async function search(road: FrontRoad, asker: Asker, args: object): Promise<End> {
  const behind = road.openBehind(clientOf(road, asker), { kind: 'all' })
  const params: Json = Buffer.from(JSON.stringify({ name: searchTools, arguments: args }))
  const meant = await behind.find('tools/call', params)
  const asking = { method: 'tools/call', params, logLevel: null, mirrors: [], trace: null }
  return await new Promise((resolve) => {
    const hearer = { onNotice: () => undefined, onAsk: () => undefined, onEnd: resolve }
    behind.ask(careFor('*'), meant, asking, hearer)
  })
}

/** Nothing is said to any server, so nobody has to be spoken for. */
function clientOf({ snapshot }: FrontRoad, { principal, authority, context }: Asker): Client {
  const [, person] = ownerOf(principal)
  const reader = { snapshot, authority, context, ...readerOf(principal.proof) }
  return { era: 'modern', reader, person, speakerFor: () => weirSpeaker }
}
