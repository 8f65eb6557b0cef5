/**
 * One timer for ten thousand streams. Alarms lie in the slots of a wheel that turns once a tick; putting one off
 * only writes a number, and the alarm moves when its old slot comes by. An alarm rings at its time or up to two
 * ticks later, never earlier.
 *
 *     slot:   0   1   2  [3]  4  ...  n-1      the hand is at 3; an alarm more than n ticks away lies in
 *                         ^                    its slot and lets the hand pass until its time has come
 */
import type { Clock } from './clock.ts'

/** One thing that rings later. It can be put off or called off as often as one likes, also after it rang. */
export interface Alarm {
  /** Rings `delay_ms` from now instead of whenever it was to ring; also sets an alarm again that rang or was called off. */
  push(delay_ms: number): void
  cancel(): void
}

export interface WheelSettings {
  readonly tick_ms: number
  /** More slots mean fewer alarms to look at per tick. */
  readonly slots: number
}

const usual: WheelSettings = { tick_ms: 50, slots: 1024 }

export class Wheel {
  readonly #clock: Clock
  readonly #tick_ms: number
  readonly #slots: Slot[]
  #hand: number
  #size = 0
  #ticker: NodeJS.Timeout | null = null

  constructor(clock: Clock, settings: WheelSettings = usual) {
    this.#clock = clock
    this.#tick_ms = settings.tick_ms
    this.#slots = Array.from({ length: settings.slots }, newSlot)
    this.#hand = this.#tickAt(clock.monotonic())
  }

  /** How many alarms are set. */
  get size(): number {
    return this.#size
  }

  /** An alarm that calls `ring` in `delay_ms`. `ring` must not throw. */
  after(delay_ms: number, ring: () => void): Alarm {
    const entry: Entry = { ring, due: 0, slot: null, before: null, after: null }
    this.#push(entry, delay_ms)
    return { push: (later_ms) => this.#push(entry, later_ms), cancel: () => this.#remove(entry) }
  }

  /** Rings everything that is due; the ticker calls it, and tests with a manual clock. */
  turn(): void {
    const now = this.#clock.monotonic()
    const upTo = this.#tickAt(now)
    const from = Math.max(this.#hand, upTo - this.#slots.length + 1)
    this.#hand = upTo
    for (let tick = from; tick <= upTo; tick += 1) this.#ringSlot(this.#slotAt(tick), now)
    if (this.#size === 0) this.stop()
  }

  /** Stops the ticker; it starts again with the next alarm. */
  stop(): void {
    if (this.#ticker) clearInterval(this.#ticker)
    this.#ticker = null
  }

  #ringSlot(slot: Slot, now: number): void {
    // Taken off as a whole first: what rings may set and cancel alarms, also in this very slot.
    const entries: Entry[] = []
    for (let entry = slot.first; entry !== null; entry = entry.after) entries.push(entry)
    for (const entry of entries) {
      if (entry.slot !== slot) continue
      const due = entry.due
      this.#remove(entry)
      if (due <= now) entry.ring()
      else this.#insert(entry)
    }
  }

  #push(entry: Entry, delay_ms: number): void {
    const due = this.#clock.monotonic() + delay_ms
    const putOff = entry.slot !== null && due >= entry.due
    entry.due = due
    if (putOff) return
    this.#remove(entry)
    this.#insert(entry)
  }

  #insert(entry: Entry): void {
    const slot = this.#slotAt(Math.max(this.#hand, this.#tickAt(entry.due)) + 1)
    entry.slot = slot
    entry.after = slot.first
    if (slot.first) slot.first.before = entry
    slot.first = entry
    this.#size += 1
    this.#ticker ??= setInterval(() => this.turn(), this.#tick_ms).unref()
  }

  #remove(entry: Entry): void {
    const { slot, before, after } = entry
    if (slot === null) return
    if (before) before.after = after
    else slot.first = after
    if (after) after.before = before
    entry.slot = entry.before = entry.after = null
    this.#size -= 1
  }

  #tickAt(time_ms: number): number {
    return Math.floor(time_ms / this.#tick_ms)
  }

  #slotAt(tick: number): Slot {
    const slot = this.#slots[tick % this.#slots.length]
    return slot ?? newSlot()
  }
}

/**
 * An alarm and its place in the list of its slot. The list is made of the alarms themselves: a set would keep what was
 * in it alive past its removal, in the tables it outgrew, until the next full collection.
 */
interface Entry {
  readonly ring: () => void
  due: number
  slot: Slot | null
  before: Entry | null
  after: Entry | null
}

interface Slot {
  first: Entry | null
}

function newSlot(): Slot {
  return { first: null }
}
