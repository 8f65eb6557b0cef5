/**
 * The stream of one run, told as artifacts: one for each message a model writes.
 *
 *     metadata -> messages: a chunk with its message's id ... -> updates: what a node left in the state ... -> end
 *                                                             -> updates: __interrupt__ -> end
 *                                                             -> error -> end
 */
import { crc32 } from 'node:zlib'
import { type JsonObject, isJsonObject } from '../../base/json.ts'
import type { StreamEvent } from './splitters.ts'
import { eventJson, type GraphMessage, messagesOf, readMessage } from './langgraph-words.ts'
import { addUsage, type TaskIds, type Usage } from './neutral.ts'
import type { Shelf } from './shelf.ts'

/** Messages of one run that are told apart. More are counted and not compared. */
const messages_max = 512

interface Told {
  /** Its artifact. */
  readonly id: string
  /** Characters that were told of it, and their mark. */
  length: number
  mark: number
  usage: Usage | null
  /** Whether a node left it in the state: what it cost is known then. */
  whole: boolean
}

export class RunFold {
  readonly #shelf: Shelf
  readonly #messages = new Map<string, Told>()
  /** What the run waits for; null while it waits for nothing. */
  interrupts: readonly JsonObject[] | null = null
  /** What the graph failed with, for operators. */
  failure: string | null = null

  constructor(shelf: Shelf) {
    this.#shelf = shelf
  }

  /** Tokens of the messages that are new in this run. */
  get usage(): Usage | null {
    return this.used.reduce(addUsage, null)
  }

  /** The same message by message. */
  get used(): readonly (Usage | null)[] {
    return Array.from(new Set(this.#messages.values()), ({ usage }) => usage)
  }

  take(ids: TaskIds, { name, data }: StreamEvent): void {
    // Events of graphs inside the graph have its name behind a bar.
    const kind = name.split('|')[0] ?? name
    if (kind === 'error') this.failure = data.slice(0, detail_max)
    else if (kind === 'messages') this.#takeChunk(ids, eventJson(data))
    else if (kind === 'updates') this.#takeUpdate(ids, eventJson(data))
  }

  /** A message as it stands in the state; what was told of it in chunks is not told again. */
  takeWhole(ids: TaskIds, message: GraphMessage): void {
    if (message.role !== 'ai') return
    const told = this.#twinOf(message) ?? this.#toldOf(message)
    if (message.usage) told.usage = message.usage
    told.whole = true
    if (message.text === '' || isSame(told, message)) return
    told.length = message.text.length
    told.mark = crc32(message.text)
    this.#shelf.put(ids, told.id, [{ text: message.text }])
  }

  /** What was there before this run: nodes that hand on the whole conversation tell it again, and it was paid for. */
  knewBefore(messages: readonly GraphMessage[]): void {
    for (const { id } of messages) {
      const told = id === null ? undefined : this.#messages.get(id)
      if (told) told.usage = null
    }
  }

  #takeChunk(ids: TaskIds, value: unknown): void {
    const [chunk] = Array.isArray(value) ? (value as readonly unknown[]) : []
    if (!isJsonObject(chunk)) return
    const message = readMessage(chunk)
    if (message.role !== 'ai') return
    const told = this.#toldOf(message)
    if (told.whole) return
    told.usage = addUsage(told.usage, message.usage)
    if (message.text === '') return
    told.length += message.text.length
    told.mark = crc32(message.text, told.mark)
    this.#shelf.add(ids, told.id, message.text)
  }

  #takeUpdate(ids: TaskIds, value: unknown): void {
    if (!isJsonObject(value)) return
    const { __interrupt__: interrupts, ...nodes } = value
    if (Array.isArray(interrupts)) this.interrupts = interrupts.filter(isJsonObject)
    for (const update of Object.values(nodes).flat()) {
      if (!isJsonObject(update)) continue
      for (const message of messagesOf(update['messages'])) this.takeWhole(ids, message)
    }
  }

  /** Some models name a message otherwise once it is whole; it is known by its text then. */
  #twinOf(message: GraphMessage): Told | null {
    if (message.text === '' || this.#messages.has(artifactId(message))) return null
    const twin = [...this.#messages.values()].find((told) => !told.whole && isSame(told, message)) ?? null
    if (twin !== null && this.#messages.size < messages_max) this.#messages.set(artifactId(message), twin)
    return twin
  }

  #toldOf(message: GraphMessage): Told {
    const key = artifactId(message)
    const known = this.#messages.get(key)
    if (known) return known
    const fresh = { id: key, length: 0, mark: 0, usage: null, whole: false }
    if (this.#messages.size < messages_max) this.#messages.set(key, fresh)
    return fresh
  }
}

function isSame(told: Told, { text }: GraphMessage): boolean {
  return told.length === text.length && told.mark === crc32(text)
}

/** Records keep no more of what a graph failed with. Unit: characters. */
const detail_max = 500

function artifactId({ id }: GraphMessage): string {
  return id ?? 'answer'
}
