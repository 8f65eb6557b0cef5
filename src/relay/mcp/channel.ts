/**
 * How messages travel to a tool server: one HTTP request each (Streamable HTTP), or all over one line (stdio, HTTP+SSE).
 * Knows nothing of eras: what a message says is the business of whoever sends it.
 */
import type { Fault } from '../../domain/fault.ts'
import type { HeaderList } from '../../protocol/http.ts'
import type { Head, Wire } from '../wire/transport.ts'

/** JSON text that was checked by `scanJson`: every byte that need not change crosses as it is (base/json-edit.ts). */
export type Json = Buffer

/** Hears everything that comes for one request: messages, then one end. */
export interface ChannelHearer {
  /** Where there are heads: status and headers, before anything else. */
  onHead?(status: number, head: Head): void
  /** Any message: the response, and notifications and requests that belong to it. */
  onMessage(message: Json): void
  /** Nothing more comes. A null fault where the answer ended in good order. */
  onEnd(fault: Fault | null): void
}

export interface Sent {
  readonly message: Json
  /** The token of its JSON-RPC id as sent, by which answers find it on a line; null for what has none. */
  readonly id: string | null
  /** The progress token in it as JSON text, by which progress finds it on a line; null for none. */
  readonly progressToken: string | null
  /** Of HTTP only. */
  readonly headers: HeaderList
  /** A request that is answered when nobody wants to hear any more: its stream may be silent for long. */
  readonly endless?: boolean
}

export interface Channel {
  /** Sends a request. The hearer is never called before this returns. */
  send(sent: Sent, hearer: ChannelHearer): Wire
  /** Sends what has no answer, a notification or a response; hears only whether it was taken. */
  tell(sent: Sent, done: (fault: Fault | null) => void): void
  /** Hears what belongs to no request: a GET where there is HTTP, the rest of the line where there is one. */
  listen(headers: HeaderList, hearer: ChannelHearer): Wire
  /** Whether everything travels over one line, so that the end of the line is the end of the session. */
  readonly isLine: boolean
  /** Tells the server that a session is over, where there is a way to say that without a message. Never rejects. */
  farewell?(headers: HeaderList): Promise<void>
  close(): void
}
