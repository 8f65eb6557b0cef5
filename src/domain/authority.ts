/**
 * What a token lets its holder ask for, in the registered vocabulary of `authorization_details` (RFC 9396). It only ever
 * narrows: policy still has to allow the call. A member that is absent says "no constraint here", so a child that leaves
 * out what its parent had is wider and is refused.
 */

/** Constraints on one argument of a tool call, by JSON pointer. */
export interface ArgumentRule {
  readonly eq?: string | number | boolean
  readonly in?: readonly (string | number | boolean)[]
  readonly max?: number
  readonly min?: number
  readonly prefix?: string
}

/** Calling agents. Targets are slugs. */
export interface AgentInvoke {
  readonly type: 'agent_invoke'
  readonly targets?: readonly string[]
  /** A2A methods in the words of version 1.0: `SendMessage`. */
  readonly methods?: readonly string[]
}

export interface McpTool {
  readonly type: 'mcp_tool'
  readonly server?: string
  readonly tools?: readonly string[]
  readonly args?: Readonly<Record<string, ArgumentRule>>
}

export interface McpResource {
  readonly type: 'mcp_resource'
  readonly server?: string
  readonly uri_prefix?: string
}

export interface ModelUse {
  readonly type: 'model_use'
  readonly models?: readonly string[]
  readonly max_output_tokens?: number
  /** Micro-dollars. */
  readonly max_usd_u?: number
}

export interface HttpApi {
  readonly type: 'http_api'
  readonly api?: string
  readonly operations?: readonly string[]
}

export interface DbQuery {
  readonly type: 'db_query'
  readonly source?: string
  readonly tables?: readonly string[]
  readonly columns?: readonly string[]
  /** Every one of them must hold; a child may add, never drop. */
  readonly predicates?: readonly string[]
}

export type Detail = AgentInvoke | McpTool | McpResource | ModelUse | HttpApi | DbQuery

/** `null` is "no ceiling at all": what policy allows. An empty list allows nothing. */
export interface Authority {
  /** Scope values (RFC 6749 section 3.3), sorted and without duplicates. */
  readonly scopes: readonly string[] | null
  readonly details: readonly Detail[] | null
}

/** The widest authority. Whoever holds it is bound by policy alone. */
export const anything: Authority = { scopes: null, details: null }
