/**
 * How a Denial looks over MCP. A refused call of a tool is a result that says so: the model reads the sentence, and no
 * client takes it for a broken server. Never 400, from which clients conclude that they speak the wrong revision.
 */
import type { McpCall } from '../../domain/call.ts'
import { type DenialRow, denials } from '../../domain/denials.ts'
import type { HopId, RunId } from '../../domain/ids.ts'
import type { Denial } from '../../domain/verdict.ts'
import { denialFacts, denialHeaders, writeSentence } from '../faces.ts'
import { jsonHeaders, type Written } from '../jsonrpc.ts'
import { codes, dialectOf, firstModern } from './words.ts'

export interface McpRefused {
  readonly call: Pick<McpCall, 'id' | 'rpcId' | 'form' | 'operation' | 'method' | 'dialect' | 'target'>
  readonly run: RunId | null
  /** What a model reads, where it was told already. */
  readonly sentence?: string | undefined
}

export function writeMcpDenial(denial: Denial, refused: McpRefused): Written {
  const row: DenialRow = denials[denial.code]
  const isAboutToken = denial.code === 'scope_missing' && isToolResult(denial, refused)
  const headers = [...jsonHeaders, ...(isAboutToken ? [] : denialHeaders(denial))]
  return { status: statusOf(denial, row, refused), headers, body: writeMcpAnswer(denial, refused) }
}

/** The message alone: also the last event of a stream that is open already. */
export function writeMcpAnswer(denial: Denial, refused: McpRefused): string {
  const { call } = refused
  const text = refused.sentence ?? writeSentence(denial.code, call.id, null, denial)
  if (isToolResult(denial, refused)) return writeResult(text, denial, refused)
  const row: DenialRow = denials[denial.code]
  const code = denial.code === 'not_found' && call.target.kind === 'tool' ? codes.params : 1000 + row.http
  const data = denialFacts(denial, call.id, refused.run)
  return `{"jsonrpc":"2.0","id":${call.rpcId},"error":${JSON.stringify({ code, message: text, data })}}`
}

/** A tool that does not exist is no failed call (tools, error handling): it is answered as the protocol says. */
function isToolResult(denial: Denial, { call }: McpRefused): boolean {
  const row: DenialRow = denials[denial.code]
  return call.operation === 'call_tool' && denial.code !== 'not_found' && row.http !== 401 && !isHeard(denial)
}

/**
 * Refusals that are said in words of HTTP, because what answers them is the client and not the model: it comes back later,
 * or with another token. Where no token helps it must not be sent for one.
 */
function isHeard({ code, challenge }: Denial): boolean {
  return code === 'busy' || (code === 'scope_missing' && challenge !== undefined)
}

function statusOf(denial: Denial, row: DenialRow, { call }: McpRefused): number {
  const { code } = denial
  if (row.http === 401 || isHeard(denial) || call.form !== 'request') return row.http
  // An error of a protocol that is not spoken would look the same, and the client would fall back to the other one.
  if (code === 'connect_required' && call.method === 'server/discover') return row.http
  return code === 'not_found' && call.target.kind !== 'tool' ? row.http : 200
}

function writeResult(text: string, denial: Denial, { call, run }: McpRefused): string {
  const { http: status, sentence: title }: DenialRow = denials[denial.code]
  const { code } = denial
  const type = `https://weir.dev/e/${code}`
  const problem = { type, title, status, code, ...denialFacts(denial, call.id, run) }
  const result = {
    ...(call.dialect === dialectOf(firstModern) && { resultType: 'complete' }),
    content: [{ type: 'text', text }],
    isError: true,
    _meta: { 'dev.weir/problem': problem },
  }
  return `{"jsonrpc":"2.0","id":${call.rpcId},"result":${JSON.stringify(result)}}`
}

/** Answers a request that is no call. */
export function writeMcpTurnAway(denial: Denial, id: HopId): Written {
  const call = {
    id,
    rpcId: 'null',
    form: 'notification',
    operation: 'pass',
    method: '',
    dialect: dialectOf(firstModern),
  } as const
  return writeMcpDenial(denial, { call: { ...call, target: { kind: 'server', id: '' } }, run: null })
}
