import type { Millis } from '../base/clock.ts'
import type { AgentId, HopId } from './ids.ts'

/** What is called. */
export type Target =
  | { readonly kind: 'agent'; readonly id: AgentId }
  | { readonly kind: 'tool'; readonly id: string }
  | { readonly kind: 'model'; readonly id: string }

/** Wire revisions Weir reads. The letters after the last dash are the binding. */
export type DialectName = 'a2a-1.0-jsonrpc' | 'a2a-0.3-jsonrpc'

/** What a caller wants of a target, in neutral words. */
export type Operation = 'send' | 'stream'

/** A request after its dialect was read and before it was judged. */
export interface Call {
  /** Minted when the call was read; the `ref` of its denial and the id of its hop if it is let through. */
  readonly id: HopId
  readonly dialect: DialectName
  readonly operation: Operation
  /** The method as the wire spells it, `SendMessage` or `message/send`; for records. */
  readonly method: string
  readonly target: Target
  /** The JSON-RPC id exactly as it stood in the request, for echoing; `1`, `"a"`. */
  readonly rpcId: string
  readonly taskId: string | null
  readonly contextId: string | null
  /** The original request body, forwarded unchanged where nothing has to change. */
  readonly body: Uint8Array
  readonly receivedAt: Millis
}

/** `agent:research`, `tool:web_search`, `model:gpt`: one spelling for logs, records, graphs and policies. */
export function targetName(target: Target): string {
  return target.kind === 'agent' ? target.id : `${target.kind}:${target.id}`
}
