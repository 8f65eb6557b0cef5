/** What a framework did, told as A2A 1.0 (ProtoJSON) whatever its own words are. */
import type { JsonObject } from '../../base/json.ts'
import type { TaskState } from '../../domain/task.ts'
import type { ModelUsage } from '../../domain/usage.ts'

/** The ids that every event of a task carries. */
export interface TaskIds {
  readonly taskId: string
  readonly contextId: string
}

/** Where a task stands. */
export interface TaskStatus {
  readonly state: TaskState
  /** ISO 8601. */
  readonly timestamp: string
  /** What the agent says beside it: a question, or one fixed sentence about a failure. */
  readonly message?: JsonObject
}

/** What a whole task may hold beside its status. */
export interface TaskRest {
  readonly artifacts?: readonly JsonObject[]
  readonly metadata?: JsonObject
}

export interface Piece {
  readonly artifactId: string
  readonly parts: readonly JsonObject[]
  /** Whether it goes on with what was said of this artifact before. */
  readonly append: boolean
  readonly last: boolean
}

export function taskEvent({ taskId, contextId }: TaskIds, status: TaskStatus, rest: TaskRest = {}): JsonObject {
  return { task: { id: taskId, contextId, status, ...rest } }
}

export function statusEvent({ taskId, contextId }: TaskIds, status: TaskStatus, metadata?: JsonObject): JsonObject {
  return { statusUpdate: { taskId, contextId, status, ...(metadata ? { metadata } : {}) } }
}

export function artifactEvent({ taskId, contextId }: TaskIds, { artifactId, parts, append, last }: Piece): JsonObject {
  return { artifactUpdate: { taskId, contextId, artifact: { artifactId, parts }, append, lastChunk: last } }
}

/** A message of the agent that belongs to a task. */
export function agentMessage(
  { taskId, contextId }: TaskIds,
  messageId: string,
  parts: readonly JsonObject[],
): JsonObject {
  return { messageId, taskId, contextId, role: 'ROLE_AGENT', parts }
}

/** Tokens that a framework says it used. */
export interface Usage {
  readonly input_tokens: number
  readonly output_tokens: number
  /** May be more than both: frameworks count in it what they count nowhere else. */
  readonly total_tokens: number
  /** Of the input: read from a cache, written to one. */
  readonly cached_tokens?: number
  readonly cache_write_tokens?: number
  /** Of the output: what was only thought. */
  readonly reasoning_tokens?: number
  /** Whose they are, where the framework says it. */
  readonly model?: string
}

/** For the last event of a task. */
export function usageMetadata(usage: Usage | null): JsonObject | undefined {
  if (usage === null) return undefined
  const { input_tokens, output_tokens, total_tokens } = usage
  return { 'weir.dev/usage': { input_tokens, output_tokens, total_tokens } }
}

export function addUsage(one: Usage | null, other: Usage | null): Usage | null {
  if (one === null || other === null) return one ?? other
  const { model } = one
  return {
    input_tokens: one.input_tokens + other.input_tokens,
    output_tokens: one.output_tokens + other.output_tokens,
    total_tokens: one.total_tokens + other.total_tokens,
    ...someTokens('cached_tokens', (one.cached_tokens ?? 0) + (other.cached_tokens ?? 0)),
    ...someTokens('cache_write_tokens', (one.cache_write_tokens ?? 0) + (other.cache_write_tokens ?? 0)),
    ...someTokens('reasoning_tokens', (one.reasoning_tokens ?? 0) + (other.reasoning_tokens ?? 0)),
    ...(model === undefined || model !== other.model ? {} : { model }),
  }
}

/** Models that are told apart in one answer. */
const models_max = 16

/** What was used and one more, with one entry for each model. */
export function withUsage(used: readonly Usage[], more: Usage): readonly Usage[] {
  const at = used.findIndex(({ model }) => model === more.model)
  if (at === -1 && used.length < models_max) return [...used, more]
  return used.with(at, addUsage(used.at(at) ?? null, more) ?? more)
}

/** Nobody uses more in one call: a larger number is a mistake of the framework. Unit: tokens. */
const tokens_max = 1_000_000_000_000

/** A member of a usage that is left out where there is nothing to count. */
export function someTokens<Name extends keyof Usage>(name: Name, count: unknown): { readonly [Key in Name]?: number } {
  if (typeof count !== 'number' || !Number.isInteger(count) || count <= 0) return {}
  return { [name]: Math.min(count, tokens_max) } as { readonly [Key in Name]: number }
}

/** The same as budgets count it, each model by itself. */
export function usageByModel(used: readonly (Usage | null)[]): readonly ModelUsage[] {
  const byModel = new Map<string | null, Usage>()
  for (const one of used) {
    if (one === null) continue
    const named = one.model ?? null
    byModel.set(named, addUsage(byModel.get(named) ?? null, one) ?? one)
  }
  return Array.from(byModel, ([model, usage]) => ({ model, usage: counted(usage) }))
}

function counted({ input_tokens, output_tokens, total_tokens, ...parts }: Usage): ModelUsage['usage'] {
  const input = Math.min(input_tokens, tokens_max)
  const output = Math.min(Math.max(output_tokens, total_tokens - input_tokens), tokens_max)
  const { cached_tokens = 0, cache_write_tokens = 0, reasoning_tokens = 0 } = parts
  const cached = Math.min(cached_tokens, input)
  return {
    input_tokens: input,
    cached_tokens: cached,
    cache_write_tokens: Math.min(cache_write_tokens, input - cached),
    output_tokens: output,
    reasoning_tokens: Math.min(reasoning_tokens, output),
  }
}
