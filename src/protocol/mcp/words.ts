/** The words of MCP that Weir reads: methods by what they are about, members of `_meta`, error codes. */
import { type McpDialect, type McpRevision, mcpRevisions } from '../../domain/call.ts'

/** The first revision without sessions: every request says for itself who speaks what. */
export const firstModern = '2026-07-28'

/** What of the parameters a request names its object by, mirrored in `Mcp-Name`; a method that is not here names none. */
export const namedBy: ReadonlyMap<string, 'name' | 'uri' | 'taskId'> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['tasks/get', 'taskId'],
  ['tasks/update', 'taskId'],
  ['tasks/cancel', 'taskId'],
])

/** JSON-RPC 2.0 section 5.1, and what MCP adds (2026-07-28, error codes). */
export const codes = {
  parse: -32700,
  request: -32600,
  method: -32601,
  params: -32602,
  internal: -32603,
  /** Of the legacy era only: there is no such resource. */
  noResource: -32002,
  /** Of 2025-11-25 only: somebody has to be sent to a page first. */
  urlElicitation: -32042,
  missingCapability: -32021,
  headerMismatch: -32020,
  version: -32022,
} as const

export const metaPrefix = 'io.modelcontextprotocol/'

export function isRevision(text: string | null | undefined): text is McpRevision {
  return mcpRevisions.some((revision) => revision === text)
}

/** Revisions are dates, so later ones that nobody knows yet are modern too. */
export function isModernVersion(text: string | null | undefined): boolean {
  return text !== null && text !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(text) && text >= firstModern
}

export function dialectOf(revision: McpRevision): McpDialect {
  return `mcp-${revision}`
}

/** Revisions with sessions, the newest first. */
export const legacyRevisions = mcpRevisions.filter((revision) => !isModernVersion(revision))

/** Log levels (RFC 5424), the quietest first. */
export const logLevels = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const
export type LogLevel = (typeof logLevels)[number]

export function isLogLevel(text: string | null): text is LogLevel {
  return logLevels.some((level) => level === text)
}

/** Methods of one era only, which its own front answers or the other one does not know. */
export const legacyOnly: ReadonlySet<string> = new Set([
  'initialize',
  'ping',
  'logging/setLevel',
  'resources/subscribe',
  'resources/unsubscribe',
])
export const modernOnly: ReadonlySet<string> = new Set(['server/discover', 'subscriptions/listen'])

/** What the modern era lets clients keep: they are told for whom and for how long. */
export const cacheable: ReadonlySet<string> = new Set([
  'server/discover',
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
])

/** Requests that may be answered with questions (2026-07-28, multi round-trip requests). */
export const mayAsk: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read'])
