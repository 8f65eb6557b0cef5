/**
 * How a Denial looks to its caller. The sentence is the interface: a model behind an SDK reads it and nothing
 * else, so it is fixed, ASCII, at most 400 characters, and never holds what the caller sent or what policy says.
 */
import type { Call } from '../domain/call.ts'
import { type DenialCode, type DenialRow, denials, retryAfterCeiling_ms } from '../domain/denials.ts'
import type { HopId, RunId } from '../domain/ids.ts'
import type { Challenge, Denial } from '../domain/verdict.ts'
import { grpcStatusOf } from './a2a/errors.ts'
import { type WireError, writeError, writeErrorEvent } from './a2a/failure.ts'
import { isRest } from './a2a/methods.ts'
import type { HeaderList } from './http.ts'
import { errorInfo, type Written } from './jsonrpc.ts'

const sentenceMax = 400
const errorDomain = 'weir.dev'

/** What a face needs to know beside the Denial. */
export interface Refused {
  readonly call: Pick<Call, 'id' | 'rpcId' | 'operation' | 'dialect' | 'accept'>
  readonly run: RunId | null
  /** Names of targets this caller may call instead, all of them visible to it; null says nothing about them. */
  readonly alternatives: readonly string[] | null
}

/**
 * The whole answer to a refused call: over JSON-RPC the status of HTTP says nothing, but for the 401 that makes a client
 * fetch a new credential and is never a stream; over REST it says the same as the code.
 */
export function writeDenial(denial: Denial, refused: Refused): Written {
  const { call } = refused
  const row: DenialRow = denials[denial.code]
  const isHttp = row.http === 401 && !isRest(call.dialect)
  const answer = writeError(isHttp ? { ...call, operation: 'send' } : call, errorOf(denial, refused))
  const headers = [...answer.headers, ...denialHeaders(denial)]
  return { status: isHttp ? row.http : answer.status, headers, body: answer.body }
}

/** The last event of a stream that is open already: also where the same refusal would have been an HTTP status before. */
export function writeDenialEvent(denial: Denial, refused: Refused): string {
  return writeErrorEvent(refused.call, errorOf(denial, refused))
}

function errorOf(denial: Denial, { call, run, alternatives }: Refused): WireError {
  const row: DenialRow = denials[denial.code]
  return {
    code: rpcCodeOf(row),
    message: writeSentence(denial.code, call.id, alternatives, denial),
    data: JSON.stringify([errorInfo(denial.code.toUpperCase(), errorDomain, denialFacts(denial, call.id, run))]),
    http: row.http,
    grpcStatus: grpcStatusOf(row.http),
  }
}

/** `[weir:<code>] <what was refused>. <what is allowed instead>. <whether a retry helps>. ref <hop id>` */
export function writeSentence(
  code: DenialCode,
  ref: HopId,
  alternatives: readonly string[] | null = null,
  { approval, connect }: Pick<Denial, 'approval' | 'connect'> = {},
): string {
  const { sentence, advice } = denials[code]
  const head = `[weir:${code}] ${sentence}. `
  const tail = `${advice}. ref ${ref}`
  const link = connect === undefined ? '' : `Open ${connect.url} . `
  const asked = approval === undefined ? link : `It was asked for as ${approval}. `
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

/**
 * Nothing here may tell a hidden target from a missing one, so `not_found` says neither run nor rule; nor one reason why
 * a credential does not count from another, so a 401 says no rule.
 */
export function denialFacts(denial: Denial, hop: HopId, run: RunId | null): Readonly<Record<string, string>> {
  const { retry, http }: DenialRow = denials[denial.code]
  const hidden = denial.code === 'not_found'
  const ruled = denial.rule !== null && !hidden && http !== 401
  return {
    hopId: hop,
    ...(run !== null && !hidden ? { runId: run } : {}),
    ...(ruled ? { rule: denial.rule } : {}),
    ...(denial.approval !== undefined && !hidden ? { approvalId: denial.approval } : {}),
    ...(denial.connect !== undefined && !hidden
      ? { connectUrl: denial.connect.url, connectId: denial.connect.id }
      : {}),
    retryable: String(retry !== 'never'),
    ...(retry === 'after_wait' ? { retry_after_ms: String(waitOf(denial)) } : {}),
  }
}

const hasChallenge: ReadonlySet<DenialCode> = new Set(['unauthenticated', 'token_expired', 'scope_missing'])

/** What a refusal says in headers: how to come back, and when. */
export function denialHeaders(denial: Denial): HeaderList {
  const row: DenialRow = denials[denial.code]
  const challenge =
    hasChallenge.has(denial.code) && denial.challenge ? challengeOf(denial, denial.challenge) : challenges[denial.code]
  return [...retryHeaders[row.retry](denial), ...(challenge ?? [])]
}

/** RFC 9449 section 7.1, RFC 9728 section 5.1. None of the values can hold a quote. */
function challengeOf(
  { code }: Denial,
  { scheme, error, algs, nonce, resource_metadata, scope }: Challenge,
): HeaderList {
  const says = [
    'realm="weir"',
    `error="${error}"`,
    ...(code === 'token_expired' ? [expired] : []),
    ...(algs === null ? [] : [`algs="${algs}"`]),
    ...(scope === undefined ? [] : [`scope="${scope}"`]),
    ...(resource_metadata === null ? [] : [`resource_metadata="${resource_metadata}"`]),
  ]
  const header = ['www-authenticate', `${scheme} ${says.join(', ')}`] as const
  return nonce === null ? [header] : [header, ['dpop-nonce', nonce]]
}

const retryHeaders: Readonly<Record<DenialRow['retry'], (denial: Denial) => HeaderList>> = {
  never: () => [['x-should-retry', 'false']],
  after_wait: (denial) => [['retry-after', String(Math.ceil(waitOf(denial) / 1000))]],
  after_refresh: () => [],
  after_step_up: () => [],
  after_approval: () => [['x-should-retry', 'false']],
}

const expired = 'error_description="The token has expired"'

/** RFC 6750 section 3, where nobody has said more. */
const challenges: Readonly<Partial<Record<DenialCode, HeaderList>>> = {
  unauthenticated: [['www-authenticate', 'Bearer realm="weir", error="invalid_token"']],
  token_expired: [['www-authenticate', `Bearer realm="weir", error="invalid_token", ${expired}`]],
  scope_missing: [['www-authenticate', 'Bearer realm="weir", error="insufficient_scope"']],
}

/** Milliseconds until a retry can help, never more than SDKs sleep through well. */
function waitOf(denial: Denial): number {
  return Math.min(Math.max(denial.retryAfter_ms ?? 0, 1), retryAfterCeiling_ms)
}
