/**
 * How a Denial looks to its caller. The sentence is the interface: a model behind an SDK reads it and nothing
 * else, so it is fixed, ASCII, at most 400 characters, and never holds what the caller sent or what policy says.
 */
import type { ApprovalId } from '../domain/approval.ts'
import type { Call } from '../domain/call.ts'
import { type DenialCode, type DenialRow, denials, retryAfterCeiling_ms } from '../domain/denials.ts'
import type { HopId, RunId } from '../domain/ids.ts'
import type { Denial } from '../domain/verdict.ts'
import type { HeaderList } from './http.ts'
import { errorInfo, type RpcError, writeErrorAnswer, type Written } from './jsonrpc.ts'

const sentenceMax = 400
const errorDomain = 'weir.dev'

/** What a face needs to know beside the Denial. */
export interface Refused {
  readonly call: Pick<Call, 'id' | 'rpcId' | 'operation'>
  readonly run: RunId | null
  /** Names of targets this caller may call instead, all of them visible to it; null says nothing about them. */
  readonly alternatives: readonly string[] | null
}

/** The whole answer to a refused call. */
export function writeDenial(denial: Denial, refused: Refused): Written {
  const { call, run, alternatives } = refused
  const row: DenialRow = denials[denial.code]
  const error: RpcError = {
    code: rpcCodeOf(row),
    message: writeSentence(denial.code, call.id, alternatives, denial.approval),
    data: [errorInfo(denial.code.toUpperCase(), errorDomain, metadataOf(denial, call.id, run))],
  }
  const streaming = call.operation === 'stream' && row.http !== 401
  const answer = writeErrorAnswer(call.rpcId, error, streaming)
  return {
    status: row.http === 401 ? 401 : answer.status,
    headers: [...answer.headers, ...headersOf(denial, row)],
    body: answer.body,
  }
}

/** `[weir:<code>] <what was refused>. <what is allowed instead>. <whether a retry helps>. ref <hop id>` */
export function writeSentence(
  code: DenialCode,
  ref: HopId,
  alternatives: readonly string[] | null = null,
  approval?: ApprovalId,
): string {
  const { sentence, advice } = denials[code]
  const head = `[weir:${code}] ${sentence}. `
  const tail = `${advice}. ref ${ref}`
  const asked = approval === undefined ? '' : `It was asked for as ${approval}. `
  return `${head}${asked}${listAlternatives(alternatives, sentenceMax - head.length - tail.length)}${tail}`
}

/** An error of a route that is neither JSON-RPC nor shaped like a model's (RFC 9457). */
export function writeProblem(status: number, code: string, title: string, detail: string): Written {
  const body = JSON.stringify({ type: `https://${errorDomain}/e/${code}`, title, status, detail, code })
  const headers: HeaderList = [
    ['content-type', 'application/problem+json'],
    ['cache-control', 'no-store'],
  ]
  return { status, headers, body }
}

function rpcCodeOf(row: DenialRow): number {
  return row.jsonrpc === 0 ? 1000 + row.http : row.jsonrpc
}

/** As many names as fit into `room` characters. */
function listAlternatives(names: readonly string[] | null, room: number): string {
  if (names === null) return ''
  if (names.length === 0) return 'You may call: none. '
  for (let count = names.length; count > 0; count -= 1) {
    const more = count < names.length ? ` and ${names.length - count} more` : ''
    const text = `You may call: ${names.slice(0, count).join(', ')}${more}. `
    if (text.length <= room) return text
  }
  return ''
}

/** Nothing here may tell a hidden target from a missing one, so `not_found` says neither run nor rule. */
function metadataOf(denial: Denial, hop: HopId, run: RunId | null): Readonly<Record<string, string>> {
  const { retry }: DenialRow = denials[denial.code]
  const hidden = denial.code === 'not_found'
  return {
    hopId: hop,
    ...(run !== null && !hidden ? { runId: run } : {}),
    ...(denial.rule !== null && !hidden ? { rule: denial.rule } : {}),
    ...(denial.approval !== undefined && !hidden ? { approvalId: denial.approval } : {}),
    retryable: String(retry !== 'never'),
    ...(retry === 'after_wait' ? { retry_after_ms: String(waitOf(denial)) } : {}),
  }
}

function headersOf(denial: Denial, row: DenialRow): HeaderList {
  return [...retryHeaders[row.retry](denial), ...(challenges[denial.code] ?? [])]
}

const retryHeaders: Readonly<Record<DenialRow['retry'], (denial: Denial) => HeaderList>> = {
  never: () => [['x-should-retry', 'false']],
  after_wait: (denial) => [['retry-after', String(Math.ceil(waitOf(denial) / 1000))]],
  after_refresh: () => [],
  after_step_up: () => [],
  after_approval: () => [['x-should-retry', 'false']],
}

/** RFC 6750 section 3. */
const challenges: Readonly<Partial<Record<DenialCode, HeaderList>>> = {
  unauthenticated: [['www-authenticate', 'Bearer realm="weir", error="invalid_token"']],
  token_expired: [
    ['www-authenticate', 'Bearer realm="weir", error="invalid_token", error_description="The token has expired"'],
  ],
  scope_missing: [['www-authenticate', 'Bearer realm="weir", error="insufficient_scope"']],
}

/** Milliseconds until a retry can help, never more than SDKs sleep through well. */
function waitOf(denial: Denial): number {
  return Math.min(Math.max(denial.retryAfter_ms ?? 0, 1), retryAfterCeiling_ms)
}
