/** Links to a tool server as Weir opens them, for a speaker with no credential who can be asked everything. */
import { systemClock } from '../../src/base/clock.ts'
import { Wheel } from '../../src/base/wheel.ts'
import { isFault } from '../../src/domain/fault.ts'
import { type Denial, deny, isDenial, issuePermit } from '../../src/domain/verdict.ts'
import type { HeaderList } from '../../src/protocol/http.ts'
import type { Era } from '../../src/protocol/mcp/read-call.ts'
import { openHttpChannel } from '../../src/relay/mcp/http-channel.ts'
import type {
  Answer,
  Ask,
  Asking,
  End,
  Hearer,
  Link,
  NoticeHearer,
  ServerPlace,
  Speaker,
  Talk,
} from '../../src/relay/mcp/link.ts'
import { type LinksSettings, ServerLinks } from '../../src/relay/mcp/links.ts'
import { Transport } from '../../src/relay/wire/transport.ts'
import { upstreamAt } from '../../src/relay/wire/upstream.ts'
import { patient } from './relay.ts'

export const permit = issuePermit({ policies: [], policyHash: '' })

/** What the SDKs declare that can be asked everything. */
const everything = '{"sampling":{},"elicitation":{"form":{},"url":{}},"roots":{}}'

export function plainSpeaker(more: Partial<Speaker> = {}): Speaker {
  return {
    key: 'agent:alice',
    capabilities: Buffer.from(everything),
    credentials: () => [],
    challenged: async () => deny('upstream_unavailable', 'there is no other credential'),
    ...more,
  }
}

export interface LinksBench extends AsyncDisposable {
  readonly links: ServerLinks
  readonly wheel: Wheel
  /** Opens or fails the test. */
  link(era: Era, speaker?: Speaker): Promise<Link>
}

export interface BenchOptions {
  readonly settings?: Partial<LinksSettings>
  readonly patience?: Partial<Record<'first_byte_ms' | 'idle_ms' | 'listen_idle_ms', number>>
  readonly headers?: HeaderList
  readonly place?: Partial<ServerPlace>
  readonly answer_bytes?: number
  readonly event_bytes?: number
}

/** The server is called `files`. */
export function openLinksTo(url: string, eras: Era | 'auto' = 'auto', options: BenchOptions = {}): LinksBench {
  const wheel = new Wheel(systemClock, { tick_ms: 5, slots: 256 })
  const transport = new Transport(patient, wheel)
  const upstream = upstreamAt(url, options.headers ?? [])
  const patience = { first_byte_ms: 5000, idle_ms: 5000, listen_idle_ms: 60_000, ...options.patience }
  const { answer_bytes = 1_048_576, event_bytes = 262_144 } = options
  const maximums = { answer_bytes, event_bytes }
  const open = () => openHttpChannel({ transport, wheel, upstream, patience, maximums })
  const connect = { kind: 'channel', open } as const
  const place: ServerPlace = { server: 'files', eras, shared: false, connect, ...options.place }
  const settings = { tool_links: 64, tool_link_idle_ms: 60_000, version: '0.0.0', open_ms: 5000, ...options.settings }
  const placeOf = (server: string) => (server === 'files' ? place : null)
  const links = new ServerLinks({ clock: systemClock, wheel, placeOf, settings })
  return {
    links,
    wheel,
    async link(era, speaker = plainSpeaker()) {
      const link = await links.open(permit, { server: 'files', speaker, era })
      if (isFault(link) || isDenial(link)) throw new Error(`${link.code}: ${link.detail}`)
      return link
    },
    async [Symbol.asyncDispose]() {
      await links.close()
      wheel.stop()
      await transport.close()
    },
  }
}

export function asking(method: string, params: object | null = null, more: Partial<Asking> = {}): Asking {
  const json = params === null ? null : Buffer.from(JSON.stringify(params))
  return { method, params: json, logLevel: null, mirrors: [], trace: null, ...more }
}

/** Calls a tool of the SDK fixtures. */
export function calling(name: string, args: object = {}, more: Partial<Asking> = {}): Asking {
  return asking('tools/call', { name, arguments: args }, more)
}

export interface Heard {
  readonly notices: { readonly method: string; readonly params: unknown }[]
  readonly asks: Ask[]
  /** All ends there were; the last word of a request that rests is its ask. */
  readonly ends: End[]
  /** The first end, or the ask it rests with. */
  readonly end: Promise<End | Ask>
  readonly talk: Talk
}

type Respond = (method: string, params: unknown) => object

/** Asks and keeps everything that is said; questions are answered with what `respond` says. */
export function askOver(link: Link, what: Asking, respond: Respond | null = null, warrant = permit): Heard {
  const { promise, resolve } = Promise.withResolvers<End | Ask>()
  const heard = { notices: [] as Heard['notices'], asks: [] as Ask[], ends: [] as End[], end: promise }
  const hearer: Hearer = {
    onNotice: (method, params) => void heard.notices.push({ method, params: read(params) }),
    onAsk: (ask) => {
      heard.asks.push(ask)
      if (ask.rests) resolve(ask)
      else if (respond) talk.answer(answersTo(ask, respond))
    },
    onEnd: (end) => {
      heard.ends.push(end)
      resolve(end)
    },
  }
  const talk = link.ask(warrant, what, hearer)
  return { ...heard, talk }
}

export function answersTo(ask: Ask, respond: Respond): Map<string, Answer> {
  const answers = [...ask.questions].map(([key, { method, params }]): [string, Answer] => {
    const result = Buffer.from(JSON.stringify(respond(method, read(params))))
    return [key, { kind: 'result', result }]
  })
  return new Map(answers)
}

/** The result of a request; fails the test where it ended otherwise. */
export async function resultOf({ end }: Pick<Heard, 'end'>): Promise<Record<string, unknown>> {
  const ended = await end
  if (!('kind' in ended) || ended.kind !== 'result') throw new Error(`it ended with ${said(ended)}`)
  return read(ended.result) as Record<string, unknown>
}

export function textOf(result: Record<string, unknown>): string {
  const [first] = result['content'] as readonly { readonly text?: string }[]
  return first?.text ?? ''
}

export interface Listened {
  readonly notices: string[]
  readonly ends: unknown[]
  readonly hearer: NoticeHearer
}

export function listener(): Listened {
  const heard = { notices: [] as string[], ends: [] as unknown[] }
  const hearer: NoticeHearer = {
    onNotice: (method, params) => void heard.notices.push(params === null ? method : `${method} ${String(params)}`),
    onAsk: () => undefined,
    onEnd: (fault) => void heard.ends.push(fault),
  }
  return { ...heard, hearer }
}

function read(json: Buffer | null): unknown {
  return json === null ? null : (JSON.parse(json.toString()) as unknown)
}

function said(ended: End | Ask | Denial): string {
  return JSON.stringify(ended, (_, value: unknown) => (Buffer.isBuffer(value) ? value.toString() : value))
}
