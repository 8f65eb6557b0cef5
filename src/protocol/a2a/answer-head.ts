/** Status and headers of answers that are no refusals, as servers of the SDKs send them and their clients expect them. */
import { type Call, isStreaming } from '../../domain/call.ts'
import type { HeaderList } from '../http.ts'
import { streamHeaders } from '../jsonrpc.ts'
import { jsonTypeFor } from './failure.ts'
import { isRest } from './methods.ts'

type Asked = Pick<Call, 'dialect' | 'operation'>

/** What is created is 201, and 0.3 over REST sees a message as created; a deletion leaves nothing to say. */
export function answerStatus({ dialect, operation }: Asked): number {
  if (!isRest(dialect)) return 200
  if (operation === 'push_delete') return 204
  return operation === 'push_create' || (operation === 'send' && dialect === 'a2a-0.3-rest') ? 201 : 200
}

/** `accept` is the caller's header: REST of 1.0 has a type of its own for those who name it (A2A 1.0 section 11.1). */
export function answerHeaders({ dialect, operation }: Asked, accept: string | null): HeaderList {
  if (isStreaming(operation)) return streamHeaders
  const type = jsonTypeFor(accept === null ? { dialect } : { dialect, accept })
  return [['content-type', type], noStore]
}

const noStore = ['cache-control', 'no-store'] as const
