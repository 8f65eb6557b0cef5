/** What Weir knows of the tool servers: everything they list, pinned, judged and at hand without waiting for anybody. */
import type { Millis } from '../base/clock.ts'

export const listKinds = ['tools', 'prompts', 'resources', 'resourceTemplates'] as const
export type ListKind = (typeof listKinds)[number]

/** Whether a tool may be seen and called: only an approved one may. */
export type ToolState = 'approved' | 'pending' | 'changed' | 'quarantined'

/** A tool as it was last listed. */
export interface ListedTool {
  readonly server: string
  /** Its name at its server, and where several servers are one. */
  readonly name: string
  readonly exposed: string
  /** The whole definition, byte for byte. */
  readonly definition: Buffer
  /** `sha256:` and hex of its canonical form (RFC 8785). */
  readonly digest: string
  readonly state: ToolState
  /** Why it is not approved, for people; null where it is. */
  readonly why: string | null
  readonly mirrors: readonly { readonly header: string; readonly path: readonly string[] }[]
}

/** A prompt, a resource or a template. */
export interface Listed {
  readonly server: string
  /** Its name, URI or URI template. */
  readonly key: string
  readonly exposed: string
  readonly definition: Buffer
}

/** `fresh` was listed just now, `stale` is what was known before it failed, `missing` never answered. */
export interface ListingHealth {
  readonly state: 'fresh' | 'stale' | 'missing'
  readonly since: Millis
  readonly detail: string | null
}

/** Everything one server lists, in the order of their names. */
export interface ServerListing {
  readonly server: string
  readonly tools: readonly ListedTool[]
  readonly prompts: readonly Listed[]
  readonly resources: readonly Listed[]
  readonly resourceTemplates: readonly Listed[]
  readonly health: ListingHealth
  /** One more for every change of anything above. */
  readonly version: number
}

/** One page of a list, as the server gave it: the object of its result. `absent` where it has no such list. */
export type Page = { readonly kind: 'page'; readonly result: Buffer } | { readonly kind: 'absent' } | PageFault
export interface PageFault {
  readonly kind: 'failed'
  readonly detail: string
}

/** Asks a server for a page; never rejects. */
export type AskPage = (server: string, list: ListKind, cursor: string | null) => Promise<Page>

/** What the road asks the catalogue. `catalogue.ts` is it. */
export interface Known {
  /** What is known now; never waits. `missing` for a server that has not answered yet. */
  listing(server: string): ServerListing
  /**
   * As it is now or was at most `age_ms` ago; whoever asks meanwhile shares one look. Never rejects, and never waits longer
   * than the server's patience. `lists` says which lists matter, all of them if absent: a call needs `tools` alone.
   */
  fresh(server: string, age_ms: number, lists?: readonly ListKind[]): Promise<ServerListing>
  /** The server said that a list of its changed: looked at again soon, once for many such words. */
  changed(server: string, list: ListKind): void
  /** Hears of every change of a listing after it was pinned and judged; the answer ends it. */
  onChange(hear: (server: string, list: ListKind) => void): () => void
  /** Why the arguments do not fit the pinned schema, as a sentence for the model; null where they do or nobody can tell. `args` is JSON text. */
  misfit(tool: ListedTool, args: Buffer | null): string | null
  /**
   * Tells why a structured result does not fit the pinned output schema, null where it does. Null in place of that for a
   * tool that promises no structure.
   */
  promiseOf(tool: ListedTool): ((structured: Buffer) => string | null) | null
}
