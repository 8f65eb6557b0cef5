/** What clients may read without proving anything: RFC 8414 and RFC 9728. */
import type { Detail } from '../../domain/authority.ts'
import { isAgentId, isSlug } from '../../domain/ids.ts'
import { clientAlgorithms as clientAlgs } from '../../identity/clients/client-assertion.ts'
import { proofAlgorithms as dpopAlgs } from '../../identity/sender/dpop-checker.ts'
import type { Inbound, Reply } from '../../protocol/http.ts'
import { writeProblem } from '../../protocol/faces.ts'
import { sendWritten } from '../../protocol/jsonrpc.ts'
import { writeMetadata } from '../../protocol/oauth/faces.ts'
import { type ResourceFacts, resourceMetadata, serverMetadata } from '../../protocol/oauth/metadata.ts'
import { oauthPaths } from '../../protocol/oauth/words.ts'
import { resourceOf, resourceOfServer, type Road, type Snapshot } from '../road.ts'

/** The types of `domain/authority`; a table, so that a new one cannot be forgotten here. */
const detailTypes: Readonly<Record<Detail['type'], true>> = {
  agent_invoke: true,
  mcp_tool: true,
  mcp_resource: true,
  model_use: true,
  http_api: true,
  db_query: true,
}

export function serveServerMetadata(road: Road, _inbound: Inbound, reply: Reply): void {
  const { snapshot } = road
  const { clientMethods } = snapshot.oauth
  const partners = snapshot.settings.identity.partners.length > 0
  sendWritten(reply, writeMetadata(serverMetadata({ ...factsOf(snapshot), clientAlgs, clientMethods, partners })))
}

/** Of the gateway, or of the agent or tool server whose resource path stands behind the well-known one (RFC 9728 section 3.1). */
export function serveResourceMetadata(road: Road, { path }: Inbound, reply: Reply): void {
  const resource = resourceAt(road.snapshot, path.slice(oauthPaths.resource.length))
  if (resource !== null)
    return sendWritten(reply, writeMetadata(resourceMetadata({ ...factsOf(road.snapshot), resource })))
  sendWritten(reply, writeProblem(404, 'not_found', 'Not found', 'There is nothing here by that name.'))
}

function resourceAt(snapshot: Snapshot, rest: string): string | null {
  if (rest === '') return snapshot.publicUrl
  const agent = rest.startsWith('/a2a/') ? `agent:${rest.slice('/a2a/'.length)}` : ''
  if (isAgentId(agent)) return resourceOf(snapshot, agent)
  const server = rest.startsWith('/mcp/s/') ? rest.slice('/mcp/s/'.length) : ''
  return isSlug(server) ? resourceOfServer(snapshot, server) : null
}

function factsOf({ publicUrl, settings }: Snapshot): Omit<ResourceFacts, 'resource'> {
  const mtls = (settings.gateway.tls?.client_cert ?? 'none') !== 'none'
  return { publicUrl, detailTypes: Object.keys(detailTypes), dpopAlgs, mtls }
}
