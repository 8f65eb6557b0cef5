/**
 * Which definitions are approved. Where the first that is seen is approved, that is remembered in the state directory;
 * where only the operator's file approves, that file is the one store, and every word of an operator is written into it.
 *
 *     unreadable, breaks a rule of the protocol, rejected ------------------------> quarantined
 *     the approved digest --------------------------------------------------------> approved
 *     text nobody sees, a name in other letters ----------------------------------> quarantined
 *     another digest than the approved one ---------------------------------------> changed
 *     looks like a tool of another server or speaks of one, rejected before ------> pending
 *     seen for the first time ----------------------------------------------------> approved, or pending with `lock`
 */
import type { Clock } from '../base/clock.ts'
import type { ToolState } from './contract.ts'
import type { Inspected } from './inspect.ts'
import {
  type Held,
  type LockEntries,
  type LockEntry,
  type LockProblem,
  readLock,
  sentenceOf,
  stampOfFile,
  writeLock,
} from './lock-file.ts'
import type { Shadow } from './shadows.ts'

export interface LockSettings {
  readonly approval: 'first_use' | 'lock' | 'off'
  /** Absolute. */
  readonly lock_file: string
  /** Where first uses are remembered; absolute. */
  readonly state_file: string
  /** Tools with an entry. */
  readonly tool_pins: number
}

export interface Judgement {
  readonly state: ToolState
  readonly why: string | null
}

/** An operator's word about one definition. */
export interface LockOrder {
  /** `server/tool`. */
  readonly tool: string
  readonly digest: string
  /** Canonical. */
  readonly definition: string | null
  readonly actor: string
  readonly reason: string
}

/** Why an order is not carried out: for the operator. */
export interface LockRefusal {
  readonly kind: 'off' | 'conflict' | 'unwritable'
  readonly detail: string
}

const approved: Judgement = { state: 'approved', why: null }

export class Lock {
  readonly #clock: Clock
  #settings: LockSettings
  #held: Held
  /** What counts now; ahead of the file by the first uses that are not written yet. */
  #entries: { readonly approved: Map<string, LockEntry>; readonly rejected: Map<string, LockEntry> }
  #dirty = false
  #seen: string | null = null
  #writing: Promise<unknown> = Promise.resolve()

  constructor(clock: Clock, settings: LockSettings, held: Held) {
    this.#clock = clock
    this.#settings = settings
    this.#held = held
    this.#entries = copyOf(held.entries)
  }

  get settings(): LockSettings {
    return this.#settings
  }

  get path(): string {
    return storeOf(this.#settings)
  }

  entryOf(tool: string): LockEntry | null {
    return this.#entries.approved.get(tool) ?? null
  }

  rejectionOf(tool: string): LockEntry | null {
    return this.#entries.rejected.get(tool) ?? null
  }

  /** Whether it looks like another tool is asked only where that matters. Remembers what it approves because it is seen for the first time. */
  judge(tool: string, { digest, canonical, broken, unclean }: Inspected, shadowOf: () => Shadow | null): Judgement {
    const { approval, tool_pins } = this.#settings
    const rejected = this.#entries.rejected.get(tool)
    if (broken.length > 0) return quarantined(broken.join('; '))
    if (rejected?.digest === digest) return quarantined(`rejected by ${rejected.actor}: ${rejected.reason}`)
    const entry = approval === 'off' ? undefined : this.#entries.approved.get(tool)
    const isApproved = entry?.digest === digest
    // What was only seen first is held to rules that are newer than its approval; a person's word is not.
    if (isApproved && (entry?.actor !== null || unclean.length === 0)) return approved
    if (unclean.length > 0) return quarantined(unclean.join('; '))
    if (entry) return { state: 'changed', why: `it is not what was approved ${whenOf(entry)}` }
    const shadow = shadowOf()
    if (shadow?.weight === 'quarantine') return quarantined(shadow.why)
    if (approval === 'off') return approved
    if (shadow !== null) return { state: 'pending', why: shadow.why }
    if (rejected) return { state: 'pending', why: `another definition of it was rejected by ${rejected.actor}` }
    if (approval === 'lock') return { state: 'pending', why: `${this.#settings.lock_file} does not approve it` }
    if (this.#entries.approved.size >= tool_pins)
      return { state: 'pending', why: `${tool_pins} tools are remembered already (maximums.tool_pins)` }
    const at = this.#now()
    this.#entries.approved.set(tool, {
      tool,
      digest,
      state: 'approved',
      actor: null,
      reason: null,
      at,
      definition: canonical,
    })
    this.#dirty = true
    return approved
  }

  /** Writes first uses down; null, or why they would not outlive a restart. */
  async settle(): Promise<string | null> {
    if (!this.#dirty) return null
    this.#dirty = false
    const refused = await this.#write(() => undefined)
    if (refused !== null) this.#dirty = true
    return refused?.detail ?? null
  }

  approve(order: LockOrder): Promise<LockRefusal | null> {
    return this.#decide(order, 'approved')
  }

  reject(order: LockOrder): Promise<LockRefusal | null> {
    return this.#decide(order, 'rejected')
  }

  async #decide(order: LockOrder, state: LockEntry['state']): Promise<LockRefusal | null> {
    if (this.#settings.approval === 'off')
      return { kind: 'off', detail: 'Nothing is approved or rejected while tools.approval is off.' }
    const { tool } = order
    const entry: LockEntry = { ...order, state, at: this.#now() }
    return await this.#write(({ approved, rejected }) => {
      if (state === 'approved') {
        approved.set(tool, entry)
        rejected.delete(tool)
      } else {
        if (approved.get(tool)?.digest === entry.digest) approved.delete(tool)
        rejected.set(tool, { ...entry, definition: null })
      }
    })
  }

  /**
   * Writes the approved tools into the operator's file: `tools` as they are listed, and what that file holds of servers
   * that are not in `listed`.
   */
  async lock(
    tools: readonly LockOrder[],
    listed: ReadonlySet<string>,
  ): Promise<LockRefusal | { readonly tools: number }> {
    const { lock_file: path } = this.#settings
    if (this.path === path) {
      const refused = await this.#write((entries) => prune(entries, tools, listed, this.#now()))
      return refused ?? { tools: this.#entries.approved.size }
    }
    const held = await readLock(path)
    if (held.kind === 'lock_problem') return { kind: 'unwritable', detail: sentenceOf(held) }
    const entries = copyOf(held.entries)
    prune(entries, tools, listed, this.#now())
    for (const [tool, entry] of this.#entries.rejected) entries.rejected.set(tool, entry)
    const written = await writeLock(path, held, entries)
    if (written === 'conflict' || written instanceof Error) return refusalOf(path, written)
    return { tools: entries.approved.size }
  }

  /** Reads the file again if somebody else changed it. What stood before stays where the new one cannot be read. */
  async reread(): Promise<'same' | 'changed' | LockProblem> {
    const { path } = this
    if (this.#settings.approval !== 'lock') return 'same'
    const seen = await stampOfFile(path)
    if (seen === this.#seen) return 'same'
    await this.#writing
    const held = await readLock(path)
    if (path !== this.path) return 'same'
    this.#seen = seen
    if (held.kind === 'lock_problem') return held
    if (held.stamp === this.#held.stamp) return 'same'
    this.#take(held)
    return 'changed'
  }

  /** Other settings from now on; nothing changes where their file cannot be read. */
  async use(settings: LockSettings): Promise<LockProblem | null> {
    if (storeOf(settings) === this.path) {
      this.#settings = settings
      return null
    }
    const held = await readLock(storeOf(settings))
    if (held.kind === 'lock_problem') return held
    await this.#writing
    this.#settings = settings
    this.#seen = null
    this.#take(held)
    return null
  }

  #take(held: Held): void {
    this.#held = held
    this.#entries = copyOf(held.entries)
    this.#dirty = false
  }

  /** One write after the other; what is decided counts once it is on the disk. */
  #write(edit: Edit): Promise<LockRefusal | null> {
    const written = this.#writing.then(() => this.#writeNow(edit))
    this.#writing = written
    return written
  }

  async #writeNow(edit: Edit): Promise<LockRefusal | null> {
    const { path } = this
    const next = copyOf(this.#entries)
    edit(next)
    const held = await writeLock(path, this.#held, next)
    if (held === 'conflict') await this.#reopen(path)
    if (held === 'conflict' || held instanceof Error) return refusalOf(path, held)
    this.#held = held
    this.#seen = await stampOfFile(path)
    // First uses of meanwhile stay beside what was written.
    edit(this.#entries)
    return null
  }

  async #reopen(path: string): Promise<void> {
    const held = await readLock(path)
    if (held.kind === 'held') this.#take(held)
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString()
  }
}

type Edit = (entries: Mutable) => void
type Mutable = { readonly approved: Map<string, LockEntry>; readonly rejected: Map<string, LockEntry> }

/** A file that cannot be read is a reason not to start: who edited it wants it to count. */
export async function openLock(clock: Clock, settings: LockSettings): Promise<Lock | LockProblem> {
  const held = await readLock(storeOf(settings))
  return held.kind === 'lock_problem' ? held : new Lock(clock, settings, held)
}

function storeOf({ approval, lock_file, state_file }: LockSettings): string {
  return approval === 'lock' ? lock_file : state_file
}

function prune(
  { approved, rejected }: Mutable,
  tools: readonly LockOrder[],
  listed: ReadonlySet<string>,
  at: string,
): void {
  const now = new Set(tools.map(({ tool }) => tool))
  const serverOf = (tool: string): string => tool.slice(0, tool.indexOf('/'))
  for (const tool of approved.keys()) if (listed.has(serverOf(tool)) && !now.has(tool)) approved.delete(tool)
  for (const order of tools) {
    if (approved.get(order.tool)?.digest !== order.digest) approved.set(order.tool, { ...order, state: 'approved', at })
    if (rejected.get(order.tool)?.digest === order.digest) rejected.delete(order.tool)
  }
}

function copyOf({ approved, rejected }: LockEntries): Mutable {
  return { approved: new Map(approved), rejected: new Map(rejected) }
}

function quarantined(why: string): Judgement {
  return { state: 'quarantined', why }
}

function whenOf({ actor, at }: LockEntry): string {
  return `${actor === null ? 'when it was first seen' : `by ${actor}`}, ${at.slice(0, 10)}`
}

function refusalOf(path: string, why: 'conflict' | Error): LockRefusal {
  if (why === 'conflict')
    return {
      kind: 'conflict',
      detail: `${path} was changed by somebody else meanwhile. It was read again; look and repeat.`,
    }
  return { kind: 'unwritable', detail: `${path} cannot be written: ${why.message}` }
}
