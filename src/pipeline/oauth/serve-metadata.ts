/** What clients may read without proving anything: RFC 8414 and RFC 9728. */
import type { Detail } from '../../domain/authority.ts'
import { toolScope } from '../../domain/authority/covers.ts'
import { isAgentId } from '../../domain/ids.ts'
import { clientAlgorithms as clientAlgs } from '../../identity/clients/client-assertion.ts'
import { proofAlgorithms as dpopAlgs } from '../../identity/sender/dpop-checker.ts'
import type { Inbound, Reply } from '../../protocol/http.ts'
import { writeProblem } from '../../protocol/faces.ts'
import { sendWritten } from '../../protocol/jsonrpc.ts'
import { writeMetadata } from '../../protocol/oauth/faces.ts'
import { type ResourceFacts, resourceMetadata, serverMetadata } from '../../protocol/oauth/metadata.ts'
import { oauthPaths } from '../../protocol/oauth/words.ts'
import { addressOf, resourceOfAddress } from '../mcp/address.ts'
import { modelsPath, resourceOfModels } from '../models/model-road.ts'
import { resourceOf, type Road, type Snapshot } from '../road.ts'

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
  const resource = resourceFacts(road.snapshot, path.slice(oauthPaths.resource.length))
  if (resource !== null) return sendWritten(reply, writeMetadata(resourceMetadata(resource)))
  sendWritten(reply, writeProblem(404, 'not_found', 'Not found', 'There is nothing here by that name.'))
}

/** Of every name that could be one, whether it is or not: who asks has proved nothing and must not learn what exists. */
function resourceFacts(snapshot: Snapshot, rest: string): ResourceFacts | null {
  const ours = { ...factsOf(snapshot), authorizationServers: [snapshot.publicUrl], scopes: null }
  if (rest === '') return { ...ours, resource: snapshot.publicUrl }
  const agent = rest.startsWith('/a2a/') ? `agent:${rest.slice('/a2a/'.length)}` : ''
  if (isAgentId(agent)) return { ...ours, resource: resourceOf(snapshot, agent) }
  if (rest === modelsPath) return { ...ours, resource: resourceOfModels(snapshot), scopes: ['model:use'] }
  const address = addressOf(rest)
  if (!address) return null
  const resource = resourceOfAddress(snapshot, address)
  return { ...ours, resource, authorizationServers: serversForTools(snapshot), scopes: [toolScope] }
}

/** Clients take the first, so where people can log in comes before our own, which issues to agents that prove themselves. */
function serversForTools({ publicUrl, settings }: Snapshot): readonly string[] {
  const issuers = settings.identity.issuers.filter(({ for_tools }) => for_tools)
  return [...issuers.map(({ issuer }) => issuer), publicUrl]
}

function factsOf({
  publicUrl,
  settings,
}: Snapshot): Omit<ResourceFacts, 'resource' | 'authorizationServers' | 'scopes'> {
  const mtls = (settings.gateway.tls?.client_cert ?? 'none') !== 'none'
  return { publicUrl, detailTypes: Object.keys(detailTypes), dpopAlgs, mtls }
}
