/** Status and headers of answers that are no refusals, as servers of the SDKs send them and their clients expect them. */
import { type Call, isStreaming } from '../../domain/call.ts'
import type { HeaderList } from '../http.ts'
import { jsonHeaders, streamHeaders } from '../jsonrpc.ts'
import { isRpc } from './said.ts'

type Asked = Pick<Call, 'dialect' | 'operation'>

/** What is created is 201, and 0.3 over REST sees a message as created; a deletion leaves nothing to say. */
export function answerStatus({ dialect, operation }: Asked): number {
  if (isRpc(dialect)) return 200
  if (operation === 'push_delete') return 204
  return operation === 'push_create' || (operation === 'send' && dialect === 'a2a-0.3-rest') ? 201 : 200
}

const a2aHeaders: HeaderList = jsonHeaders.map(([name, value]) =>
  name === 'content-type' ? ([name, 'application/a2a+json'] as const) : ([name, value] as const),
)

/** `accept` is the caller's header: REST of 1.0 has a type of its own for those who name it (A2A 1.0 section 11.1). */
export function answerHeaders({ dialect, operation }: Asked, accept: string | null): HeaderList {
  if (isStreaming(operation)) return streamHeaders
  return dialect === 'a2a-1.0-rest' && names(accept, 'application/a2a+json') ? a2aHeaders : jsonHeaders
}

/** A type that is named with a weight of nothing is refused by name. */
function names(accept: string | null, type: string): boolean {
  return (accept ?? '')
    .toLowerCase()
    .split(',')
    .some((range) => range.split(';')[0]?.trim() === type && !/;\s*q=0(?:\.0*)?\s*(?:;|$)/.test(range))
}
