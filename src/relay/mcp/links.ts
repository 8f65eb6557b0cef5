/**
 * The pool of links: one for each server, speaker, what its client can be asked, and era, so that no session and nothing
 * a server keeps is ever shared by two who are not the same. Where the operator says that a server may be shared, one
 * for all, and over that nobody can be asked anything.
 */
import { hash } from 'node:crypto'
import { assert } from '../../base/assert.ts'
import type { Clock } from '../../base/clock.ts'
import type { Alarm, Wheel } from '../../base/wheel.ts'
import { type Fault, isFault } from '../../domain/fault.ts'
import { type Denial, isDenial } from '../../domain/verdict.ts'
import type { Era } from '../../protocol/mcp/read-call.ts'
import { faultOfBug, makeFault } from '../wire/transport.ts'
import { type ClosableLink, CountedLink } from './counted-link.ts'
import type { Link, Links, ServerPlace, Speaker, Warrant } from './link.ts'
import { openLink } from './open-link.ts'
import { Verdicts } from './probe.ts'

export interface LinksSettings {
  /** Links at once; the one that was idle longest leaves first. */
  readonly tool_links: number
  readonly tool_link_idle_ms: number
  /** Of Weir, for `clientInfo`. */
  readonly version: string
  /** Longest greeting, in milliseconds. Default: a minute, for processes that are fetched first. */
  readonly open_ms?: number
  /** How long a server on a line may be silent when it is asked for the modern era. */
  readonly silence_ms?: number
}

/** A client that says in every request something else that it can be asked has so many links to one server, and no more. */
const perSpeaker_max = 16

export interface LinksParts {
  readonly clock: Clock
  readonly wheel: Wheel
  /** Null for a server that is not there (any more). */
  placeOf(server: string): ServerPlace | null
  readonly settings: LinksSettings
}

export class ServerLinks implements Links {
  readonly #parts: LinksParts
  readonly #verdicts: Verdicts
  /** By their keys, the one used last at the end. */
  readonly #entries = new Map<string, Entry>()
  /** Those that are no longer found and still in use. */
  readonly #leaving = new Set<Entry>()
  #closed = false

  constructor(parts: LinksParts) {
    this.#parts = parts
    this.#verdicts = new Verdicts(parts.clock)
  }

  /** How many links there are. */
  get size(): number {
    return this.#entries.size + this.#leaving.size
  }

  async open(warrant: Warrant, to: { server: string; speaker: Speaker; era: Era }): Promise<Link | Fault | Denial> {
    const { server, speaker, era } = to
    assert(warrant.kind !== 'care' || warrant.server === server, 'care for one server is none for another')
    const place = this.#closed ? null : this.#parts.placeOf(server)
    if (place === null) return makeFault('refused_address', 'there is no such server', false)
    const key = place.shared ? server : keyOf(server, speaker, era)
    const known = this.#entries.get(key)
    if (known?.isUsable) return this.#use(known, speaker)
    if (known) this.#drop(known)
    if (!this.#makeRoom(place.shared ? null : ownerOf(server, speaker)))
      return makeFault('overloaded', 'too many links are open', false)
    const entry = new Entry(key, place, speaker, () => this.#onIdle(entry))
    this.#entries.set(key, entry)
    const link = await entry.begin((voice) => this.#connect(place, voice, era))
    if (isFault(link) || isDenial(link)) this.#drop(entry)
    else this.#keep(entry)
    return link
  }

  /** Whether the server speaks that era, as far as it was ever greeted; null where nobody knows. */
  speaks(server: string, era: Era): boolean | null {
    return this.#verdicts.speaks(server, era)
  }

  /** The server is another one from now on: nothing new is asked over what was opened to it. */
  forget(server: string): void {
    this.#verdicts.forget(server)
    for (const entry of this.#entries.values()) if (entry.place.server === server) this.#drop(entry)
  }

  async close(): Promise<void> {
    this.#closed = true
    const all = [...this.#entries.values(), ...this.#leaving]
    this.#entries.clear()
    this.#leaving.clear()
    await Promise.all(all.map((entry) => entry.close()))
  }

  #use(entry: Entry, speaker: Speaker): Promise<Link | Fault | Denial> {
    this.#entries.delete(entry.key)
    this.#entries.set(entry.key, entry)
    return entry.use(speaker)
  }

  async #connect(place: ServerPlace, speaker: Speaker, era: Era): Promise<ClosableLink | Fault | Denial> {
    const { connect } = place
    if (connect.kind === 'link') return connect.open(speaker)
    const { wheel, settings } = this.#parts
    const { version, open_ms = 60_000, silence_ms = 5000 } = settings
    const parts = { server: place.server, speaker, wheel, version }
    return openLink(parts, { open: connect.open, eras: place.eras, era, open_ms, silence_ms }, this.#verdicts)
  }

  #onIdle(entry: Entry): void {
    if (this.#entries.get(entry.key) === entry && entry.isUsable) this.#keep(entry)
    else this.#drop(entry)
  }

  /** For a while, also where it was forgotten while it was being opened: whoever opened it has not asked yet. */
  #keep(entry: Entry): void {
    const { tool_link_idle_ms } = this.#parts.settings
    if (entry.idle) entry.idle.push(tool_link_idle_ms)
    else entry.idle = this.#parts.wheel.after(tool_link_idle_ms, () => this.#letGo(entry))
  }

  #letGo(entry: Entry): void {
    if (!entry.isBusy) this.#drop(entry)
  }

  #drop(entry: Entry): void {
    if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key)
    if (entry.isBusy) return void this.#leaving.add(entry)
    this.#leaving.delete(entry)
    void entry.close()
  }

  /** Within all links, and within those of one speaker to one server. */
  #makeRoom(owner: string | null): boolean {
    const own =
      owner === null ? [] : [...this.#entries.values(), ...this.#leaving].filter((each) => each.owner === owner)
    const isFull = this.size >= this.#parts.settings.tool_links
    if (!isFull && own.length < perSpeaker_max) return true
    const some = own.length >= perSpeaker_max ? own : [...this.#entries.values()]
    const oldest = some.find((entry) => !entry.isBusy)
    if (oldest) this.#drop(oldest)
    return oldest !== undefined
  }
}

/** One link, from when it is being opened on. */
class Entry {
  readonly key: string
  /** Who has it with whom, whatever its client can be asked. */
  readonly owner: string
  readonly place: ServerPlace
  idle: Alarm | null = null
  readonly #onIdle: () => void
  /** Tokens end and configurations change, so the one who came last speaks for all who are the same. */
  #speaker: Speaker
  #opening: Promise<Link | Fault | Denial> | null = null
  #link: CountedLink | null = null
  #closed = false

  constructor(key: string, place: ServerPlace, speaker: Speaker, onIdle: () => void) {
    this.key = key
    this.owner = ownerOf(place.server, speaker)
    this.place = place
    this.#speaker = speaker
    this.#onIdle = onIdle
  }

  get isUsable(): boolean {
    return this.#link === null ? this.#opening !== null : this.#link.open
  }

  get isBusy(): boolean {
    return this.#link === null ? this.#opening !== null : this.#link.isBusy
  }

  begin(connect: (voice: Speaker) => Promise<ClosableLink | Fault | Denial>): Promise<Link | Fault | Denial> {
    this.#opening = this.#connect(connect).finally(() => (this.#opening = null))
    return this.#opening
  }

  use(speaker: Speaker): Promise<Link | Fault | Denial> {
    this.#speaker = speaker
    this.idle?.cancel()
    if (this.#link && !this.#link.isBusy) this.#onIdle()
    return this.#link ? Promise.resolve(this.#link) : (this.#opening ?? Promise.resolve(gone))
  }

  async close(): Promise<void> {
    this.#closed = true
    this.idle?.cancel()
    await this.#link?.closed()
  }

  async #connect(connect: (voice: Speaker) => Promise<ClosableLink | Fault | Denial>): Promise<Link | Fault | Denial> {
    const made = await connect(this.#voice()).catch(faultOfBug)
    if (isFault(made) || isDenial(made)) return made
    const link = new CountedLink(made, this.#onIdle)
    this.#link = link
    if (!this.#closed) return link
    await link.closed()
    return gone
  }

  #voice(): Speaker {
    const { key, capabilities } = this.#speaker
    return {
      key: this.place.shared ? 'shared' : key,
      capabilities: this.place.shared ? Buffer.from('{}') : capabilities,
      credentials: () => this.#speaker.credentials(),
      challenged: (status, challenge) => this.#speaker.challenged(status, challenge),
    }
  }
}

const gone = makeFault('reset', 'the link was closed', false)

function ownerOf(server: string, { key }: Speaker): string {
  return JSON.stringify([server, key])
}

function keyOf(server: string, { key, capabilities }: Speaker, era: Era): string {
  return JSON.stringify([server, key, nameOf(capabilities), era])
}

/** Capabilities that are short name themselves; no digest looks like one, for they are objects. */
const named_bytes = 256

function nameOf(capabilities: Buffer): string {
  return capabilities.length <= named_bytes
    ? capabilities.toString('latin1')
    : hash('sha256', capabilities, 'base64url')
}
