/** What an agent says in answer, free of the envelope it came in: the one form in which answers cross the gateway. */
import type { JsonObject } from '../../base/json.ts'
import type { DialectName, Operation } from '../../domain/call.ts'
import type { Observation } from './revision.ts'

/** How payloads are spelled. 0.3 over HTTP is protobuf JSON and neither of the other two. */
export type Grammar = '1.0' | '0.3' | '0.3-proto'

export const grammars: Readonly<Record<DialectName, Grammar>> = {
  'a2a-1.0-jsonrpc': '1.0',
  'a2a-1.0-rest': '1.0',
  'a2a-0.3-jsonrpc': '0.3',
  'a2a-0.3-rest': '0.3-proto',
}

/**
 * One answer or event. The payload is always in the form of a stream event: `{"task":{}}`, `{"message":{}}`,
 * `{"statusUpdate":{}}` or `{"artifactUpdate":{}}` in 1.0 and in 0.3 over HTTP, an object with `kind` in 0.3.
 */
export interface Said {
  readonly kind: 'said'
  readonly grammar: Grammar
  /** One JSON value in one or more lines. */
  readonly payload: Buffer
  readonly seen: Observation
  /** What it came in, for a caller of the same dialect; null for an answer that was made here. */
  readonly origin: Origin | null
  /** What `neutralOf` remembers; nobody else reads it. */
  neutral?: JsonObject | null
}

export interface Origin {
  readonly dialect: DialectName
  /** The raw token of the id it answers; `null` for REST. */
  readonly rpcId: string
  /** The whole JSON text with its envelope. */
  readonly bytes: Buffer
  /** The whole server-sent event around it, if it came in one. */
  readonly event: Buffer | null
  /** A task stands there without the wrapper that says what it is, as the answer to `get` and `cancel` has it. */
  readonly bare?: boolean
}

/** An error in the words of the protocol: the agent refused or failed. */
export interface AgentError {
  readonly kind: 'agent_error'
  /** JSON-RPC code of A2A 1.0 section 5.4; that of a REST answer by its ErrorInfo or status. */
  readonly code: number
  readonly message: string
  /** The details as they came, JSON; null where there are none. */
  readonly data: string | null
  readonly origin: Origin | null
}

/** Operations that are answered with a task and nothing else, so that 1.0 and the protobuf of 0.3 leave the wrapper out. */
export function answersWithTask(operation: Operation): boolean {
  return operation === 'get' || operation === 'cancel'
}
