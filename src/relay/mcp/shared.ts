/** What a link is made of, whatever its era. */
import { assert } from '../../base/assert.ts'
import type { Wheel } from '../../base/wheel.ts'
import type { Channel } from './channel.ts'
import type { Speaker, Wants, Warrant } from './link.ts'

export interface LinkParts {
  readonly server: string
  readonly channel: Channel
  readonly speaker: Speaker
  readonly wheel: Wheel
  /** Version of Weir, for `clientInfo`. */
  readonly version: string
}

/** Requests that are open at once over one link. */
export const openTalks_max = 1024

/** What Weir may ask for itself: greetings and lists. */
const careful: ReadonlySet<string> = new Set([
  'initialize',
  'server/discover',
  'ping',
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
])

export function checkWarrant(warrant: Warrant, server: string, method: string): void {
  if (warrant.kind !== 'care') return
  assert(warrant.server === server, 'care for one server is none for another')
  assert(careful.has(method), 'what Weir asks for itself are greetings and lists')
}

export function checkListen(warrant: Warrant, server: string, wants: Wants): void {
  if (warrant.kind !== 'care') return
  assert(warrant.server === server, 'care for one server is none for another')
  assert(wants.resources.length === 0 && wants.tasks.length === 0, 'Weir itself listens to lists only')
}

/** Of ids at one server. */
export class Ids {
  #last = 0

  next(): string {
    this.#last += 1
    return String(this.#last)
  }
}

/** How long to wait before the next try of what failed so often in a row. */
export function backoff_ms(failures: number): number {
  return Math.min(30_000, 500 * 2 ** Math.min(failures, 6))
}
