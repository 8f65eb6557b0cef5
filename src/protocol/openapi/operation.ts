/** One operation as every version of the specification is read into it, before anything is decided about tools. */
import type { JsonObject } from '../../base/json.ts'
import type { ApiMethod, Manner, ParameterPlace } from './contract.ts'

export interface ApiOperation {
  readonly method: ApiMethod
  readonly path: string
  /** `operationId`; null without one. */
  readonly id: string | null
  readonly summary: string
  readonly description: string
  readonly tags: readonly string[]
  readonly deprecated: boolean
  readonly parameters: readonly ApiParameter[]
  readonly body: ApiBody | null
  readonly answer: ApiAnswer
  /** Why no tool can be made of it; null where one can. */
  readonly problem: string | null
}

export interface ApiParameter extends Manner {
  readonly name: string
  readonly in: ParameterPlace
  readonly required: boolean
  readonly description: string
  /** As written. */
  readonly schema: unknown
  readonly content: string | null
}

export interface ApiBody {
  readonly required: boolean
  readonly description: string
  readonly media: readonly ApiMedia[]
}

export interface ApiMedia {
  readonly type: string
  readonly schema: unknown
  readonly encoding: JsonObject
}

/** What a good answer looks like: a schema only where every one of them is JSON and one says how. */
export interface ApiAnswer {
  readonly schema: unknown
}

/** Where the operation is in the description, for people. */
export function placeOf({ method, path, id }: Pick<ApiOperation, 'method' | 'path' | 'id'>): string {
  return id === null ? `${method} ${path}` : `${method} ${path} (${id})`
}
