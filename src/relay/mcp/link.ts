/**
 * One tool server as one speaker talks to it. Whatever its era and its transport, a request is asked here, and whoever
 * asks hears notices, questions and one end: the seam on which the two eras of MCP are translated into each other.
 *
 *     client, legacy or modern        front            Link            server, legacy or modern, or no MCP at all
 *     request ------------------> ask ----------> | its own id, its own session, its own headers ------->
 *                                 onNotice <----- | progress, log messages <-----------------------------
 *     asked of the client <------ onAsk <-------- | a request of the server, or `input_required` <-------
 *     its answers --------------> answer, or ask anew with `resume` ------------------------------------>
 *                                 onEnd <-------- | result, error or fault <-----------------------------
 */
import type { McpCall, McpRevision } from '../../domain/call.ts'
import type { Fault } from '../../domain/fault.ts'
import type { Care, Denial, Hop, Permit } from '../../domain/verdict.ts'
import type { HeaderList, RefusalSaid } from '../../protocol/http.ts'
import type { Era } from '../../protocol/mcp/read-call.ts'
import type { Trace } from '../../protocol/traceparent.ts'
import type { Channel, Json } from './channel.ts'

/** What a server says of itself when it is greeted. */
export interface About {
  /** The era it is spoken to in. */
  readonly era: Era
  readonly version: McpRevision
  /** Objects. */
  readonly capabilities: Json
  readonly serverInfo: Json | null
  readonly instructions: string | null
}

/** Why something may be said to a server: a call of a tool needs a Hop, `Care` allows greetings and lists only. */
export type Warrant = Hop<McpCall> | Permit | Care

/** Who speaks through a link. Two speakers never share one. */
export interface Speaker {
  /** Agent, person and session, or `weir` for what Weir asks for itself. */
  readonly key: string
  /** What its client can be asked, as declared to the server: an object. Part of what tells links apart. */
  readonly capabilities: Json
  /** Headers with the credential for this server; asked before every request, for tokens end. */
  credentials(): HeaderList | Denial | Promise<HeaderList | Denial>
  /** The server answered 401 or 403 with that `WWW-Authenticate`: other headers to try once more with, or why there are none. */
  challenged(status: 401 | 403, challenge: string | null): Promise<HeaderList | Denial>
}

/** A member of the arguments that is mirrored in a header (`x-mcp-header`, 2026-07-28). */
export interface Mirror {
  readonly header: string
  readonly path: readonly string[]
}

/** What is asked of a server. */
export interface Asking {
  readonly method: string
  /** An object, as the client sent it with its `_meta`; the link takes out and puts in what the era of the server says there. */
  readonly params: Json | null
  /** From which level on the client hears log messages of this request; null for none of them. */
  readonly logLevel: string | null
  readonly mirrors: readonly Mirror[]
  /** For `_meta`; null for none (SEP-414). */
  readonly trace: Trace | null
  /** Whose credential goes along; that of the link if absent, which is the one of whoever came last. */
  readonly speaker?: Pick<Speaker, 'credentials' | 'challenged'>
  /** Goes on with a request that rested: what `onAsk` gave, and the answers. */
  readonly resume?: { readonly state: string | null; readonly answers: ReadonlyMap<string, Json> }
}

/** What a server wants to know before it goes on. */
export interface Ask {
  /** By a key of the server's choosing, or of ours where it asks one at a time: method and parameters. */
  readonly questions: ReadonlyMap<string, { readonly method: string; readonly params: Json | null }>
  /**
   * True: nothing is open any more; whoever has the answers asks anew with `resume`. False: the server waits for
   * `Talk.answer`.
   */
  readonly rests: boolean
  /** To be handed back in `resume`; only where it rests. */
  readonly state: string | null
}

/** What a client answered to one question: `result` and `error` are the members of a JSON-RPC response. */
export type Answer =
  | { readonly kind: 'result'; readonly result: Json }
  | { readonly kind: 'error'; readonly error: Json }

export type End =
  | { readonly kind: 'result'; readonly result: Json }
  /** `error` is the object of a JSON-RPC error. */
  | { readonly kind: 'error'; readonly error: Json }
  | { readonly kind: 'fault'; readonly fault: Fault }
  /** `said` where the sentence of it was told already. */
  | { readonly kind: 'denial'; readonly denial: Denial; readonly said?: RefusalSaid }

/** Whoever asked. `onEnd` comes exactly once and last, but for an ask that rests, which is an end as well. Never called before `ask` returned. */
export interface Hearer {
  /** A notification that belongs to the request: progress (with the client's own token), log messages. */
  onNotice(method: string, params: Json | null): void
  onAsk(ask: Ask): void
  onEnd(end: End): void
}

/** A request under way. */
export interface Talk {
  /** One answer for each question of the last ask that does not rest. */
  answer(answers: ReadonlyMap<string, Answer>): void
  /** Nobody waits any more: the server is told in the way of its era, the hearer hears nothing more. */
  cancel(reason: string): void
  pause(): void
  resume(): void
  /** Whether any byte of it may have reached the server. */
  readonly sent: boolean
}

/** What is listened to outside of requests. */
export interface Wants {
  readonly toolsListChanged: boolean
  readonly promptsListChanged: boolean
  readonly resourcesListChanged: boolean
  /** URIs as the server spells them. */
  readonly resources: readonly string[]
  readonly tasks: readonly string[]
}

export interface NoticeHearer {
  onNotice(method: string, params: Json | null): void
  /** A question outside of any request, which only servers with sessions ask. */
  onAsk(ask: Ask, answer: (answers: ReadonlyMap<string, Answer>) => void): void
  /** The server ends it, or it was lost: null or why. */
  onEnd(fault: Fault | null): void
}

export interface Listening {
  /** Wants other things from now on. */
  use(wants: Wants): void
  close(): void
}

export interface Link {
  readonly about: About
  ask(warrant: Warrant, asking: Asking, hearer: Hearer): Talk
  /** Says something that has no answer (`notifications/roots/list_changed`); nothing where the era knows no such thing. */
  tell(method: string, params: Json | null): void
  /** Many may listen; what the server is asked for is what all of them want together. */
  listen(warrant: Warrant, wants: Wants, hearer: NoticeHearer): Listening
  /** Whether it can still be used. */
  readonly open: boolean
  close(): void
}

export interface Links {
  /**
   * The link of that speaker with that server, opened where there is none. A server that speaks both eras is spoken to in
   * that of the client.
   */
  open(warrant: Warrant, to: { server: string; speaker: Speaker; era: Era }): Promise<Link | Fault | Denial>
  close(): Promise<void>
}

/** A server as links are opened to it: over a channel that speaks MCP, or by a link that is no MCP at all (OpenAPI). */
export interface ServerPlace {
  readonly server: string
  /** What it may be spoken to in; `auto` finds out, and looks again once a day. */
  readonly eras: Era | 'auto'
  /** One link for all speakers, which then share what the server keeps of them: only where its operator says so. */
  readonly shared: boolean
  readonly connect:
    | { readonly kind: 'channel'; open(): Channel }
    | { readonly kind: 'link'; open(speaker: Speaker): Link }
}
