import type { Clock } from '../base/clock.ts'
import type { Dice } from '../base/dice.ts'
import type { TlsSettings } from '../config/settings-identity.ts'

/** What every listener is asked for, whichever engine answers. Sizes in bytes, times in milliseconds. */
export interface ListenerOptions {
  /** `auto` takes uWebSockets.js where it loads and `node:http`, with a warning, where it does not. */
  readonly engine: 'auto' | 'uws' | 'node'
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** Null for clear text. */
  readonly tls: TlsSettings | null
  /** Longest request line and header block together. */
  readonly header_bytes: number
  readonly body_bytes: number
  /** Bodies below a path that may be of another size; absent for none. */
  readonly bodies_below?: { readonly prefix: string; readonly body_bytes: number }
  /** How long a request body may take from its first to its last byte. */
  readonly body_ms: number
  /** Calls under way at once; one more is answered 503. */
  readonly open_calls: number
  readonly clock: Clock
  readonly dice: Dice
  /** Told of every exception of a `Serve`, with the id the caller got in the 500. */
  onBug(bug: unknown, id: string): void
}

/** A place where requests come in. */
export interface Listener {
  readonly port: number
  readonly engine: 'uws' | 'node'
  /** Why `auto` did not take uWebSockets.js, in one sentence; null otherwise. */
  readonly warning: string | null
  /** Calls under way. */
  readonly open: number
  /** Accepts no more connections; open calls go on and their answers say `Connection: close`. */
  stop(): void
  /** Stops and cuts whatever is still open. */
  close(): Promise<void>
}

/** Why no listener could be opened, in one sentence for the operator. */
export interface ListenFailure {
  readonly kind: 'listen_failure'
  readonly detail: string
}

export function listenFailure(detail: string): ListenFailure {
  return { kind: 'listen_failure', detail }
}

export function isListenFailure(value: Listener | ListenFailure): value is ListenFailure {
  return 'kind' in value
}
