/** What an API description becomes: tools, each with the plan of its request. Plain data, for it crosses threads. */
import type { JsonObject } from '../../base/json.ts'

export interface CompiledApi {
  readonly tools: readonly CompiledTool[]
  /** Operations that could not be made a tool of, and why. */
  readonly skipped: readonly { readonly operation: string; readonly reason: string }[]
  /** Of `info`. */
  readonly title: string
  readonly version: string
  /** Where the description says that the API is; only ever proposed, never called. */
  readonly servers: readonly string[]
}

export interface CompiledTool {
  /** The definition as `tools/list` gives it. */
  readonly definition: JsonObject & { readonly name: string; readonly inputSchema: JsonObject }
  readonly plan: OperationPlan
}

/** Which operations become tools, and how large each may be. */
export interface CompileOptions {
  /** Bytes of JSON that one definition may take. */
  readonly tool_bytes: number
  readonly include: OperationFilter
  readonly exclude: OperationFilter
  /** Of the place where the API will be called: operations that are described to be only there count too. */
  readonly origin?: string
}

/** An operation fits where any of these names it; in none of them, nothing is named. */
export interface OperationFilter {
  /** As `operationId` says, or `GET /pets`. */
  readonly operations: readonly string[]
  readonly tags: readonly string[]
  /** Upper case. */
  readonly methods: readonly string[]
}

/** Of requests. TRACE is none of them: it gives a request back with its credentials. */
export const apiMethods = ['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH'] as const
export type ApiMethod = (typeof apiMethods)[number]

/** How arguments become a request. The compiler and `request.ts` agree on the rest. */
export interface OperationPlan {
  readonly method: ApiMethod
  /** `/pets/{petId}` */
  readonly path: string
  readonly parameters: readonly ParameterPlan[]
  readonly body: BodyPlan | null
  /** What a 2xx answer is: `object` as it is, `wrapped` in `{result}`, because structured content is an object. */
  readonly output: 'object' | 'wrapped'
  /** Whether the definition promises structured content, so that every good answer has to have some. */
  readonly promises: boolean
  readonly [more: string]: unknown
}

export type ParameterPlace = 'path' | 'query' | 'header' | 'cookie'
export type Style = 'simple' | 'label' | 'matrix' | 'form' | 'spaceDelimited' | 'pipeDelimited' | 'deepObject'

/** How a value is written where there is more than one way (OpenAPI 3.1.1, 4.8.12.3). */
export interface Manner {
  readonly style: Style
  readonly explode: boolean
  readonly allowReserved: boolean
}

export interface ParameterPlan extends Manner {
  /** On the wire. */
  readonly name: string
  /** Where its value is in the arguments. */
  readonly argument: readonly string[]
  readonly in: ParameterPlace
  readonly required: boolean
  /** For a parameter with `content`: its media type, in which the value is written. */
  readonly content: string | null
}

export interface BodyPlan {
  readonly required: boolean
  /** Where the whole value is; null where its members are arguments. */
  readonly argument: readonly string[] | null
  readonly members: readonly { readonly name: string; readonly argument: readonly string[] }[]
  /** At least one. */
  readonly media: readonly MediaPlan[]
  /** Where the argument is that picks one of several media types; null where there is only one. */
  readonly choice: readonly string[] | null
}

/** How a body is written: as JSON, as a form, as parts, as the text it is, or as the bytes that base64 stands for. */
export type MediaForm = 'json' | 'form' | 'multipart' | 'text' | 'binary'

export interface MediaPlan {
  /** Without parameters; goes out as `Content-Type`. */
  readonly type: string
  readonly form: MediaForm
  /** By member: what its description says of how it is written. */
  readonly encoding: Readonly<Record<string, MemberEncoding>>
  /** Members whose values are files: base64, or `{base64, filename, media_type}`. */
  readonly files: readonly string[]
}

export interface MemberEncoding {
  readonly contentType: string | null
  /** Null where the media type decides. */
  readonly manner: Manner | null
}
