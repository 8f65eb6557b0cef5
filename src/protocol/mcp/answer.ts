/** What of a server's answer its caller gets: statuses that mean something to clients, and no word about our own credential. */
import type { McpCall } from '../../domain/call.ts'
import type { HeaderList } from '../http.ts'
import { jsonHeaders } from '../jsonrpc.ts'
import { mcpError, type Era } from './read-call.ts'
import { codes } from './words.ts'

export interface McpAnswer {
  readonly status: number
  readonly type: string
  readonly allow: string | null
  readonly body: Buffer
}

interface Asked {
  readonly era: Era
  readonly call: Pick<McpCall, 'form' | 'rpcId'>
  readonly inSession: boolean
}

interface Answered {
  readonly status: number
  readonly headers: HeaderList
  readonly body: Uint8Array | string
}

/** Statuses that tell a client something about its own request. */
const told: ReadonlySet<number> = new Set([400, 404, 405, 406, 409, 415, 422])

/** The answer to pass on, or why there is none. */
export function passAnswer(answer: McpAnswer, asked: Asked): Answered | string {
  const { status, body } = answer
  const { call, era, inSession } = asked
  const isJson = /^application\/(?:[\w.+-]+\+)?json\b/i.test(answer.type)
  if (status >= 200 && status < 300) {
    if (call.form === 'close') return { status: status === 204 ? 204 : 200, headers: [], body: '' }
    if (call.form === 'request') return isJson ? { status: 200, headers: jsonHeaders, body } : 'its answer is not JSON'
    return { status: 202, headers: [], body: '' }
  }
  // Only a session that is over answers 404 in the legacy era: clients begin anew on it.
  const misleads = status === 404 && era === 'legacy' && !inSession
  if (!told.has(status) || misleads) return `it answered ${status}`
  const allow: HeaderList = answer.allow === null ? [] : [['allow', answer.allow]]
  if (isJson) return { status, headers: [...jsonHeaders, ...allow], body }
  const written = mcpError(
    status,
    { code: codes.request, message: 'The server does not take this request' },
    call.rpcId,
  )
  return { ...written, headers: [...written.headers, ...allow] }
}
