/** How a conversation of the legacy era begins: `initialize`, what the server says of itself, `notifications/initialized`. */
import { valueAtPath } from '../../base/json-edit.ts'
import { type McpRevision, mcpRevisions } from '../../domain/call.ts'
import type { HeaderList } from '../../protocol/http.ts'
import { firstModern, isRevision } from '../../protocol/mcp/words.ts'
import { makeFault } from '../wire/transport.ts'
import { type Answered, askServer } from './ask-server.ts'
import { tellWith } from './carry.ts'
import type { Json } from './channel.ts'
import { writeNotification } from './heard.ts'
import type { About } from './link.ts'
import { objectOf, textAt } from './params.ts'
import type { LinkParts } from './shared.ts'

export interface Session {
  readonly kind: 'session'
  readonly about: About
  readonly hasId: boolean
  /** With every message from now on. */
  readonly headers: HeaderList
}

const newest: McpRevision = mcpRevisions.find((revision) => revision !== firstModern) ?? '2025-11-25'
/** The first revision that says its name in a header. */
const firstWithHeader: McpRevision = '2025-06-18'

export async function beginSession(parts: LinkParts, id: string, wait_ms: number): Promise<Session | Answered> {
  const params = objectOf([
    ['protocolVersion', JSON.stringify(newest)],
    ['capabilities', parts.speaker.capabilities],
    ['clientInfo', clientInfo(parts.version)],
  ])
  const answered = await askServer(parts, { id, method: 'initialize', params, headers: [], wait_ms })
  if (answered.kind !== 'result') return answered
  const session = readSession(answered.result, answered.head['mcp-session-id'] ?? null)
  if (typeof session === 'string') {
    return { ...answered, kind: 'fault', fault: makeFault('bad_answer', session, true) }
  }
  // Servers that do not take it say so in what they answer next.
  await tellWith(parts.channel, parts.speaker, writeNotification('notifications/initialized', null), session.headers)
  return session
}

export function clientInfo(version: string): string {
  return JSON.stringify({ name: 'weir', version })
}

function readSession(result: Json, id: string | null): Session | string {
  const version = textAt(result, ['protocolVersion'])
  if (!isRevision(version) || version >= firstModern) return 'it answers with a revision that nobody knows'
  if (id !== null && !/^[\x21-\x7e]{1,4096}$/.test(id)) return 'its session id cannot stand in a header'
  const headers: HeaderList = [
    ...(id === null ? [] : ([['mcp-session-id', id]] as const)),
    ...(version >= firstWithHeader ? ([['mcp-protocol-version', version]] as const) : []),
  ]
  return { kind: 'session', about: aboutOf(result, 'legacy', version), hasId: id !== null, headers }
}

export function aboutOf(result: Json, era: About['era'], version: McpRevision): About {
  const capabilities = valueAtPath(result, ['capabilities'])
  const info =
    valueAtPath(result, ['serverInfo']) ?? valueAtPath(result, ['_meta', 'io.modelcontextprotocol/serverInfo'])
  return {
    era,
    version,
    capabilities: capabilities !== null && isObject(capabilities) ? capabilities : Buffer.from('{}'),
    serverInfo: info !== null && isObject(info) ? info : null,
    instructions: textAt(result, ['instructions']),
  }
}

function isObject(json: Json): boolean {
  return json.toString('latin1', 0, 1) === '{'
}

/** Many servers say 400 where the specification says 404, because their first examples did. */
export function saysSessionIsOver(status: number | null, error: Json): boolean {
  if (status !== 400 || valueAtPath(error, ['code'])?.toString() !== '-32000') return false
  return /session/i.test(textAt(error, ['message']) ?? '')
}
