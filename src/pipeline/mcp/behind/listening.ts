/**
 * Everything that a client listens to at an address: lanes to all servers that it may use, and changes of what they list. A
 * server's own word that a list has changed only makes the catalogue look; the client hears of it once the list is known.
 */
import type { Alarm } from '../../../base/wheel.ts'
import type { ListKind } from '../../../catalogue/contract.ts'
import type { Listening, NoticeHearer, Wants, Warrant } from '../../../relay/mcp/link.ts'
import type { Snapshot } from '../../road.ts'
import { Lane } from './lane.ts'
import type { Member } from './members.ts'
import type { BehindParts } from './parts.ts'
import { askOf, noticeOf, type Voice } from './talk.ts'

/** What a place of listening asks of whoever knows the address. */
export interface Station {
  members(snapshot: Snapshot): Promise<readonly Member[]>
  /** Null for what is of nobody behind the address. */
  place(uri: string): { readonly server: string; readonly uri: string } | null
  task(sealed: string): { readonly server: string; readonly id: string } | null
  voice(server: string): Voice
  open(member: Member): ReturnType<BehindParts['links']['open']>
}

const toldBy: Readonly<Record<string, readonly ListKind[]>> = {
  'notifications/tools/list_changed': ['tools'],
  'notifications/prompts/list_changed': ['prompts'],
  'notifications/resources/list_changed': ['resources', 'resourceTemplates'],
}

const notices = {
  tools: ['toolsListChanged', 'notifications/tools/list_changed'],
  prompts: ['promptsListChanged', 'notifications/prompts/list_changed'],
  resources: ['resourcesListChanged', 'notifications/resources/list_changed'],
  resourceTemplates: ['resourcesListChanged', 'notifications/resources/list_changed'],
} as const satisfies Record<ListKind, readonly [keyof Wants, string]>

/** Changes of one moment are told once. Unit: ms. */
const together_ms = 50
/** How often it is looked whether policies are others now. Unit: ms. */
const look_ms = 1000

export class Fan implements Listening {
  readonly #parts: BehindParts
  readonly #station: Station
  readonly #warrant: Warrant
  readonly #hearer: NoticeHearer
  readonly #lanes = new Map<string, Lane>()
  readonly #changed = new Set<string>()
  readonly #telling: Alarm
  readonly #looking: Alarm
  readonly #deafen: () => void
  #members: ReadonlyMap<string, Member> = new Map()
  #snapshot: Snapshot
  #wants: Wants
  #closed = false

  constructor(parts: BehindParts, station: Station, warrant: Warrant, { wants, hearer }: Listener) {
    this.#parts = parts
    this.#station = station
    this.#warrant = warrant
    this.#hearer = hearer
    this.#wants = wants
    this.#snapshot = parts.snapshot()
    this.#telling = parts.wheel.after(together_ms, () => this.#tell())
    this.#telling.cancel()
    this.#looking = parts.wheel.after(look_ms, () => this.#look())
    this.#deafen = parts.known.onChange((server, list) => this.#onChange(server, list))
    void this.#gather()
  }

  use(wants: Wants): void {
    this.#wants = wants
    this.#aim()
  }

  close(): void {
    this.#closed = true
    this.#deafen()
    this.#telling.cancel()
    this.#looking.cancel()
    for (const lane of this.#lanes.values()) lane.close()
    this.#lanes.clear()
  }

  async #gather(): Promise<void> {
    const members = await this.#station.members(this.#snapshot)
    if (this.#closed) return
    this.#members = new Map(members.map((member) => [member.slug, member]))
    this.#aim()
  }

  /** Lanes to those servers of which anything is wanted, each with what is wanted of it. */
  #aim(): void {
    for (const [slug, lane] of this.#lanes) {
      if (this.#members.has(slug)) continue
      lane.close()
      this.#lanes.delete(slug)
    }
    for (const member of this.#members.values()) {
      const wants = this.#wantsOf(member)
      const lane = this.#lanes.get(member.slug)
      if (lane) lane.use(wants)
      else if (isAny(wants)) this.#lanes.set(member.slug, this.#lane(member, wants))
    }
  }

  #lane(member: Member, wants: Wants): Lane {
    const voice = (): Voice => this.#station.voice(member.slug)
    return new Lane(
      {
        wheel: this.#parts.wheel,
        warrant: this.#warrant,
        open: () => this.#station.open(member),
        hearer: {
          onNotice: (method, params) => {
            const lists = toldBy[method]
            if (lists) for (const list of lists) this.#parts.known.changed(member.slug, list)
            else this.#hearer.onNotice(method, noticeOf(method, params, voice()))
          },
          onAsk: (ask, answer) => this.#hearer.onAsk(askOf(ask, voice()), answer),
        },
      },
      wants,
    )
  }

  #wantsOf({ slug, whole }: Member): Wants {
    const wants = this.#wants
    return {
      toolsListChanged: wants.toolsListChanged,
      promptsListChanged: wants.promptsListChanged && whole,
      resourcesListChanged: wants.resourcesListChanged && whole,
      resources: wants.resources.flatMap((uri) => {
        const place = this.#station.place(uri)
        return place?.server === slug ? [place.uri] : []
      }),
      tasks: wants.tasks.flatMap((sealed) => {
        const task = this.#station.task(sealed)
        return task?.server === slug ? [task.id] : []
      }),
    }
  }

  #onChange(server: string, list: ListKind): void {
    const member = this.#members.get(server)
    if (!member) return
    this.#lanes.get(server)?.wake()
    // What a URI means may be another thing now.
    if (list === 'resources' || list === 'resourceTemplates') this.#aim()
    if (!member.whole && list !== 'tools') return
    this.#note(list)
  }

  #note(list: ListKind): void {
    const [wanted, notice] = notices[list]
    if (!this.#wants[wanted]) return
    if (this.#changed.size === 0) this.#telling.push(together_ms)
    this.#changed.add(notice)
  }

  #tell(): void {
    const changed = [...this.#changed]
    this.#changed.clear()
    for (const notice of changed) this.#hearer.onNotice(notice, null)
  }

  async #lookAround(): Promise<void> {
    await this.#gather()
    if (!this.#closed) for (const list of ['tools', 'prompts', 'resources'] as const) this.#note(list)
  }

  /** Other policies may let other things be seen. */
  #look(): void {
    if (this.#closed) return
    this.#looking.push(look_ms)
    const snapshot = this.#parts.snapshot()
    if (snapshot === this.#snapshot) return
    this.#snapshot = snapshot
    void this.#lookAround()
  }
}

export interface Listener {
  readonly wants: Wants
  readonly hearer: NoticeHearer
}

function isAny({ toolsListChanged, promptsListChanged, resourcesListChanged, resources, tasks }: Wants): boolean {
  return toolsListChanged || promptsListChanged || resourcesListChanged || resources.length + tasks.length > 0
}
