/** Which instance an ask goes to. What it has begun stays where it is; what is new goes where there is less to do. */
import type { Dice } from '../../base/dice.ts'
import type { Fault } from '../../domain/fault.ts'
import type { Ask } from '../driver.ts'
import { makeFault } from '../wire/transport.ts'
import type { Roster } from './roster.ts'
import type { Seat } from './seat.ts'

/** The instance for this ask that is none of `tried`, or why there is none. */
export function choose(roster: Roster, ask: Ask, tried: readonly Seat[], dice: Dice): Seat | Fault {
  const only = roster.seats.length === 1 && tried.length === 0 ? roster.seats[0] : undefined
  if (only && isUsual(roster, ask, only)) return only
  const home = homeOf(roster, ask)
  if (home === null) return chooseAny(roster, ask, tried, dice)
  const seat = roster.find(home)
  const free = seat && !tried.includes(seat) ? seat : null
  // A halt has to try: what is left alone may still be working.
  if (free && (ask.operation === 'cancel' || isOpen(roster, free))) return free
  if (roster.settings.shared_task_store) return chooseAny(roster, ask, tried, dice)
  if (!seat) return makeFault('connect_failed', 'the instance it belongs to is not known any more', false)
  if (!free) return makeFault('connect_failed', 'the instance it belongs to did not answer', false)
  if (!roster.hasRoom(free)) {
    return makeFault('overloaded', 'the instance it belongs to has as much open as it may', false)
  }
  // It has nowhere else to go, so it finds out ahead of time whether the instance works again: one ask at a time.
  return free.probing ? makeFault('connect_failed', 'the instance it belongs to does not answer', false) : free
}

/** Whether there is nothing to think about: most agents have one instance, and it is well. */
function isUsual(roster: Roster, { known }: Ask, only: Seat): boolean {
  const home = known.instance === null || known.instance === only.url
  return home && only.healthy && !only.drain && roster.hasRoom(only)
}

/** Where it has to go, by URL. A task from the time when there was only one instance is at the first. */
function homeOf(roster: Roster, ask: Ask): string | null {
  if (ask.known.instance !== null) return ask.known.instance
  const taskId = 'call' in ask ? ask.call.taskId : ask.taskId
  if (taskId === null || roster.settings.shared_task_store) return null
  return roster.seats[0]?.url ?? null
}

function isOpen(roster: Roster, seat: Seat): boolean {
  return (seat.healthy || seat.due) && roster.hasRoom(seat)
}

function chooseAny(roster: Roster, ask: Ask, tried: readonly Seat[], dice: Dice): Seat | Fault {
  const fresh = roster.seats.filter((seat) => !seat.drain && !tried.includes(seat))
  const roomy = fresh.filter((seat) => roster.hasRoom(seat))
  const contextId = 'call' in ask ? ask.call.contextId : null
  // Nobody's probe is as good as somebody's, so one that waits for it goes first; but a conversation keeps its place.
  const due = contextId === null ? roomy.find((seat) => seat.due) : undefined
  if (due) return due
  const open = roomy.filter((seat) => seat.healthy || seat.due)
  const chosen = contextId === null ? lessBusy(open, dice) : placeOf(contextId, open)
  // Where nobody else is left, one that is left alone is tried ahead of its time.
  const last = chosen ?? roomy.find((seat) => !seat.probing)
  if (last) return last
  return fresh.length > roomy.length
    ? makeFault('overloaded', 'every instance has as much open as it may', false)
    : makeFault('connect_failed', 'no instance is left that could be asked', false)
}

/** The one with less to do of two by chance: nearly as even as looking at all, and no herd runs to the emptiest. */
function lessBusy(seats: readonly Seat[], dice: Dice): Seat | undefined {
  const count = seats.length
  if (count < 2) return seats[0]
  const roll = Number.parseInt(dice.hex(4), 16)
  const first = roll % count
  const second = (first + 1 + (Math.floor(roll / count) % (count - 1))) % count
  const [one, other] = [seats[first], seats[second]]
  return one && other && other.outstanding < one.outstanding ? other : one
}

/** Rendezvous hashing: the same conversation gets the same instance, and one that goes moves only its own. */
function placeOf(contextId: string, seats: readonly Seat[]): Seat | undefined {
  let best: Seat | undefined
  let bestWeight = -1
  for (const seat of seats) {
    const weight = hash(`${seat.url}\n${contextId}`)
    if (weight > bestWeight) [best, bestWeight] = [seat, weight]
  }
  return best
}

/** FNV-1a, its bits mixed once more as in MurmurHash3: without that, similar texts get similar weights. */
function hash(text: string): number {
  let bits = 0x811c9dc5
  for (let i = 0; i < text.length; i += 1) bits = Math.imul(bits ^ text.charCodeAt(i), 0x01000193)
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}
