/** Streams that are told by a mock: one event of every stream per turn of the loop, as tokens of many models come in. */
import type { BareStream } from './bare-server.ts'

export interface Telling {
  readonly stream: BareStream
  /** Told in turn. */
  readonly events: readonly [Buffer, Buffer]
  readonly last: Buffer
  /** How many events are still told before the last. */
  left: number
}

const telling = new Map<Telling, { pressed: boolean }>()
let planned = false

export function tell(one: Telling): void {
  const state = { pressed: false }
  telling.set(one, state)
  one.stream.onGone = () => telling.delete(one)
  one.stream.onDrain = () => {
    state.pressed = false
  }
  plan()
}

function plan(): void {
  if (planned || telling.size === 0) return
  planned = true
  setImmediate(() => {
    planned = false
    for (const [one, state] of telling) if (!state.pressed) state.pressed = !tellOne(one)
    plan()
  })
}

/** False where its reader does not keep up. */
function tellOne(one: Telling): boolean {
  one.left -= 1
  const room = one.stream.write(one.events[one.left % 2 === 0 ? 0 : 1])
  if (one.left > 0) return room
  telling.delete(one)
  one.stream.write(one.last)
  one.stream.end()
  return room
}
