/** The terminal's way to a running gateway: one request, one answer or one sentence that says why not. */
import type { AdminPlace, CliDeps } from './deps.ts'
import type {
  AgentDetail,
  AgentList,
  ApprovalDone,
  ApprovalList,
  KeyList,
  Problem,
  RevocationDone,
  RevocationList,
  RunDetail,
  RunList,
} from './admin-api.ts'
import type { HopList, TopList } from './admin-api-live.ts'
import type { ToolDetail, ToolList, ToolOrderBody, ToolsLocked } from './admin-api-tools.ts'
import { type CliProblem, type ExitName, problem } from './exit-codes.ts'

/** An operator waits no longer than this for an answer of the admin listener. */
const answer_timeout_ms = 10_000

const exitOfStatus: Readonly<Record<number, ExitName>> = {
  400: 'usage',
  401: 'unauthenticated',
  403: 'denied',
  404: 'not_found',
  409: 'no',
}

export interface AdminClient {
  listRuns(): Promise<RunList | CliProblem>
  showRun(id: string): Promise<RunDetail | CliProblem>
  /** `reason` is written into the ledger. A run that is over already is a problem with exit `no`. */
  haltRun(id: string, reason: string): Promise<RunDetail | CliProblem>
  /** Opens a run for work that this terminal begins. */
  openRun(asked: OpenRunOrder): Promise<RunDetail | CliProblem>
  /** One with calls under way, or one that is over already, is a problem with exit `no`. */
  endRun(id: string, reason: string): Promise<RunDetail | CliProblem>
  listKeys(): Promise<KeyList | CliProblem>
  /** A use whose key Weir does not keep itself is a problem with exit `no`. */
  rotateKey(asked: RotateRequest): Promise<KeyList | CliProblem>
  listRevocations(filter?: string): Promise<RevocationList | CliProblem>
  /** Contains, releases, revokes or restores what the path names. */
  order(path: string, body: { readonly reason: string }): Promise<RevocationDone | CliProblem>
  listAgents(): Promise<AgentList | CliProblem>
  showAgent(slug: string): Promise<AgentDetail | CliProblem>
  /** Lets it go on with the card of that digest; any other card that waits is a problem with exit `no`. */
  approveAgent(slug: string, order: ApproveOrder): Promise<AgentDetail | CliProblem>
  /** Calls that pass a filter, newest first. */
  listHops(filter: string, limit: number): Promise<HopList | CliProblem>
  top(window_s: number, limit: number): Promise<TopList | CliProblem>
  listApprovals(filter?: string): Promise<ApprovalList | CliProblem>
  /** One that is not pending any more is a problem with exit `no`. */
  decideApproval(id: string, verb: 'grant' | 'refuse', reason: string): Promise<ApprovalDone | CliProblem>
  /** Of one server, or of all. */
  listTools(server: string | null): Promise<ToolList | CliProblem>
  showTool(server: string, name: string): Promise<ToolDetail | CliProblem>
  /** About the definition of that digest; another one by now is a problem with exit `no`. */
  decideTool(path: string, order: ToolOrderBody): Promise<ToolDetail | CliProblem>
  /** Writes what is approved into the lock file. */
  lockTools(reason: string): Promise<ToolsLocked | CliProblem>
}

/** Where a tool, or a decision about it, is at the admin listener. */
export function toolPath(server: string, name: string, verb?: 'approve' | 'reject'): string {
  const tool = `/api/v1/tools/${encodeURIComponent(server)}/${encodeURIComponent(name)}`
  return verb === undefined ? tool : `${tool}/${verb}`
}

export interface OpenRunOrder {
  readonly agent: string
  /** Absent for nobody. */
  readonly person?: string
  readonly reason: string
}

export interface ApproveOrder {
  readonly reason: string
  readonly digest: string
}

export interface RotateRequest {
  readonly use: string
  readonly now: boolean
  readonly revoke: boolean
}

/** `WEIR_URL` and `WEIR_ADMIN_TOKEN` if both are set, otherwise what the configuration file says. */
export async function findAdmin(deps: CliDeps, configPath: string): Promise<AdminPlace | CliProblem> {
  const url = deps.env['WEIR_URL']
  const token = deps.env['WEIR_ADMIN_TOKEN']
  if (!url && !token) return deps.admin(configPath)
  if (!url || !token) return problem('usage', 'Set both WEIR_URL and WEIR_ADMIN_TOKEN, or neither.')
  if (!/^https?:\/\//.test(url)) return problem('usage', `WEIR_URL must begin with http:// or https://, not ${url}`)
  return { url: url.replace(/\/+$/, ''), token }
}

export function adminClient(place: AdminPlace, timeout_ms = answer_timeout_ms): AdminClient {
  const ask = <T extends { schema: string }>(path: string, schema: T['schema'], body?: unknown) =>
    request<T>(place, { path, schema, timeout_ms, body })
  return {
    listRuns: () => ask<RunList>('/api/v1/runs', 'weir.runs/v1'),
    showRun: (id) => ask<RunDetail>(`/api/v1/runs/${encodeURIComponent(id)}`, 'weir.run/v1'),
    haltRun: (id, reason) => ask<RunDetail>(`/api/v1/runs/${encodeURIComponent(id)}/halt`, 'weir.run/v1', { reason }),
    openRun: (asked) => ask<RunDetail>('/api/v1/runs', 'weir.run/v1', asked),
    endRun: (id, reason) => ask<RunDetail>(`/api/v1/runs/${encodeURIComponent(id)}/end`, 'weir.run/v1', { reason }),
    listKeys: () => ask<KeyList>('/api/v1/keys', 'weir.keys/v1'),
    rotateKey: (asked) => ask<KeyList>('/api/v1/keys/rotate', 'weir.keys/v1', asked),
    listRevocations: (filter) => ask<RevocationList>(filtered('/api/v1/revocations', filter), 'weir.revocations/v1'),
    order: (path, body) => ask<RevocationDone>(path, 'weir.revocation/v1', body),
    listAgents: () => ask<AgentList>('/api/v1/agents', 'weir.agents/v1'),
    showAgent: (slug) => ask<AgentDetail>(`/api/v1/agents/${encodeURIComponent(slug)}`, 'weir.agent/v1'),
    approveAgent: (slug, order) =>
      ask<AgentDetail>(`/api/v1/agents/${encodeURIComponent(slug)}/approve`, 'weir.agent/v1', order),
    listHops: (filter, limit) => ask<HopList>(filtered('/api/v1/hops', filter, { limit: `${limit}` }), 'weir.hops/v1'),
    top: (window_s, limit) => ask<TopList>(`/api/v1/top?window=${window_s}&limit=${limit}`, 'weir.top/v1'),
    listApprovals: (filter) => ask<ApprovalList>(filtered('/api/v1/approvals', filter), 'weir.approvals/v1'),
    decideApproval: (id, verb, reason) =>
      ask<ApprovalDone>(`/api/v1/approvals/${encodeURIComponent(id)}/${verb}`, 'weir.approval/v1', { reason }),
    listTools: (server) =>
      ask<ToolList>(`/api/v1/tools${server === null ? '' : `?server=${encodeURIComponent(server)}`}`, 'weir.tools/v1'),
    showTool: (server, name) => ask<ToolDetail>(toolPath(server, name), 'weir.tool/v1'),
    decideTool: (path, order) => ask<ToolDetail>(path, 'weir.tool/v1', order),
    lockTools: (reason) => ask<ToolsLocked>('/api/v1/tools/lock', 'weir.tools_lock/v1', { reason }),
  }
}

/** One question whose answer has that schema; a POST where it has a body. */
export function adminRequest<T extends { schema: string }>(
  place: AdminPlace,
  { path, schema, body }: { readonly path: string; readonly schema: T['schema']; readonly body?: unknown },
): Promise<T | CliProblem> {
  return request<T>(place, { path, schema, timeout_ms: answer_timeout_ms, body })
}

function filtered(path: string, filter = '', more: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams({ ...more, ...(filter !== '' && { filter }) })
  return query.size === 0 ? path : `${path}?${query.toString()}`
}

interface Question {
  readonly path: string
  readonly schema: string
  readonly timeout_ms: number
  /** A POST if it is there, a GET if not. */
  readonly body: unknown
}

async function request<T extends { schema: string }>(place: AdminPlace, question: Question): Promise<T | CliProblem> {
  try {
    const response = await fetch(place.url + question.path, {
      method: question.body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${place.token}`,
        accept: 'application/json',
        'content-type': 'application/json',
      },
      body: question.body === undefined ? null : JSON.stringify(question.body),
      redirect: 'error',
      signal: AbortSignal.timeout(question.timeout_ms),
    })
    const answer: unknown = await response.json().catch(() => null)
    if (!response.ok) return refusalOf(place, response.status, answer)
    return schemaOf(answer) === question.schema ? (answer as T) : notWeir(place)
  } catch (error) {
    return unanswered(place, error)
  }
}

function schemaOf(answer: unknown): unknown {
  return typeof answer === 'object' && answer !== null && 'schema' in answer ? answer.schema : undefined
}

/** Why the gateway does not do what it was asked for. */
export function refusalOf(place: AdminPlace, status: number, answer: unknown): CliProblem {
  const { title, detail, code } = (answer ?? {}) as Problem
  const said = detail ?? title
  if (said === undefined && status !== 401) return notWeir(place)
  if (status === 401) return problem('unauthenticated', `${place.url} does not accept the admin token.`)
  return problem(exitOfStatus[status] ?? 'failed', `${said}${code ? ` (${code})` : ''}`)
}

function notWeir(place: AdminPlace): CliProblem {
  return problem('failed', `${place.url} answers, but not like the admin listener of Weir. Is it the right port?`)
}

function unanswered(place: AdminPlace, error: unknown): CliProblem {
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return problem('timeout', `${place.url} did not answer in time.`)
  return problem('unreachable', `No gateway answers at ${place.url}. Is it running? Start it with: weir serve`)
}
