import type { Millis } from '../base/clock.ts'
import type { RunId } from '../domain/ids.ts'
import type { Denial } from '../domain/verdict.ts'

/**
 * The contract between a listener (edge) and whoever answers (pipeline, admin). Everything in an Inbound was
 * copied off the socket, so it may be kept across awaits.
 */
export interface Inbound {
  /** Upper case. */
  readonly method: string
  /** Canonical raw path without the query: ingress refused everything else. */
  readonly path: string
  /** Without the question mark; '' if there is none. */
  readonly query: string
  readonly headers: HeaderMap
  readonly body: Buffer
  readonly receivedAt: Millis
  /** Monotonic milliseconds at the first byte, for durations. */
  readonly startedAt: number
  /** Address of the peer, for the log and for verification budgets. */
  readonly peer: string
  /** DER of the certificate the peer proved to hold in its TLS handshake, checked against `gateway.tls.client_ca`; null without one. */
  readonly clientCert: Uint8Array | null
}

/** Request headers by lower-case name. Repeated list headers are joined with `, `; singletons were checked at ingress. */
export type HeaderMap = ReadonlyMap<string, string>

/** Response headers in the order they are written. */
export type HeaderList = readonly (readonly [name: string, value: string])[]

/** One answer. Every method is safe to call after the peer has gone; then it does nothing. */
export interface Reply {
  /** Whole answer at once. */
  send(status: number, headers: HeaderList, body: Uint8Array | string): void
  /** Starts a streamed answer: status and headers leave at once. */
  begin(status: number, headers: HeaderList): void
  /** Returns false when the peer does not keep up: stop writing until `onDrain`. The bytes are taken in either case. */
  write(chunk: Uint8Array | string): boolean
  /** Ends a streamed answer. */
  end(): void
  /** Cuts the connection, so that the peer sees a failure and not an end. */
  cut(): void
  /** Called whenever the peer has taken what was buffered. One handler; a later call replaces it. */
  onDrain(handler: () => void): void
  /** Called once if the peer goes away before the answer has ended. One handler; a later call replaces it. */
  onGone(handler: () => void): void
  /** The peer has gone or the answer has ended. */
  readonly closed: boolean
  /** Bytes taken from us and not yet taken by the peer. */
  readonly buffered: number
  /**
   * Told of a refusal of Weir's own right before it is written. Only somebody inside Weir listens, who says it in the words of
   * another protocol: what a target says may look like a refusal of ours, and this cannot.
   */
  refused?(denial: Denial, said: RefusalSaid): void
}

/** How a refusal is told. */
export interface RefusalSaid {
  /** What a model reads. */
  readonly sentence: string
  /** The run that may be named beside it. */
  readonly run: RunId | null
}

/** Answers one request; never throws, never rejects (a Bug is caught by the listener and answered 500 with an id). */
export type Serve = (inbound: Inbound, reply: Reply) => void | Promise<void>
