/** What a front says of itself: `server/discover` and `initialize`. */
import { type McpRevision, mcpRevisions } from '../../domain/call.ts'
import type { Era } from './read-call.ts'
import { capabilitiesAcross, resultForModern } from './results.ts'
import { isRevision, isModernVersion, legacyRevisions } from './words.ts'

/** What is greeted for; `capabilities` and `serverInfo` are JSON objects. */
interface Greeter {
  readonly era: Era
  readonly capabilities: Buffer
  readonly serverInfo: Buffer | null
  readonly instructions: string | null
}

export function writeDiscovery(greeter: Greeter): Buffer {
  const versions = JSON.stringify(mcpRevisions)
  const result = `{"supportedVersions":${versions},"capabilities":${capabilitiesFor('modern', greeter)}${more(greeter)}}`
  return resultForModern(Buffer.from(result), 'server/discover', greeter.serverInfo)
}

export function writeWelcome(greeter: Greeter, version: McpRevision): Buffer {
  const info = greeter.serverInfo?.toString('utf8') ?? '{"name":"weir","version":"0"}'
  const said = `"capabilities":${capabilitiesFor('legacy', greeter)},"serverInfo":${info}${more(greeter)}`
  return Buffer.from(`{"protocolVersion":"${version}",${said}}`)
}

/** The one that is wanted where it has sessions, else the newest that has (2025-11-25, version negotiation). */
export function negotiated(wanted: string | null): McpRevision {
  return isRevision(wanted) && !isModernVersion(wanted) ? wanted : (legacyRevisions[0] ?? '2025-11-25')
}

function capabilitiesFor(era: Era, greeter: Greeter): string {
  const { capabilities } = greeter
  return (greeter.era === era ? capabilities : capabilitiesAcross(capabilities)).toString('utf8')
}

function more({ instructions }: Greeter): string {
  return instructions === null ? '' : `,"instructions":${JSON.stringify(instructions)}`
}
