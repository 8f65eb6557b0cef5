/** Whoever reads of a feed, and how it learns that there is nothing more to read. */
import type { Fault } from '../../domain/fault.ts'
import type { Denial } from '../../domain/verdict.ts'
import type { AgentError } from '../../protocol/a2a/said.ts'
import type { HeaderList } from '../../protocol/http.ts'

/** How a feed came to its end. */
export type FeedEnd =
  | { readonly kind: 'done' }
  | { readonly kind: 'error'; readonly error: AgentError }
  | { readonly kind: 'fault'; readonly fault: Fault; readonly denial: Denial }
  | { readonly kind: 'halted'; readonly denial: Denial }

/** Whoever reads of a feed; it keeps its own place in the log. */
export interface Reader {
  onHead(headers: HeaderList): void
  onNews(): void
  /** Nothing more comes; what is in the log may still be read. */
  onOver(end: FeedEnd): void
  /** It takes nothing at the moment. */
  readonly full: boolean
}
