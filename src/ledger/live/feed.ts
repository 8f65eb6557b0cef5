/**
 * The listener of the archive thread that tells the gateway's thread what happens, while somebody reads it there. Of one run
 * only so many calls a second are told, then the newest with how many were left out; what the other thread does not take
 * in time is dropped, and said to be.
 */
import type { Millis } from '../../base/clock.ts'
import type { RunId } from '../../domain/ids.ts'
import type { LiveEvent } from '../../domain/live-event.ts'
import type { Numbered } from '../../domain/record.ts'
import type { Listener } from '../listener.ts'
import { type LiveBatch, LiveMemory, underWay_max } from './contract.ts'
import { liveEventOf } from './event-of.ts'

export interface LiveFeedWorld {
  readonly memory: SharedArrayBuffer
  readonly now: () => Millis
  readonly post: (batch: LiveBatch) => void
}

/** Calls of one run, allowed or refused, and of all runs that are told in a second. */
const callsOfRun_max = 20
const calls_max = 1000
const window_ms = 1000
/** Between two batches. */
const batch_ms = 100

interface Folding {
  told: number
  /** The newest that was not told. */
  last: LiveEvent | null
  folded: number
}

export function openLiveFeed(world: LiveFeedWorld): Listener {
  const feed = new Feed(world)
  return {
    name: 'live',
    entries: (batch) => feed.hear(batch),
    tick: () => feed.turn(),
    close: () => feed.close(),
  }
}

class Feed {
  readonly #world: LiveFeedWorld
  readonly #memory: LiveMemory
  #posted: number
  #lost: boolean
  #draft: Draft | null = null
  #timer: NodeJS.Timeout | null = null
  #windowFrom: Millis = 0
  #calls = 0
  readonly #folding = new Map<string, Folding>()

  constructor(world: LiveFeedWorld) {
    this.#world = world
    this.#memory = new LiveMemory(world.memory)
    // Another feed told before this one: what came between them is not told.
    this.#posted = this.#memory.taken
    this.#lost = this.#posted > 0
  }

  hear(batch: readonly Numbered[]): void {
    const { wanted } = this.#memory
    const [first, last] = [batch[0], batch.at(-1)]
    if (!first || !last) return
    if (wanted === 0) return this.#forget()
    const level = wanted === 2 ? 2 : 1
    // What was heard for another level is told before.
    if (this.#draft && this.#draft.level !== level) this.#post()
    this.turn()
    const draft = (this.#draft ??= { from: first.seq, to: first.seq, level, events: [], touched: new Map() })
    for (const numbered of batch) this.#take(draft, numbered)
    draft.to = last.seq
    if (draft.events.length >= calls_max) this.#post()
    else this.#timer ??= setTimeout(() => this.#post(), batch_ms)
  }

  /** A new second: what was left out in the one before is told by its newest. */
  turn(): void {
    const now = this.#world.now()
    if (now - this.#windowFrom < window_ms) return
    this.#windowFrom = now
    this.#calls = 0
    const left = [...this.#folding.values()].flatMap(({ last, folded }) => (last ? [withFolded(last, folded - 1)] : []))
    this.#folding.clear()
    if (this.#draft) return void this.#draft.events.push(...left)
    if (left.length === 0) return
    const to = Math.max(...left.map(({ seq }) => seq))
    this.#draft = { from: to + 1, to, level: 2, events: left, touched: new Map() }
    this.#post()
  }

  close(): void {
    this.#post()
    this.#forget()
  }

  #take(draft: Draft, { seq, entry }: Numbered): void {
    const event = liveEventOf(seq, entry)
    if (!event) return
    if (event.kind !== 'call') return void draft.events.push(event)
    const { run, decision } = event.row
    if (run) draft.touched.set(run, (draft.touched.get(run) ?? 0) + 1)
    if (draft.level === 1 && event.topics.length === 1) return
    const key = this.#calls < calls_max ? `${run ?? ''} ${decision}` : 'others'
    const known = this.#folding.get(key) ?? { told: key === 'others' ? callsOfRun_max : 0, last: null, folded: 0 }
    this.#folding.set(key, known)
    if (known.told < callsOfRun_max) {
      known.told += 1
      this.#calls += 1
      draft.events.push(event)
    } else {
      known.folded += 1
      known.last = event
    }
  }

  #post(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    const draft = this.#draft
    this.#draft = null
    if (!draft) return
    if (this.#posted - this.#memory.taken >= underWay_max) {
      this.#lost = true
      return
    }
    this.#posted += 1
    const { from, to, level, events, touched } = draft
    this.#world.post({ from, to, level, lost: this.#lost, events, touched: [...touched] })
    this.#lost = false
  }

  /** Nobody reads any more. */
  #forget(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    this.#draft = null
    this.#lost = false
    this.#folding.clear()
  }
}

function withFolded(event: LiveEvent, folded: number): LiveEvent {
  return folded > 0 ? { ...event, folded } : event
}

interface Draft {
  readonly from: number
  to: number
  readonly level: 1 | 2
  readonly events: LiveEvent[]
  readonly touched: Map<RunId, number>
}
