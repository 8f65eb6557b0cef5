/** How one era carries a request: what every kind of request is carried with, whatever it means. */
import type { Reply } from '../../../protocol/http.ts'
import type { Json } from '../../../relay/mcp/channel.ts'
import type { Asking } from '../../../relay/mcp/link.ts'
import type { FrontExchange, Manner } from './exchange.ts'
import type { Line } from './line.ts'

/** How a request is carried. */
export interface Carriage {
  /** Without what a round adds to it. */
  readonly params: Json | null
  readonly logLevel: string | null
  readonly resume: NonNullable<Asking['resume']> | null
  readonly manner: Manner
  /** The client's end, once the request was let through. */
  lineOn(reply: Reply): Line
  /** Begins the exchange, or goes on with one. */
  start(exchange: FrontExchange): void
}
