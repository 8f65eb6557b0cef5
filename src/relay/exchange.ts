/** The words of one conversation with a target: what is needed for it, and what came of it. */
import type { Clock } from '../base/clock.ts'
import type { Wheel } from '../base/wheel.ts'
import type { Fault } from '../domain/fault.ts'
import type { Denial, Hop } from '../domain/verdict.ts'
import type { A2aVersion } from '../protocol/a2a/revision.ts'
import { revisionOf } from '../protocol/a2a/dialect.ts'
import type { HeaderList } from '../protocol/http.ts'
import type { Outbound, Transport } from './transport.ts'
import type { UpstreamTls } from './upstream-tls.ts'

/** A network place where a target lives. */
export interface Upstream {
  readonly origin: string
  /** Path and query. */
  readonly path: string
  /** The operator's static headers that ours do not win over, secrets among them: name, value, name, value. */
  readonly fixed: readonly string[]
  /** Their names and those of all others the operator set, in lower case: the caller's headers do not replace them. */
  readonly taken: ReadonlySet<string>
  readonly versions: readonly A2aVersion[]
  readonly tls: UpstreamTls | null
}

/** Reads the configured address once, so that no call has to. `url` must be a valid http or https URL. */
export function upstreamAt(
  url: string,
  headers: HeaderList,
  versions: readonly A2aVersion[],
  tls: UpstreamTls | null = null,
): Upstream {
  const { origin, pathname, search } = new URL(url)
  const lower = headers.map(([name, value]) => [name.toLowerCase(), value] as const)
  const fixed = lower.filter(([name]) => !ours.has(name)).flat()
  return { origin, path: pathname + search, fixed, taken: new Set(lower.map(([name]) => name)), versions, tls }
}

/** What goes along with a hop. */
export interface Errand {
  readonly upstream: Upstream
  /** The delivery token: what the target forwards to stay in the run; null for a target that gets another token instead. */
  readonly delivery: string | null
  /** What we prove to the target ourselves: headers whose names neither operator nor caller set. */
  readonly credential: HeaderList
  /** Headers of the caller that may cross, as `headersUpwards` picks them. */
  readonly headers: HeaderList
  /** Asked before anything of a stream is passed on: why it must not go on, or null. Costs next to nothing. */
  readonly standing: () => Denial | null
  /** Called before the first byte of the target's answer is handed on. Must not throw. */
  readonly onAnswer?: () => void
}

/** An exchange under way. */
export interface Exchange {
  /** Ends the exchange at once: `gone` because nobody waits for the answer, `aborted` because we stop. */
  abort(why: 'gone' | 'aborted'): void
  /** Ends it at once and tells the caller why: the target's task is cancelled, an open stream ends with a terminal event. */
  halt(denial: Denial): void
  /** The task the target works on, as soon as it named one. */
  readonly taskId: string | null
}

/** What came of an exchange; handed over exactly once. */
export interface ExchangeOutcome {
  /** `answered` also where the answer is an error of the target. */
  readonly kind: 'answered' | 'fault' | 'gone' | 'halted'
  /** Set for `fault`. */
  readonly fault: Fault | null
  /** What the caller is told instead of an answer; a stream has told it already. Set for `fault` and `halted`. */
  readonly denial: Denial | null
  /** The answer to write; null for streams, which are written already, and where there is none. */
  readonly answer: { readonly status: number; readonly headers: HeaderList; readonly body: Uint8Array } | null
  /** JSON-RPC code if the target answered with an error. */
  readonly errorCode: number | null
  /** What the target said inside an error we do not pass on; for operators. */
  readonly detail: string | null
  /** Whether any byte of the call may have reached the target. */
  readonly sent: boolean
  /** Bytes of answer that came from the target. */
  readonly bytesIn: number
  /** Bytes of answer that were written to the caller; 0 where the pipeline writes it. */
  readonly bytesOut: number
  /** From sending to the first byte of the answer's head, null if there was none. Unit: milliseconds. */
  readonly firstByte_ms: number | null
  /** From sending to the end. Unit: milliseconds. */
  readonly upstream_ms: number
  readonly task: TaskSeen | null
}

export interface TaskSeen {
  readonly id: string
  readonly contextId: string | null
  /** As the wire spells it; null while the target has named none. */
  readonly state: string | null
  /** Whether the target still works on it, as far as the last answer or event said. */
  readonly open: boolean
}

export type Done = (outcome: ExchangeOutcome) => void

export interface RelaySettings {
  readonly first_byte_ms: number
  readonly idle_ms: number
  readonly stall_ms: number
  readonly heartbeat_ms: number
  readonly answer_bytes: number
  readonly event_bytes: number
  readonly stream_buffer_bytes: number
}

/** What every exchange works with. */
export interface Bench {
  readonly transport: Transport
  readonly wheel: Wheel
  readonly clock: Clock
  readonly settings: RelaySettings
}

/** The request as the target gets it: our headers win over the operator's, and nothing else of the caller crosses. */
export function requestOf(hop: Hop, errand: Errand, body: Uint8Array, accept = 'application/json'): Outbound {
  const { upstream } = errand
  const headers = [
    'content-type',
    'application/json',
    'accept',
    accept,
    'accept-encoding',
    'identity',
    'a2a-version',
    revisionOf(hop.call.dialect).version,
    ...(errand.delivery === null ? [] : ['txn-token', errand.delivery]),
    ...errand.credential.flat(),
    ...upstream.fixed,
  ]
  for (const [name, value] of errand.headers) if (!upstream.taken.has(name)) headers.push(name, value)
  return { method: 'POST', origin: upstream.origin, path: upstream.path, headers, body, tls: upstream.tls }
}

const ours = new Set([
  'content-type',
  'accept',
  'accept-encoding',
  'a2a-version',
  'txn-token',
  'host',
  'content-length',
])
