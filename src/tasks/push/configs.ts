/**
 * Push configs by task. What a client wrote is sealed as a whole, for a URL may hold a secret as well; it is opened when
 * something is posted, and in memory and on the disk it lies sealed. A config whose task is gone stays until what waits for
 * it is delivered, and takes nothing new.
 */
import { readJsonObject } from '../../base/json.ts'
import { type AgentId, isAgentId } from '../../domain/ids.ts'
import type { Journal, Shelf } from '../journal.ts'
import type { Seal } from '../seal.ts'
import type { Stored } from '../shelves.ts'
import type { PushConfig, PushDraft, PushVersion } from './contract.ts'
import { readPushConfig } from './draft.ts'

export interface ConfigEntry {
  readonly no: number
  readonly target: AgentId
  readonly taskId: string
  readonly id: string
  /** The agent whose task it is: what waits is counted by it. */
  readonly agent: string
  readonly version: PushVersion
  readonly sealed: string
  /** The task is gone. */
  readonly left: boolean
}

export type Key = Pick<ConfigEntry, 'target' | 'taskId'>

export class ConfigTable {
  readonly unreadable: number
  readonly #seal: Seal
  readonly #shelf: Shelf
  readonly #byNo = new Map<number, ConfigEntry>()
  /** Those that take events, by task and then by id. */
  readonly #byTask = new Map<string, Map<string, ConfigEntry>>()

  constructor(seal: Seal, journal: Journal, stored: readonly Stored[]) {
    this.#seal = seal
    const numbers = stored.map(([no]) => no)
    this.#shelf = journal.open('push_configs', numbers, (no) => textOf(this.#byNo.get(no)))
    this.unreadable = this.#load(stored)
  }

  get size(): number {
    return this.#byNo.size
  }

  all(): readonly ConfigEntry[] {
    return [...this.#byNo.values()]
  }

  withNumber(no: number): ConfigEntry | null {
    return this.#byNo.get(no) ?? null
  }

  find(key: Key, id: string): ConfigEntry | null {
    return this.#byTask.get(nameOf(key))?.get(id) ?? null
  }

  of(key: Key): readonly ConfigEntry[] {
    return [...(this.#byTask.get(nameOf(key))?.values() ?? [])]
  }

  /** Registers a config or replaces the one with its id; resolves like `Shelf.keep`. */
  put(key: Key & Pick<ConfigEntry, 'agent'>, draft: PushDraft & Pick<PushConfig, 'id'>): Promise<boolean> {
    const no = this.find(key, draft.id)?.no ?? this.#shelf.next()
    const { target, taskId, agent } = key
    const sealed = this.#seal.seal(JSON.stringify(draft), placeOf(no, key))
    this.#set({ no, target, taskId, agent, id: draft.id, version: draft.version, sealed, left: false })
    return this.#shelf.keep(no)
  }

  /** What the client wrote; null where the secret of the state directory is another than when it was sealed. */
  open(entry: ConfigEntry): PushDraft | null {
    const text = this.#seal.open(entry.sealed, placeOf(entry.no, entry))
    const json = text === null ? null : readJsonObject(text)
    if (!json) return null
    const authentication = { scheme: json['scheme'] ?? '', credentials: json['credentials'] ?? '' }
    const draft = readPushConfig({ ...json, token: json['token'] ?? '', authentication }, entry.version)
    return typeof draft === 'string' ? null : draft
  }

  /** It takes no more events, but is still there for those that wait. */
  leave(entry: ConfigEntry): void {
    this.#set({ ...entry, left: true })
    this.#shelf.mark(entry.no)
  }

  /** Resolves when it stays away. */
  async remove(entry: ConfigEntry): Promise<void> {
    this.#unlist(entry)
    this.#byNo.delete(entry.no)
    await this.#shelf.keep(entry.no)
  }

  #set(entry: ConfigEntry): void {
    this.#byNo.set(entry.no, entry)
    if (entry.left) return this.#unlist(entry)
    const name = nameOf(entry)
    const siblings = this.#byTask.get(name) ?? new Map<string, ConfigEntry>()
    this.#byTask.set(name, siblings.set(entry.id, entry))
  }

  #unlist({ target, taskId, id, no }: ConfigEntry): void {
    const name = nameOf({ target, taskId })
    const siblings = this.#byTask.get(name)
    // By now the id may be that of another config of another task with the same name.
    if (siblings?.get(id)?.no === no) siblings.delete(id)
    if (siblings?.size === 0) this.#byTask.delete(name)
  }

  #load(stored: readonly Stored[]): number {
    let unreadable = 0
    for (const [no, text] of stored) {
      const entry = readEntry(no, text)
      if (entry) this.#set(entry)
      else {
        unreadable += 1
        this.#shelf.drop(no)
      }
    }
    return unreadable
  }
}

/** No agent's name holds a line break, so no id can look like one of another. */
function nameOf({ target, taskId }: Key): string {
  return `${target}\n${taskId}`
}

/** A sealed config is good in its own row only. */
function placeOf(no: number, { target, taskId }: Key): string {
  return JSON.stringify(['push', no, target, taskId])
}

function textOf(entry: ConfigEntry | undefined): string | null {
  if (!entry) return null
  const { no: _, ...rest } = entry
  return JSON.stringify(rest)
}

function readEntry(no: number, text: string): ConfigEntry | null {
  const { target, taskId, id, agent, version, sealed, left } = readJsonObject(text) ?? {}
  if (typeof target !== 'string' || !isAgentId(target) || typeof taskId !== 'string' || typeof id !== 'string')
    return null
  if (typeof agent !== 'string' || typeof sealed !== 'string' || typeof left !== 'boolean') return null
  return version === '1.0' || version === '0.3' ? { no, target, taskId, id, agent, version, sealed, left } : null
}
