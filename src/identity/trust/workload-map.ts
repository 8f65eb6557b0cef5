/**
 * From the claims of a workload to the agent it is. Every rule is an exact equality: a prefix or a pattern over what
 * a stranger may choose (a namespace, a branch, a pod name) is how one workload becomes another.
 */
import type { IssuerSettings, WorkloadSettings } from '../../config/settings-identity.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { AgentId } from '../../domain/ids.ts'
import { type Denial, deny } from '../../domain/verdict.ts'

export type WorkloadMap = (claims: JsonObject) => AgentId | Denial

/** Rules that name different agents for one token contradict each other, so nobody is that token. */
export function workloadMap(
  issuer: Pick<IssuerSettings, 'agent_claim' | 'agents' | 'workloads'>,
  known: ReadonlyMap<string, AgentId> = new Map(),
): WorkloadMap {
  const agents = new Map(Object.entries(issuer.agents))
  const rows = rowsBySub(issuer.workloads)
  return (claims) => {
    const sub = textOf(claims.sub) ?? ''
    const matching = (rows.get(sub) ?? []).filter((row) => matches(row, claims)).map(({ agent }) => agent)
    const found = [agents.get(textOf(claimAt(claims, issuer.agent_claim)) ?? ''), known.get(sub), ...matching]
    const [agent, ...others] = new Set(found.filter((each) => each !== undefined))
    if (agent === undefined) return deny('unauthenticated', 'the claims stand for no agent')
    return others.length === 0 ? agent : deny('unauthenticated', 'the claims stand for several agents')
  }
}

/** `sub` is pinned in every row, so it finds the few rows that can match; a row without it never does. */
function rowsBySub(rows: readonly WorkloadSettings[]): ReadonlyMap<string, readonly WorkloadSettings[]> {
  const bySub = new Map<string, WorkloadSettings[]>()
  for (const row of rows) {
    const sub = row.claims.find(([name]) => name === 'sub')?.[1]
    if (sub !== undefined) bySub.set(sub, [...(bySub.get(sub) ?? []), row])
  }
  return bySub
}

function matches(row: WorkloadSettings, claims: JsonObject): boolean {
  return row.claims.every(([name, value]) => textOf(claimAt(claims, name)) === value)
}

/** A claim by its name or, where that starts with a slash, by JSON pointer (RFC 6901). */
function claimAt(claims: JsonObject, name: string): unknown {
  if (!name.startsWith('/')) return memberOf(claims, name)
  return name
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(memberOf, claims)
}

const indexForm = /^(?:0|[1-9]\d{0,3})$/

function memberOf(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return indexForm.test(name) ? (value[Number(name)] as unknown) : undefined
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

/** Numbers beyond 2^53 are not compared: several of them read as one. */
function textOf(value: unknown): string | null {
  if (typeof value === 'string' && value !== '') return value
  if (typeof value === 'boolean' || Number.isSafeInteger(value)) return String(value)
  return null
}
