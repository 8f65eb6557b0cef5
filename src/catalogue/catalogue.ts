/**
 * What Weir knows of the tool servers: every list read to its end, pinned, judged, and at hand without waiting. Servers are
 * looked at in the background, each by itself, so that one which is slow or gone delays nobody; what was known of it stays.
 *
 *     start, reload, every refresh_s, list_changed ---> look ---> inspect ---> judge ---> new version ---> hearers
 *     a call whose definition is too old -----------> the same look, awaited, with an end
 */
import type { Clock } from '../base/clock.ts'
import type { Alarm, Wheel } from '../base/wheel.ts'
import { type AskPage, type Known, type ListedTool, type ListKind, listKinds, type ServerListing } from './contract.ts'
import type { Inspected } from './inspect.ts'
import { toolNamed } from './listing.ts'
import { type LockEntry, sentenceOf } from './lock-file.ts'
import type { Judgement, Lock, LockOrder, LockRefusal, LockSettings } from './lock.ts'
import { type CatalogueServer, type CatalogueSettings, Place, Turns } from './place.ts'
import { Row } from './row.ts'
import { Schemas } from './schemas.ts'
import { exposedName } from './names.ts'
import { Names } from './shadows.ts'
import { changesOf, type ToolChange } from './tool-change.ts'

export interface CatalogueParts {
  readonly ask: AskPage
  /** In force now; asked by `use`. */
  readonly servers: () => readonly CatalogueServer[]
  readonly clock: Clock
  readonly wheel: Wheel
  readonly settings: CatalogueSettings
  readonly lock: Lock
  /** Hears of every tool that is changed or quarantined, once. */
  readonly onAlarm: (change: ToolChange) => void
  /** Something an operator should know, as a sentence. */
  readonly onTrouble: (sentence: string) => void
}

/** How often the lock file is looked at for what others wrote. */
const lock_look_ms = 2000
/** Looks in the background at once; those that a call waits for come on top, one a server. */
const looks_max = 64

type Hear = (server: string, list: ListKind) => void

export class Catalogue implements Known {
  readonly #parts: CatalogueParts
  readonly #places = new Map<string, Place>()
  readonly #hearers = new Set<Hear>()
  readonly #names = new Names()
  readonly #schemas = new Schemas()
  readonly #lockLook: Alarm
  readonly #looks = new Turns(looks_max)
  #closed = false

  /** Looks at every server at once, in the background. */
  constructor(parts: CatalogueParts) {
    this.#parts = parts
    this.#lockLook = parts.wheel.after(lock_look_ms, () => void this.#rereadLock())
    this.#lockLook.cancel()
    this.#follow(parts.settings)
  }

  listing(server: string): ServerListing {
    return this.#places.get(server)?.row.listing ?? new Row(server, this.#parts.clock).listing
  }

  /** `lists` says which of them matter; all if absent. */
  async fresh(server: string, age_ms: number, lists: readonly ListKind[] = listKinds): Promise<ServerListing> {
    await this.#places.get(server)?.fresh(age_ms, lists)
    return this.listing(server)
  }

  changed(server: string, list: ListKind): void {
    this.#places.get(server)?.changed(list)
  }

  onChange(hear: Hear): () => void {
    this.#hearers.add(hear)
    return () => void this.#hearers.delete(hear)
  }

  misfit(tool: ListedTool, args: Buffer | null): string | null {
    return this.#schemas.misfit(tool, 'inputSchema', args)
  }

  promiseOf(tool: ListedTool): ((structured: Buffer) => string | null) | null {
    if (!this.#schemas.has(tool, 'outputSchema')) return null
    return (structured) => this.#schemas.misfit(tool, 'outputSchema', structured)
  }

  /** Why nobody can tell whether arguments fit; null where that can be told. */
  unchecked(tool: ListedTool): string | null {
    return this.#schemas.unchecked(tool)
  }

  /** Every server that is known, with what was left out of its lists. */
  all(): readonly { readonly listing: ServerListing; readonly withheld: readonly string[] }[] {
    return [...this.#places.values()].map(({ row: { listing, withheld } }) => ({ listing, withheld }))
  }

  tool(server: string, name: string): ListedTool | null {
    const listing = this.#places.get(server)?.row.listing
    return (listing && toolNamed(listing, name)) ?? null
  }

  /** What is approved of a tool; null where nothing is. */
  entryOf(server: string, name: string): LockEntry | null {
    return this.#parts.lock.entryOf(`${server}/${name}`)
  }

  /** How definitions are approved now. */
  get approval(): Pick<LockSettings, 'approval' | 'lock_file'> {
    return this.#parts.lock.settings
  }

  /** What was found wrong with its text, whoever approved it. */
  findingsOf(server: string, name: string): readonly string[] {
    const known = this.#places.get(server)?.row.tools.find(({ key }) => key === name)
    return known ? [...known.broken, ...known.unclean] : []
  }

  /**
   * Takes a configuration into use: what is new is looked at now, what is gone is forgotten. Null, or why what was approved
   * before stays in force.
   */
  async use(settings: CatalogueSettings, lock: LockSettings): Promise<string | null> {
    const trouble = await this.#parts.lock.use(lock)
    this.#follow(settings)
    return trouble && sentenceOf(trouble)
  }

  /** Judges everything anew, because something was approved, rejected, or written into the lock file. */
  rejudge(): void {
    for (const { row } of this.#places.values()) this.#renew(row)
    void this.#settle()
  }

  /** An operator's word for the definition with that digest; `gone` where it is not the one that is listed. */
  async decide(
    verb: 'approve' | 'reject',
    { server, name, digest, ...words }: ToolOrder,
  ): Promise<LockRefusal | 'gone' | null> {
    const known = this.#places.get(server)?.row.tools.find(({ key }) => key === name)
    if (known?.digest !== digest) return 'gone'
    const refused = await this.#parts.lock[verb]({
      ...words,
      tool: `${server}/${name}`,
      digest,
      definition: known.canonical,
    })
    this.rejudge()
    return refused
  }

  /** Writes what is approved now into the operator's file. */
  async writeLock(actor: string, reason: string): Promise<LockRefusal | { readonly tools: number }> {
    const places = [...this.#places.values()]
    const orders = places.flatMap(({ row }) => {
      const items = new Map(row.tools.map((item) => [item.key, item]))
      return row.listing.tools.flatMap(({ name, state, digest, server }): readonly LockOrder[] => {
        const definition = items.get(name)?.canonical ?? null
        return state === 'approved' ? [{ tool: `${server}/${name}`, digest, definition, actor, reason }] : []
      })
    })
    const listed = new Set(
      places.flatMap(({ row: { listing, server } }) => (listing.health.state === 'fresh' ? [server] : [])),
    )
    const done = await this.#parts.lock.lock(orders, listed)
    this.rejudge()
    return done
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#lockLook.cancel()
    for (const [slug, place] of this.#places) this.#forget(slug, place)
    this.#hearers.clear()
    await this.#settle()
  }

  #follow(settings: CatalogueSettings): void {
    const servers = new Map(this.#parts.servers().map((server) => [server.slug, server]))
    for (const [slug, place] of this.#places) if (!servers.has(slug)) this.#forget(slug, place)
    for (const [slug, server] of servers) {
      const known = this.#places.get(slug)
      if (known) known.use(server, settings)
      else this.#places.set(slug, this.#open(server, settings))
    }
    if (this.approval.approval === 'lock') this.#lockLook.push(lock_look_ms)
    this.rejudge()
  }

  #open(server: CatalogueServer, settings: CatalogueSettings): Place {
    const { ask, clock, wheel } = this.#parts
    const parts = { ask, clock, wheel, looks: this.#looks, onLook: (place: Place) => this.#looked(place) }
    return new Place(server, settings, parts)
  }

  #forget(slug: string, place: Place): void {
    place.close()
    this.#places.delete(slug)
    this.#names.set(slug, [])
  }

  /** A look is over: what is known now is judged, and written down where it was seen for the first time. */
  async #looked({ row }: Place): Promise<void> {
    if (this.#names.set(row.server, nameables(row))) return this.rejudge()
    this.#renew(row)
    await this.#settle()
  }

  /** Pinned and judged first, told afterwards. */
  #renew(row: Row): void {
    const before = row.listing
    const changed = row.renew((name, inspected) => this.#judge(row.server, name, inspected))
    if (changed.includes('tools'))
      for (const change of changesOf(before.tools, row.listing.tools, this.#parts.lock)) this.#parts.onAlarm(change)
    for (const list of changed) for (const hear of this.#hearers) hear(row.server, list)
  }

  #judge(server: string, name: string, inspected: Inspected): Judgement {
    const { mentions } = inspected
    return this.#parts.lock.judge(`${server}/${name}`, inspected, () =>
      this.#names.shadowOf({ server, name, mentions }),
    )
  }

  async #settle(): Promise<void> {
    const trouble = await this.#parts.lock.settle()
    if (trouble !== null)
      this.#parts.onTrouble(`Tools seen for the first time would be new again after a restart: ${trouble}`)
  }

  /** Others write into it only where it is the operator's. */
  async #rereadLock(): Promise<void> {
    const read = await this.#parts.lock.reread()
    if (this.#closed) return
    if (read === 'changed') this.rejudge()
    else if (read !== 'same') this.#parts.onTrouble(`${sentenceOf(read)}. What it said before stays in force.`)
    if (this.approval.approval === 'lock') this.#lockLook.push(lock_look_ms)
  }
}

/** An operator's word about one definition of one tool. */
export interface ToolOrder {
  readonly server: string
  readonly name: string
  readonly digest: string
  readonly actor: string
  readonly reason: string
}

function nameables({ server, tools }: Row) {
  return tools.map(({ key }) => ({ server, name: key ?? '', exposed: exposedName(server, key ?? '') }))
}
