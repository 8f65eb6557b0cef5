/**
 * Whether one call lies within an authority. Policy is asked as well: an authority only ever takes away. Where there are
 * scopes, the call needs one of its row; where there are details, one of them must let all of it through.
 *
 *     call     scope, any one of                  detail
 *     agent    agent:invoke, agent:invoke:<slug>  agent_invoke
 *     tool     tool:call, tool:<name>             mcp_tool, or the one scope its operator names
 *     model    model:use                          model_use
 */
import { unreachable } from '../../base/assert.ts'
import type { JsonObject } from '../../base/json.ts'
import { valueByPointer } from '../../base/json-pointer.ts'
import type { AgentInvoke, Authority, Detail, McpTool, ModelUse } from '../authority.ts'
import { passesRule } from './argument-rule.ts'

export interface AgentCall {
  readonly kind: 'agent'
  readonly slug: string
  /** In the words of A2A 1.0: `SendMessage`. */
  readonly method: string
}

export interface ToolCall {
  readonly kind: 'tool'
  readonly server: string
  readonly tool: string
  /** The one scope that lets it through, where its operator names one. */
  readonly scope?: string | null
  readonly args: JsonObject
}

export interface ModelCall {
  readonly kind: 'model'
  readonly model: string
  /** The most the answer can be long, in tokens; null where the call sets no end. */
  readonly maxOutputTokens: number | null
  /** The most the call can cost, in micro-dollars; null where nobody knows. */
  readonly costMicros: number | null
}

/** A call as far as authority looks at it. */
export type Asked = AgentCall | ToolCall | ModelCall

/** What is always true of one kind of call. */
interface Row<Call, Held extends Detail> {
  /** The type of detail that must allow it. */
  readonly type: Held['type']
  /** Scope values, any one of which lets it through. */
  scopes(call: Call): readonly string[]
  /** The member of the detail that stands in its way; null if none does. */
  obstacle(detail: Held, call: Call): string | null
}

interface Rows {
  readonly agent: Row<AgentCall, AgentInvoke>
  readonly tool: Row<ToolCall, McpTool>
  readonly model: Row<ModelCall, ModelUse>
}

/** Lets every tool be called whose operator names no scope of its own. */
export const toolScope = 'tool:call'
/** Lets every agent be called. */
export const agentScope = 'agent:invoke'

const rows: Rows = {
  agent: {
    type: 'agent_invoke',
    scopes: ({ slug }) => [agentScope, `${agentScope}:${slug}`],
    obstacle: ({ targets, methods }, { slug, method }) => {
      if (targets && !targets.includes(slug)) return 'targets'
      return methods && !methods.includes(method) ? 'methods' : null
    },
  },
  tool: {
    type: 'mcp_tool',
    scopes: ({ tool, scope = null }) => (scope === null ? [toolScope, `tool:${tool}`] : [scope]),
    obstacle: (detail, { server, tool, args }) => {
      if (detail.server !== undefined && detail.server !== server) return 'server'
      if (detail.tools && !detail.tools.includes(tool)) return 'tools'
      const rules = Object.entries(detail.args ?? {})
      return rules.every(([pointer, rule]) => passesRule(rule, valueByPointer(args, pointer))) ? null : 'args'
    },
  },
  model: {
    type: 'model_use',
    scopes: () => ['model:use'],
    obstacle: (detail, { model, maxOutputTokens, costMicros }) => {
      if (detail.models && !detail.models.includes(model)) return 'models'
      if (exceeds(maxOutputTokens, detail.max_output_tokens)) return 'max_output_tokens'
      return exceeds(costMicros, detail.max_usd_u) ? 'max_usd_u' : null
    },
  },
}

/** What nobody knows the end of is more than any ceiling; so is whatever is no number. */
function exceeds(amount: number | null, ceiling: number | undefined): boolean {
  return ceiling !== undefined && !(amount !== null && amount <= ceiling)
}

/** Null where the authority lets the call through; else a sentence that names what is missing. */
export function covers(authority: Authority, asked: Asked): string | null {
  switch (asked.kind) {
    case 'agent':
      return missing(authority, asked, rows.agent)
    case 'tool':
      return missing(authority, asked, rows.tool)
    case 'model':
      return missing(authority, asked, rows.model)
    default:
      return unreachable(asked)
  }
}

/** The scope values any one of which the call needs, the general one first; for a step-up (RFC 6750 section 3.1). */
export function scopesFor(asked: Asked): readonly string[] {
  switch (asked.kind) {
    case 'agent':
      return rows.agent.scopes(asked)
    case 'tool':
      return rows.tool.scopes(asked)
    case 'model':
      return rows.model.scopes(asked)
    default:
      return unreachable(asked)
  }
}

function missing<Call, Held extends Detail>(
  { scopes, details }: Authority,
  call: Call,
  row: Row<Call, Held>,
): string | null {
  if (scopes && !row.scopes(call).some((scope) => scopes.includes(scope))) {
    return `none of its scopes is ${row.scopes(call).join(' or ')}`
  }
  if (!details) return null
  const obstacles = new Set<string>()
  for (const detail of details) {
    if (!isOf(detail, row)) continue
    const obstacle = row.obstacle(detail, call)
    if (obstacle === null) return null
    obstacles.add(obstacle)
  }
  if (obstacles.size === 0) return `its authorization_details hold no ${row.type}`
  return `its ${row.type} does not go so far: ${[...obstacles].join(', ')}`
}

function isOf<Held extends Detail>(detail: Detail, row: Row<never, Held>): detail is Held {
  return detail.type === row.type
}
