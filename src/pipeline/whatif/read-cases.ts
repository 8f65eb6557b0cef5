/** Cases as they are written become questions for policy; what a case leaves out is as it usually is. */
import type { WrittenCase } from '../../config/policy-cases.ts'
import { type AgentId, isAgentId, isPersonId } from '../../domain/ids.ts'
import { type Target } from '../../domain/call.ts'
import { type PolicyCase, usualContext } from '../../policy/cases.ts'
import type { PolicyAction } from '../../policy/question.ts'
import { readTarget } from './recorded.ts'

const actionFor = {
  agent: 'invoke',
  tool: 'callTool',
  server: 'useServer',
  model: 'useModel',
} as const satisfies Readonly<Record<Target['kind'], PolicyAction>>

/** A sentence where the names of a case are none. */
export function caseOf(written: WrittenCase, environment: string): PolicyCase | string {
  const { file, line, expect, policy = null } = written
  const place = `${file}:${line}`
  const principal = agentNamed(written.principal)
  if (principal === null) return `${place} ${written.principal} cannot be the name of an agent`
  const resource = readTarget(written.resource)
  if (resource === null)
    return `${place} ${written.resource} is no target: write agent:, tool:, server: or model: before it`
  const { args, human, chain, ...context } = written.context
  const chained = chain?.map(agentNamed) ?? [principal]
  if (chained.includes(null)) return `${place} a name of the chain cannot be that of an agent`
  const person = human === undefined || human === null ? null : human.includes(':') ? human : `user:${human}`
  if (person !== null && !isPersonId(person)) return `${place} ${person} cannot be the name of a person`
  const known = Object.fromEntries(Object.entries(context).filter(([, value]) => value !== undefined))
  const usual = usualContext(principal, environment)
  const agents = chained.filter((each) => each !== null)
  const model = resource.kind === 'model' ? { maxTokens: Number.POSITIVE_INFINITY, streaming: false } : {}
  const request = {
    action: written.action ?? actionFor[resource.kind],
    principal,
    resource,
    context: { ...usual, ...model, ...known, chain: agents, human: person },
    args: args === undefined ? null : JSON.stringify(args),
  }
  const name = written.name ?? `${written.principal} -> ${written.resource}: ${expect}`
  return { file, line, name, request, expect, policy }
}

/** With or without its `agent:`. */
export function agentNamed(name: string): AgentId | null {
  const id = name.includes(':') ? name : `agent:${name}`
  return isAgentId(id) ? id : null
}
