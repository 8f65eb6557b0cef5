/** Lists of models, and one of them, as OpenAI and Anthropic write them. Everything fits on one page. */
import type { ModelDialect } from '../../domain/call.ts'
import { familyOf } from '../../domain/call.ts'
import { jsonHeaders, type Written } from '../jsonrpc.ts'

export interface ListedModel {
  /** As a caller asks for it: `openai/gpt-5.5`, or the name of a route. */
  readonly id: string
  /** The slug of its provider; that of a route is `weir`. */
  readonly owner: string
  /** For people; null where nobody wrote one. */
  readonly description: string | null
  /** The most one answer of it can have, in tokens; null where nobody knows. */
  readonly output_tokens_max: number | null
}

export function writeModelList(dialect: ModelDialect, models: readonly ListedModel[]): Written {
  if (familyOf(dialect) === 'openai') return written({ object: 'list', data: models.map(openAiModel) })
  const [first_id, last_id] = [models[0]?.id ?? null, models.at(-1)?.id ?? null]
  return written({ data: models.map(anthropicModel), has_more: false, first_id, last_id })
}

/** One that does not exist, or that this caller may not see, is a denial and written as one. */
export function writeModel(dialect: ModelDialect, model: ListedModel): Written {
  return written(familyOf(dialect) === 'openai' ? openAiModel(model) : anthropicModel(model))
}

/** Nobody told us when it was made; both APIs want a time, and this one is plainly none. */
const unknownTime_s = 0

function openAiModel({ id, owner }: ListedModel): object {
  return { id, object: 'model', created: unknownTime_s, owned_by: owner }
}

function anthropicModel({ id, description, output_tokens_max }: ListedModel): object {
  const created_at = new Date(unknownTime_s * 1000).toISOString()
  return { type: 'model', id, display_name: description ?? id, created_at, max_tokens: output_tokens_max }
}

function written(body: object): Written {
  return { status: 200, headers: jsonHeaders, body: JSON.stringify(body) }
}
