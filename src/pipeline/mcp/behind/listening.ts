/**
 * Everything that a client listens to at an address. Changes of lists come from the catalogue, once they are known there and
 * for however many clients; a server is listened to for one of them only where it is the only one, or watches something for
 * it. A server's own word that a list has changed only makes the catalogue look.
 */
import type { Alarm } from '../../../base/wheel.ts'
import type { ListKind } from '../../../catalogue/contract.ts'
import type { Json } from '../../../relay/mcp/channel.ts'
import type { Listening, NoticeHearer, Wants } from '../../../relay/mcp/link.ts'
import { Lane } from './lane.ts'
import type { Member } from './members.ts'
import type { BehindParts } from './parts.ts'
import { textIn, withText } from './requests.ts'
import { askOf, noticeOf, type Voice } from './talk.ts'

type FanParts = Pick<BehindParts, 'wheel' | 'known'>

/** What a place of listening asks of whoever knows the address. */
export interface Station {
  /** Whether there is one server only, with which the client has a session of its own. */
  readonly one: boolean
  members(): Promise<readonly Member[]>
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

export class Fan implements Listening {
  readonly #parts: FanParts
  readonly #station: Station
  readonly #hearer: NoticeHearer
  readonly #lanes = new Map<string, Lane>()
  readonly #changed = new Set<string>()
  readonly #telling: Alarm
  readonly #deafen: () => void
  #members: ReadonlyMap<string, Member> = new Map()
  #wants: Wants
  #closed = false

  constructor(parts: FanParts, station: Station, { wants, hearer }: Listener) {
    this.#parts = parts
    this.#station = station
    this.#hearer = hearer
    this.#wants = wants
    this.#telling = parts.wheel.after(together_ms, () => this.#tell())
    this.#telling.cancel()
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
    for (const lane of this.#lanes.values()) lane.close()
    this.#lanes.clear()
  }

  async #gather(): Promise<void> {
    const members = await this.#station.members()
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
        warrant: member.permit,
        open: () => this.#station.open(member),
        hearer: {
          onNotice: (method, params) => {
            const lists = toldBy[method]
            if (lists) for (const list of lists) this.#parts.known.changed(member.slug, list)
            else this.#hear(method, params, voice())
          },
          onAsk: (ask, answer) => this.#hearer.onAsk(askOf(ask, voice()), answer),
        },
      },
      wants,
    )
  }

  #hear(method: string, params: Json | null, voice: Voice): void {
    const shown = noticeOf(method, params, voice)
    const isUpdate = method === 'notifications/resources/updated'
    this.#hearer.onNotice(method, isUpdate ? this.#asWatched({ said: params, shown }, voice) : shown)
  }

  /** Servers may tell of a part of what is watched (resources, subscriptions); who watches knows the whole only. */
  #asWatched({ said, shown }: { readonly said: Json | null; readonly shown: Json | null }, voice: Voice): Json | null {
    const [own, outside] = [textIn(said, ['uri']), textIn(shown, ['uri'])]
    const { resources } = this.#wants
    if (own === null || outside === null || resources.some((watched) => outside.startsWith(watched))) return shown
    const watched = resources.find((uri) => {
      const place = this.#station.place(uri)
      return place?.server === voice.server && own.startsWith(place.uri)
    })
    return watched === undefined ? shown : withText(shown, ['uri'], watched)
  }

  #wantsOf({ slug }: Member): Wants {
    const wants = this.#wants
    const { one } = this.#station
    return {
      toolsListChanged: one && wants.toolsListChanged,
      promptsListChanged: one && wants.promptsListChanged,
      resourcesListChanged: one && wants.resourcesListChanged,
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
}

export interface Listener {
  readonly wants: Wants
  readonly hearer: NoticeHearer
}

function isAny({ toolsListChanged, promptsListChanged, resourcesListChanged, resources, tasks }: Wants): boolean {
  return toolsListChanged || promptsListChanged || resourcesListChanged || resources.length + tasks.length > 0
}
