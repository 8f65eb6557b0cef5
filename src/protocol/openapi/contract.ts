/** What an API description becomes: tools, each with the plan of its request. Plain data, for it crosses threads. */
import type { JsonObject } from '../../base/json.ts'

export interface CompiledApi {
  readonly tools: readonly CompiledTool[]
  /** Operations that could not be made a tool of, and why. */
  readonly skipped: readonly { readonly operation: string; readonly reason: string }[]
  /** Of `info`. */
  readonly title: string
  readonly version: string
}

export interface CompiledTool {
  /** The definition as `tools/list` gives it. */
  readonly definition: JsonObject & { readonly name: string; readonly inputSchema: JsonObject }
  readonly plan: OperationPlan
}

/** How arguments become a request. The compiler and `request.ts` agree on the rest. */
export interface OperationPlan {
  readonly method: string
  /** `/pets/{petId}` */
  readonly path: string
  readonly [more: string]: unknown
}
