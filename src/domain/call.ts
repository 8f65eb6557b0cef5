import type { Millis } from '../base/clock.ts'
import type { AgentId, HopId } from './ids.ts'

/** What is called. */
export type Target =
  | { readonly kind: 'agent'; readonly id: AgentId }
  /** `files/read`: the slug of its server, and its name there. */
  | { readonly kind: 'tool'; readonly id: string }
  /** A tool server as a whole, by its slug: everything that is asked of it but a call of a tool. */
  | { readonly kind: 'server'; readonly id: string }
  | { readonly kind: 'model'; readonly id: string }

/** Wire revisions Weir reads. The letters after the last dash are the binding. */
export type DialectName = 'a2a-1.0-jsonrpc' | 'a2a-1.0-rest' | 'a2a-0.3-jsonrpc' | 'a2a-0.3-rest'

/** Revisions of MCP, the newest first; all but the first begin with `initialize`. */
export const mcpRevisions = ['2026-07-28', '2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const
export type McpRevision = (typeof mcpRevisions)[number]
export type McpDialect = `mcp-${McpRevision}`

/** A call of a tool is a hop of its own; everything else that is said to a tool server passes. */
export type McpOperation = 'call_tool' | 'pass'

/**
 * What is spoken to models, by the API it belongs to. `openai-models` and `anthropic-models` list what there is.
 * Sources: the API references of OpenAI (Chat Completions, Responses, Embeddings, Models) and Anthropic (Messages).
 */
export const modelDialects = [
  'openai-chat',
  'openai-responses',
  'openai-embeddings',
  'openai-models',
  'anthropic-messages',
  'anthropic-count',
  'anthropic-models',
] as const
export type ModelDialect = (typeof modelDialects)[number]

/** Whose words a dialect is in: a provider of one family understands no other. */
export type ModelFamily = 'openai' | 'anthropic'

/** `generate` and `embed` are hops; counting and listing cost nothing and pass. */
export type ModelOperation = 'generate' | 'embed' | 'count' | 'list'

/** What starts work at an agent: governed as a hop, with a lease. */
export type HopOperation = 'send' | 'stream'

/** What concerns work that was started before, or nobody's work: governed by who owns it. */
export type TaskOperation =
  | 'get'
  | 'list'
  | 'cancel'
  | 'subscribe'
  | 'push_create'
  | 'push_get'
  | 'push_list'
  | 'push_delete'
  | 'card'

/** What a caller wants of a target, in neutral words. */
export type Operation = HopOperation | TaskOperation

export function isHopOperation(operation: Operation): operation is HopOperation {
  return operation === 'send' || operation === 'stream'
}

/** Operations whose answer is a stream of events. */
export function isStreaming(operation: Operation): boolean {
  return operation === 'stream' || operation === 'subscribe'
}

/** A request of any protocol after its dialect was read and before it was judged. */
export interface AnyCall {
  /** Minted when the call was read; the `ref` of its denial and the id of its hop if it is let through. */
  readonly id: HopId
  readonly dialect: DialectName | McpDialect | ModelDialect
  readonly operation: Operation | McpOperation | ModelOperation
  /**
   * The method as the wire spells it, `SendMessage`, `message/send` or `tools/call`, `POST /message:send` for REST; for
   * records.
   */
  readonly method: string
  readonly target: Target
  /** The JSON-RPC id exactly as it stood in the request, for echoing; `1`, `"a"`. `null` for REST, which has none. */
  readonly rpcId: string
  /** The original request body, forwarded unchanged where nothing has to change. */
  readonly body: Uint8Array
  readonly receivedAt: Millis
}

/** One message to a tool server. */
export interface McpCall extends AnyCall {
  readonly dialect: McpDialect
  readonly operation: McpOperation
  /** Only a request is answered with a message of its own id. */
  readonly form: 'request' | 'notification' | 'response' | 'listen' | 'close'
  /** The arguments of a call of a tool as JSON text; null where it has none. */
  readonly args: string | null
}

/** One request to a model. */
export interface ModelCall extends AnyCall {
  readonly dialect: ModelDialect
  readonly operation: ModelOperation
  /** The model as the caller spelt it; `''` where it asks for a list. */
  readonly model: string
  /** Whether the answer is a stream of events. */
  readonly streaming: boolean
  /** The most tokens the caller lets one answer have; null where it sets no end. */
  readonly outputMax: number | null
  /** Answers it wants at once (`n`). */
  readonly choices: number
  /**
   * No tokenizer makes more tokens of what was sent: one for each byte outside of embedded media, and an allowance for each
   * picture, sound and file. For reserving only, and never shown as a count.
   */
  readonly inputBound: number
}

export function isModelCall(call: AnyCall): call is ModelCall {
  return call.dialect.startsWith('openai-') || call.dialect.startsWith('anthropic-')
}

/** Counting and listing cost nothing, start no run and are no hops. */
export function isModelHop({ operation }: Pick<ModelCall, 'operation'>): boolean {
  return operation === 'generate' || operation === 'embed'
}

export function familyOf(dialect: ModelDialect): ModelFamily {
  return dialect.startsWith('openai-') ? 'openai' : 'anthropic'
}

export function isMcpCall(call: AnyCall): call is McpCall {
  return call.dialect.startsWith('mcp-')
}

export function isA2aCall(call: AnyCall): call is Call {
  return call.dialect.startsWith('a2a-')
}

/** A request to an agent. */
export interface Call extends AnyCall {
  readonly dialect: DialectName
  readonly operation: Operation
  /** The task it goes on with or is about. */
  readonly taskId: string | null
  readonly contextId: string | null
  /** Tasks it refers to (A2A 1.0 section 4.1.4); each must be the caller's as well. */
  readonly referenceTaskIds: readonly string[]
  /**
   * The push notification config that a send brings along, or that a push operation is about, as JSON text in the form of
   * A2A 1.0; of one that is only asked for or deleted `taskId` and `id`. Null without one.
   */
  readonly push: string | null
  /** The query of a REST request without the question mark, `''` for JSON-RPC. */
  readonly query: string
  /** What a REST caller says it accepts; JSON-RPC has one content type. */
  readonly accept?: string
}

/** Which of the three kinds of traffic a call is, for metrics. */
export function planeOf(call: AnyCall): 'a2a' | 'mcp' | 'llm' {
  if (isMcpCall(call)) return 'mcp'
  return isModelCall(call) ? 'llm' : 'a2a'
}

/** The slug of the server that a tool is of: `files` of `files/read`. */
export function serverOfTool({ id }: Target): string {
  const slash = id.indexOf('/')
  return slash === -1 ? id : id.slice(0, slash)
}

/** The name of a tool at its server: `read` of `files/read`. */
export function nameOfTool(target: Target): string {
  return target.id.slice(serverOfTool(target).length + 1)
}

/** `agent:research`, `tool:web/search`, `server:web`, `model:gpt`: one spelling for logs, records, graphs and policies. */
export function targetName(target: Target): string {
  return target.kind === 'agent' ? target.id : `${target.kind}:${target.id}`
}
