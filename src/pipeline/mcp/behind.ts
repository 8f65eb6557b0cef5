/**
 * What a front of Weir's own stands before: one server as it is (`/mcp/s/<slug>`, where its era or its transport is not
 * that of the client), or several as one (`/mcp`, `/mcp/<set>`). A front reads and writes the client's era, holds its
 * session and governs; this knows which server is meant, what it calls things, and what its caller may see.
 */
import type { JsonObject } from '../../base/json.ts'
import type { AgentId } from '../../domain/ids.ts'
import type { ListedTool } from '../../catalogue/contract.ts'
import type { Denial } from '../../domain/verdict.ts'
import type {
  About,
  Asking,
  Hearer,
  Listening,
  NoticeHearer,
  Speaker,
  Talk,
  Wants,
  Warrant,
} from '../../relay/mcp/link.ts'
import type { Era } from '../../protocol/mcp/read-call.ts'
import type { Json } from '../../relay/mcp/channel.ts'
import type { AskedOfAgent } from './agents/asked.ts'
import type { ToolReader } from './visible-tools.ts'
import type { ToolServerEntry } from '../road.ts'

/** Whose request it is. */
export interface Client {
  readonly era: Era
  /** What decides what it sees; `server` is not looked at. */
  readonly reader: Omit<ToolReader, 'server'>
  /** The person it acts for: what Weir hands out is sealed for agent and person. */
  readonly person?: string | null
  /** How Weir speaks for it to a server. */
  speakerFor(server: ToolServerEntry): Speaker
}

/** What a request is about. */
export type Meant =
  /** A tool, by its server and its name there: a hop to `<server>/<tool>`. `refusal` where its definition may not be called. */
  | {
      readonly kind: 'tool'
      readonly server: ToolServerEntry
      readonly tool: string
      readonly refusal: Denial | null
      /** Why its arguments do not fit its schema, as a sentence for the model; `ask` answers with it in place of the server. */
      readonly misfit?: string | null
      /** Its definition as it was judged. */
      readonly listed?: ListedTool
    }
  /** An agent as a tool: a call to it on the road of A2A, and no hop here. `tool` is what its caller knows it by. */
  | { readonly kind: 'agent'; readonly agent: AgentId; readonly tool: string; readonly asked: AskedOfAgent }
  /** A tool of Weir's own, which only shows what the caller may see anyway: no hop. */
  | { readonly kind: 'own' }
  /** Something else of that server. */
  | { readonly kind: 'server'; readonly server: ToolServerEntry }
  /** Nothing has that name, or nobody knows that method: the object of a JSON-RPC error, -32602 or -32601. */
  | { readonly kind: 'nothing'; readonly error: JsonObject & { readonly code: number; readonly message: string } }

export interface Behind {
  /** What this address says of itself, to this client. */
  about(): Promise<About>
  /** Which server a request means. Waits only where a definition has to be looked at again. */
  find(method: string, params: Json | null): Promise<Meant>
  /** The request in the client's words; what comes back is in the client's words too, names and URIs included. */
  ask(warrant: Warrant, meant: Meant, asking: Asking, hearer: Hearer): Talk
  /** To every server that the client speaks with. */
  tell(method: string, params: Json | null): void
  listen(warrant: Warrant, wants: Wants, hearer: NoticeHearer): Listening
}

/** `server` is null for everything that the client may use, else what the set or the address names. */
export type OpenBehind = (client: Client, address: ServersAddress) => Behind

/** Where a client talks to. */
export type McpAddress = ServersAddress | OwnAddress

/** A name of Weir's own: agents as tools, or what an agent may know of itself. No set has one with an underscore. */
export interface OwnAddress {
  readonly kind: 'own'
  readonly own: '_agents' | '_weir'
}

/** Tool servers. */
export type ServersAddress =
  | { readonly kind: 'all' }
  | { readonly kind: 'set'; readonly set: string }
  | { readonly kind: 'server'; readonly server: string }
