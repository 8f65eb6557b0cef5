/** A record in the words of the conventions: what kind of operation it was, of whom, of what, and what came of it. */
import type { Attributes } from '@opentelemetry/api'
import { isAgentId } from '../../domain/ids.ts'
import type { CallRecord } from '../../domain/record.ts'
import { names } from './names.ts'
import { said } from './resource.ts'

/** Methods and targets come from callers too. Unit: characters. */
const spanName_max = 128

type Operation = 'invoke_agent' | 'execute_tool' | 'chat' | 'embeddings'

/** What is done; null for what is no hop and has no word in the conventions. An agent may be asked as a tool or a model. */
export function operationOf({ action, target }: Pick<CallRecord, 'action' | 'target'>): Operation | null {
  if (action === 'embed') return 'embeddings'
  if (action !== 'send' && action !== 'stream' && action !== 'generate' && action !== 'call_tool') return null
  if (isAgentId(target)) return 'invoke_agent'
  if (target.startsWith('model:')) return 'chat'
  return target.startsWith('tool:') ? 'execute_tool' : null
}

/** `invoke_agent research`, `execute_tool files/read`, `chat gpt`, `tools/list files`. */
export function hopName(record: CallRecord): string {
  const { method, target } = record
  return `${operationOf(record) ?? method} ${target.slice(target.indexOf(':') + 1)}`.slice(0, spanName_max)
}

/** Why it did not end well: the code of the denial, else of the fault, else how it ended; null where it did. */
export function errorOf({ code, outcome }: Pick<CallRecord, 'code' | 'outcome'>): string | null {
  return code ?? outcome.fault ?? (outcome.status === 'answered' ? null : outcome.status)
}

/** In dollars; null where nobody knows the price of what a model did. */
function costOf({ outcome: { spent, metered } }: CallRecord): number | null {
  return metered?.cost_micros === null ? null : spent.cost_micros / 1_000_000
}

export function hopAttributes(record: CallRecord, seq: number, user_id: boolean): Attributes {
  const { run, rid, outcome } = record
  return {
    ...said({
      ...wordsOf(record),
      [names.errorType]: errorOf(record),
      [names.userId]: user_id ? record.human : null,
      [names.runId]: run,
      [names.runOrigin]: record.run_origin,
      [names.hopId]: rid,
      [names.depth]: record.depth,
      [names.caller]: record.agent,
      [names.target]: record.target,
      [names.chain]: [...record.chain],
      [names.cost]: costOf(record),
      [names.lap]: record.asked?.laps || null,
      [names.decision]: record.decision,
      [names.rule]: record.rule,
      [names.policies]: [...record.policies],
      [names.shadow]: [...record.shadow],
      [names.status]: outcome.status,
      [names.upstream]: outcome.upstream_ms / 1000,
      [names.taint]: record.taint,
      [names.seq]: seq,
    }),
    ...usageOf(record),
  }
}

function wordsOf(record: CallRecord): Parameters<typeof said>[0] {
  const { dialect, method, target, agent, outcome, claims } = record
  const operation = operationOf(record)
  const about = operation === 'invoke_agent' ? target : agent
  const name = target.slice(target.indexOf(':') + 1)
  const isMcp = dialect.startsWith('mcp-')
  const isA2a = dialect.startsWith('a2a-')
  return {
    [names.operation]: operation,
    [names.agentId]: about,
    [names.agentName]: about?.slice('agent:'.length),
    [names.conversation]: claims?.session,
    [names.requestModel]: target.startsWith('model:') ? name : null,
    [names.toolName]: target.startsWith('tool:') ? name : null,
    [names.mcpMethod]: isMcp ? method : null,
    [names.mcpRevision]: isMcp ? dialect.slice('mcp-'.length) : null,
    [names.a2aMethod]: isA2a ? method : null,
    [names.a2aTask]: isA2a ? outcome.task : null,
  }
}

/** What a model used. What an agent or a tool reports of its own models is theirs, under their own spans. */
function usageOf({ target, outcome: { metered } }: CallRecord): Attributes {
  if (!metered || !target.startsWith('model:')) return {}
  const { usage, model } = metered
  const slash = model.indexOf('/')
  return said({
    [names.provider]: slash === -1 ? null : model.slice(0, slash),
    [names.responseModel]: model.slice(slash + 1),
    [names.inputTokens]: usage.input_tokens,
    [names.outputTokens]: usage.output_tokens,
    [names.cachedTokens]: usage.cached_tokens,
    [names.cacheWriteTokens]: usage.cache_write_tokens,
    [names.reasoningTokens]: usage.reasoning_tokens,
  })
}
