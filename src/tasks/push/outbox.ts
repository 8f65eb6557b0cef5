/**
 * Events that wait for delivery, in a line for each config. All of them together have a maximum in number and in size, one
 * agent's tasks may fill a quarter of it, and one line has a maximum of its own.
 */
import type { Millis } from '../../base/clock.ts'
import { readJsonObject } from '../../base/json.ts'
import type { Journal, Shelf } from '../journal.ts'
import type { Stored } from '../shelves.ts'

export interface PushEvent {
  readonly no: number
  /** The number of its config. */
  readonly config: number
  /** The delivery id: the same each time it is posted. */
  readonly id: string
  readonly seq: number
  readonly at: Millis
  readonly body: string
}

/** What a line is asked to take. */
export type NewEvent = Omit<PushEvent, 'no'> & { readonly agent: string }

interface Line {
  readonly agent: string
  readonly events: PushEvent[]
}

export interface OutboxMaximums {
  readonly push_events: number
  readonly push_event_chars: number
}

/** A line that is longer loses its oldest events, for what is newest says most. */
const line_max = 256
/** What one agent's tasks may have waiting: this part of all. */
const share = 1 / 4

interface Load {
  events: number
  chars: number
}

export class Outbox {
  readonly unreadable: number
  readonly #maximums: OutboxMaximums
  readonly #shelf: Shelf
  readonly #lines = new Map<number, Line>()
  readonly #byNo = new Map<number, PushEvent>()
  /** Events that survive kill -9: only those may be delivered. */
  readonly #kept = new Set<number>()
  readonly #all: Load = { events: 0, chars: 0 }
  readonly #byAgent = new Map<string, Load>()

  /** `agentOf`: whose the config with a number is; events of those it does not know are dropped. */
  constructor(
    maximums: OutboxMaximums,
    journal: Journal,
    stored: readonly Stored[],
    agentOf: (config: number) => string | null,
  ) {
    this.#maximums = maximums
    const numbers = stored.map(([no]) => no)
    this.#shelf = journal.open('push_events', numbers, (no) => textOf(this.#byNo.get(no)))
    this.unreadable = this.#load(stored, agentOf)
  }

  get size(): number {
    return this.#byNo.size
  }

  /** Configs for which something waits. */
  configs(): readonly number[] {
    return [...this.#lines.keys()]
  }

  waitingFor(config: number): number {
    return this.#lines.get(config)?.events.length ?? 0
  }

  /** The event that is to be delivered next; null where none waits. */
  head(config: number): PushEvent | null {
    return this.#lines.get(config)?.events[0] ?? null
  }

  isKept({ no }: PushEvent): boolean {
    return this.#kept.has(no)
  }

  hasRoomFor({ agent, body }: Pick<NewEvent, 'agent' | 'body'>): boolean {
    const { push_events, push_event_chars } = this.#maximums
    const its = this.#byAgent.get(agent) ?? { events: 0, chars: 0 }
    const fits = (load: Load, part: number): boolean =>
      load.events < push_events * part && load.chars + body.length <= push_event_chars * part
    return fits(this.#all, 1) && fits(its, share)
  }

  /** Takes an event for which there is room. */
  add({ agent, ...event }: NewEvent): PushEvent {
    const added = { no: this.#shelf.next(), ...event }
    this.#add(added, agent)
    return added
  }

  /** Resolves true when it survives kill -9. */
  async keep(event: PushEvent): Promise<boolean> {
    const kept = await this.#shelf.keep(event.no)
    if (kept && this.#byNo.has(event.no)) this.#kept.add(event.no)
    return kept
  }

  /** The oldest that is not the head, where the line is full: it has to go. */
  crowded(config: number): PushEvent | null {
    const events = this.#lines.get(config)?.events ?? []
    return events.length < line_max ? null : (events[1] ?? null)
  }

  remove(event: PushEvent): void {
    const line = this.#lines.get(event.config)
    const at = line?.events.indexOf(event) ?? -1
    if (!line || at === -1) return
    line.events.splice(at, 1)
    if (line.events.length === 0) this.#lines.delete(event.config)
    this.#byNo.delete(event.no)
    this.#kept.delete(event.no)
    this.#weigh(line.agent, event, -1)
    this.#shelf.drop(event.no)
  }

  clear(config: number): void {
    for (let event = this.head(config); event; event = this.head(config)) this.remove(event)
  }

  #add(event: PushEvent, agent: string): void {
    const line = this.#lines.get(event.config) ?? { agent, events: [] }
    this.#lines.set(event.config, line)
    line.events.push(event)
    this.#byNo.set(event.no, event)
    this.#weigh(agent, event, 1)
  }

  #weigh(agent: string, { body }: PushEvent, sign: 1 | -1): void {
    const its = this.#byAgent.get(agent) ?? { events: 0, chars: 0 }
    this.#byAgent.set(agent, its)
    for (const load of [this.#all, its]) {
      load.events += sign
      load.chars += sign * body.length
    }
    if (its.events === 0) this.#byAgent.delete(agent)
  }

  #load(stored: readonly Stored[], agentOf: (config: number) => string | null): number {
    let unreadable = 0
    for (const [no, text] of stored) {
      const event = readEvent(no, text)
      const agent = event && agentOf(event.config)
      if (!event) unreadable += 1
      if (!event || agent === null) {
        this.#shelf.drop(no)
        continue
      }
      this.#add(event, agent)
      this.#kept.add(no)
    }
    return unreadable
  }
}

function textOf(event: PushEvent | undefined): string | null {
  if (!event) return null
  const { no: _, ...rest } = event
  return JSON.stringify(rest)
}

function readEvent(no: number, text: string): PushEvent | null {
  const { config, id, seq, at, body } = readJsonObject(text) ?? {}
  if (typeof config !== 'number' || typeof id !== 'string' || typeof seq !== 'number') return null
  return typeof at === 'number' && typeof body === 'string' ? { no, config, id, seq, at, body } : null
}
