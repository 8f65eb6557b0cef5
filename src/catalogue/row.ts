/** What is known of one server, list by list, and how it was come by: the listing is made of this. */
import { assert } from '../base/assert.ts'
import type { Clock, Millis } from '../base/clock.ts'
import {
  type AskPage,
  type ListingHealth,
  type ListKind,
  listKinds,
  type PageFault,
  type ServerListing,
} from './contract.ts'
import { drain, type DrainMaximums } from './drain.ts'
import { inspect, type InspectionMaximums, type Inspected, readKey } from './inspect.ts'
import { isSame, type Judge, listedOf, sorted, toolsOf } from './listing.ts'

export interface CatalogueMaximums extends DrainMaximums, InspectionMaximums {}

/** A list as far as it is known. */
interface KnownList {
  /** Null before it was read once. */
  items: readonly Inspected[] | null
  /** As they came: what did not change is not looked at again. */
  raw: readonly Inspected[]
  fault: string | null
  /** Monotonic time of the beginning of the last look, whatever came of it. */
  lookedAt: number
}

const notAsked = 'it was not asked yet'
/** The main thread does something else after so many milliseconds of looking at definitions. */
const slice_ms = 1

export class Row {
  readonly server: string
  readonly #clock: Clock
  readonly #lists = new Map<ListKind, KnownList>(listKinds.map((list) => [list, unknown()]))
  #since: Millis
  listing: ServerListing
  /** What was left out of lists that have no states, and why. */
  withheld: readonly string[] = []

  constructor(server: string, clock: Clock) {
    this.server = server
    this.#clock = clock
    this.#since = clock.now()
    const health: ListingHealth = { state: 'missing', since: this.#since, detail: notAsked }
    const none = { tools: [], prompts: [], resources: [], resourceTemplates: [] }
    this.listing = { server, ...none, health, version: 0 }
  }

  get tools(): readonly Inspected[] {
    return this.#list('tools').items ?? []
  }

  /** Those of the lists that were last looked at longer ago than that. */
  olderThan(age_ms: number, lists: readonly ListKind[]): readonly ListKind[] {
    const since = this.#clock.monotonic() - age_ms
    return lists.filter((list) => this.#list(list).lookedAt < since)
  }

  /** Reads lists to their end, all at once, and looks at every definition. A list that fails stays as it was. */
  async look(lists: readonly ListKind[], how: Looking): Promise<void> {
    const startedAt = this.#clock.monotonic()
    const read = await Promise.all(lists.map((list) => Promise.race([this.#read(list, how), how.timeUp])))
    for (const [i, list] of lists.entries()) {
      const known = this.#list(list)
      const got = read[i]
      known.lookedAt = startedAt
      if (got === undefined) continue
      if ('kind' in got) known.fault = got.detail
      else Object.assign(known, { items: sorted(got), raw: got, fault: null })
    }
    if (this.#faults().length === 0) this.#since = this.#clock.now()
  }

  /** Makes the listing anew of what is known; the lists in which anything is different. */
  renew(judge: Judge): readonly ListKind[] {
    const { server, listing: before } = this
    const tools = toolsOf(server, this.tools, { before: before.tools, judge })
    const others = (['prompts', 'resources', 'resourceTemplates'] as const).map(
      (list) => [list, listedOf(server, list, this.#list(list).items ?? [])] as const,
    )
    this.withheld = others.flatMap(([, { withheld }]) => withheld)
    const now = {
      tools,
      ...(Object.fromEntries(others.map(([list, { listed }]) => [list, listed])) as Omit<Lists, 'tools'>),
    }
    const changed = listKinds.filter((list) => !isSame(now[list], before[list]))
    const health = this.#health()
    const isOther = changed.length > 0 || health.state !== before.health.state || health.detail !== before.health.detail
    this.listing = { server, ...now, health, version: before.version + Number(isOther) }
    return changed
  }

  #health(): ListingHealth {
    const faults = this.#faults()
    const left = this.withheld.length > 0 ? [`${this.withheld.length} withheld: ${this.withheld[0]}`] : []
    const isMissing = this.#list('tools').items === null
    const detail = [...faults, ...left].join('; ') || (isMissing ? notAsked : null)
    const state = isMissing ? 'missing' : faults.length > 0 ? 'stale' : 'fresh'
    return { state, since: this.#since, detail }
  }

  #faults(): readonly string[] {
    return listKinds.flatMap((list) => {
      const { fault } = this.#list(list)
      return fault === null ? [] : [`${list}: ${fault}`]
    })
  }

  async #read(list: ListKind, { ask, maximums, over }: Looking): Promise<readonly Inspected[] | PageFault> {
    const drained = await drain(ask, { server: this.server, list, over }, maximums)
    if (drained.kind === 'failed') return drained
    const before = new Map(this.#list(list).raw.map((item) => [item.key, item]))
    const items: Inspected[] = []
    let sliceEnds = this.#clock.monotonic() + slice_ms
    for (const definition of drained.items) {
      const known = before.get(readKey(list, definition))
      const isKnown = known !== undefined && known.definition.equals(definition)
      items.push(isKnown ? known : inspect(list, definition, maximums))
      if (this.#clock.monotonic() < sliceEnds) continue
      await new Promise((resolve) => setImmediate(resolve))
      if (over()) return { kind: 'failed', detail: 'its time is over' }
      sliceEnds = this.#clock.monotonic() + slice_ms
    }
    return items
  }

  #list(list: ListKind): KnownList {
    const known = this.#lists.get(list)
    assert(known !== undefined, 'every list has a place')
    return known
  }
}

function unknown(): KnownList {
  return { items: null, raw: [], fault: null, lookedAt: -Infinity }
}

type Lists = Pick<ServerListing, ListKind>

export interface Looking {
  readonly ask: AskPage
  readonly maximums: CatalogueMaximums
  /** Resolves when the server had all the time it gets. */
  readonly timeUp: Promise<PageFault>
  /** Nobody waits for the rest any more. */
  over(): boolean
}
