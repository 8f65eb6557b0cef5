/** What carries whole messages both ways: the standard streams of a process, or HTTP+SSE. */
import type { Fault } from '../../domain/fault.ts'
import type { Head } from '../wire/transport.ts'
import type { Sent } from './channel.ts'

/** Why a message was not taken; where HTTP said so, with its head. */
export interface Refused {
  readonly fault: Fault
  readonly answer: { readonly status: number; readonly head: Head } | null
}

/** What carries whole messages both ways. */
export interface Line {
  /** `done` hears once whether the message was handed over, maybe before this returns. A message that waits counts as its queue. */
  write(sent: Sent, done: (refused: Refused | null) => void): void
  close(): void
}

export interface LineEars {
  onMessage(text: Buffer): void
  /** Nothing more comes; once, and last. */
  onEnd(fault: Fault): void
}

export interface LineSettings {
  /** Requests that are open at once. */
  readonly open_max: number
  /** What is held for one request whose hearer has paused. */
  readonly held_bytes: number
}
