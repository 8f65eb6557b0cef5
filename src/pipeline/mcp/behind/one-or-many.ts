/**
 * What stands behind one address for one client. One server is called what it calls itself; several are one server to
 * their client, whose lists, names and URIs Weir makes of theirs.
 */
import { assert, unreachable } from '../../../base/assert.ts'
import type { BoundedMap } from '../../../base/bounded-map.ts'
import type { JsonObject } from '../../../base/json.ts'
import type { ToolSearch } from '../../../catalogue/search.ts'
import type { Json } from '../../../relay/mcp/channel.ts'
import type {
  About,
  Asking,
  End,
  Hearer,
  Link,
  Listening,
  NoticeHearer,
  Speaker,
  Talk,
  Wants,
  Warrant,
} from '../../../relay/mcp/link.ts'
import { type Denial, isDenial } from '../../../domain/verdict.ts'
import { type Fault, isFault } from '../../../domain/fault.ts'
import type { ToolServerEntry } from '../../road.ts'
import { showsNothing } from '../proven.ts'
import type { Behind, Client, Meant, ServersAddress } from '../behind.ts'
import { aboutMany, aboutOne } from './about.ts'
import { findIn, locate } from './find.ts'
import { type Handles, type Owner, ownerOf } from './handles.ts'
import { answerList, listMethods } from './lists.ts'
import { Fan, type Station } from './listening.ts'
import type { Member, Members } from './members.ts'
import type { BehindParts } from './parts.ts'
import { withText } from './requests.ts'
import { answerSearch } from './search-tool.ts'
import type { Spaces, View } from './space.ts'
import { hearerOf, LinkTalk, ownTalk, type Voice } from './talk.ts'

export interface Shared {
  readonly parts: BehindParts
  readonly members: Members
  readonly spaces: Spaces
  readonly handles: Handles
  readonly search: ToolSearch
  /** Links that clients had opened, by speaker and server: whatever is behind lives no longer than a request. */
  readonly spoken: BoundedMap<string, Link>
}

export class OneOrMany implements Behind {
  readonly #shared: Shared
  readonly #client: Client
  readonly #address: ServersAddress
  readonly #one: boolean
  readonly #owner: Owner
  #members: readonly Member[] | Promise<readonly Member[]> | null = null

  constructor(shared: Shared, client: Client, address: ServersAddress) {
    this.#shared = shared
    this.#client = client
    this.#address = address
    this.#one = address.kind === 'server'
    this.#owner = ownerOf(client)
  }

  async about(): Promise<About> {
    const { parts } = this.#shared
    const view = await this.#view()
    if (this.#address.kind === 'server') return aboutOne(parts, this.#client, view.members[0])
    const { sets } = this.#client.reader.snapshot.settings.tools
    const instructions = this.#address.kind === 'set' ? (sets.get(this.#address.set)?.instructions ?? null) : null
    return aboutMany(parts, this.#client, { view, instructions })
  }

  async find(method: string, params: Json | null): Promise<Meant> {
    const { known, clock } = this.#shared.parts
    const [view, task] = [() => this.#view(), (sealed: string) => this.#taskOf(sealed)]
    const nothing = (server: ToolServerEntry) => showsNothing(server, this.#client.speakerFor(server))
    return findIn({ known, clock, one: this.#one, view, task, showsNothing: nothing }, method, params)
  }

  ask(warrant: Warrant, meant: Meant, asking: Asking, hearer: Hearer): Talk {
    assert(meant.kind !== 'agent', 'agents are asked on their own road')
    switch (meant.kind) {
      case 'nothing':
        return ownTalk(Promise.resolve(errorOf(meant.error)), hearer)
      case 'own':
        return ownTalk(this.#own(asking), hearer)
      case 'tool':
        return this.#call(warrant, meant, asking, hearer)
      case 'server':
        return this.#pass(warrant, meant.server, asking, hearer)
      default:
        return unreachable(meant)
    }
  }

  tell(method: string, params: Json | null): void {
    void this.#tell(method, params)
  }

  /** Each server is listened to because this client may use it, whatever let it come here. */
  listen(_: Warrant, wants: Wants, hearer: NoticeHearer): Listening {
    const { parts } = this.#shared
    let members: readonly Member[] = []
    const station: Station = {
      one: this.#one,
      members: async () => {
        const view = await this.#view()
        members = view.members
        return members
      },
      place: (uri) => this.#viewOf(members).space.meantUri(uri),
      task: (sealed) => this.#taskOf(sealed),
      voice: (slug) => this.#voice(slug, this.#viewOf(members)),
      open: ({ server, permit }) => this.#open(permit, server),
    }
    return new Fan(parts, station, { wants, hearer })
  }

  #call(warrant: Warrant, meant: MeantTool, asking: Asking, hearer: Hearer): Talk {
    const { refusal, misfit, server, tool, listed } = meant
    if (refusal) return ownTalk(Promise.resolve({ kind: 'denial', denial: refusal }), hearer)
    if (misfit) return ownTalk(Promise.resolve(misfitOf(misfit, this.#client)), hearer)
    const params = withText(asking.params, ['name'], tool)
    const mirrors = listed?.mirrors ?? asking.mirrors
    return this.#askOf(warrant, server, () => ({ ...asking, params, mirrors }), { method: asking.method, hearer })
  }

  #pass(warrant: Warrant, server: ToolServerEntry, asking: Asking, hearer: Hearer): Talk {
    const { method, params } = asking
    const kind = listMethods.get(method)
    const isKept = kind !== undefined && (kind === 'tools' || this.#isListed(server))
    if (isKept) return ownTalk(this.#own(asking), hearer)
    const inItsWords = (view: View): Asking => {
      const place = locate({ one: this.#one, view, task: (sealed) => this.#taskOf(sealed) }, method, params)
      return place?.server === server.settings.id && place.text
        ? { ...asking, params: withText(params, ...place.text) }
        : asking
    }
    return this.#askOf(warrant, server, inItsWords, { method, hearer })
  }

  /** Lists that the catalogue could not get yet are asked for with the credential of whoever wants them. */
  #isListed({ settings }: ToolServerEntry): boolean {
    if (settings.credential.mode === 'user') return false
    return this.#shared.parts.known.listing(settings.id).health.state !== 'missing'
  }

  #askOf(warrant: Warrant, server: ToolServerEntry, inItsWords: (view: View) => Asking, heard: Heard): Talk {
    const { method, hearer } = heard
    const opening = async (): Promise<Fault | Denial | (() => Talk)> => {
      const view = await this.#view()
      const link = await this.#open(warrant, server)
      if (isDenial(link) || isFault(link)) return link
      const voice = (): Voice => this.#voice(server.settings.id, this.#viewOf(view.members))
      const asking = { ...inItsWords(view), speaker: this.#client.speakerFor(server) }
      return () => link.ask(warrant, asking, hearerOf(method, voice, hearer))
    }
    return new LinkTalk(opening(), hearer)
  }

  async #own({ method, params }: Asking): Promise<End> {
    const client = this.#client
    const { handles, search, parts } = this.#shared
    const kind = listMethods.get(method)
    const [one, owner] = [this.#one, this.#owner]
    if (kind === undefined) return answerSearch({ client, view: await this.#view(), search }, params)
    const [only] = one ? (await this.#view()).members : []
    // The only server there is may be waited for.
    if (only) await parts.known.fresh(only.slug, only.server.settings.definitions_max_age_ms, [kind])
    const view = await this.#view()
    const address = JSON.stringify(this.#address)
    return answerList({ client, view, one, handles, owner, address }, { method, kind, params })
  }

  #taskOf(sealed: string): { readonly server: string; readonly id: string } | null {
    return this.#shared.handles.openTask(this.#owner, sealed)
  }

  /** Only over links that are open: no server is greeted to be told something. */
  async #tell(method: string, params: Json | null): Promise<void> {
    for (const { server } of (await this.#view()).members) {
      const link = this.#shared.spoken.get(spokenOver(this.#client.speakerFor(server), server))
      if (link?.open) link.tell(method, params)
    }
  }

  /** Who stands behind the address is found out once for this client; what is known of them is looked at each time. */
  async #view(): Promise<View> {
    this.#members ??= this.#shared.members.at(this.#address, this.#client.reader)
    return this.#viewOf(this.#members instanceof Promise ? await this.#members : this.#members)
  }

  #viewOf(members: readonly Member[]): View {
    return this.#shared.spaces.view(members, this.#one)
  }

  #voice(server: string, { space }: View): Voice {
    const { handles } = this.#shared
    return {
      server,
      labelled: !this.#one,
      names: {
        uri: (uri) => space.shownUri({ server, uri }),
        task: (id) => handles.closeTask(this.#owner, server, id),
      },
    }
  }

  async #open(warrant: Warrant, server: ToolServerEntry): Promise<Link | Fault | Denial> {
    const { era } = this.#client
    const speaker = this.#client.speakerFor(server)
    const link = await this.#shared.parts.links.open(warrant, { server: server.settings.id, speaker, era })
    // A client of the modern era has nothing to tell outside of requests.
    if (era === 'legacy' && !isDenial(link) && !isFault(link))
      this.#shared.spoken.set(spokenOver(speaker, server), link)
    return link
  }
}

/** By what the link of a speaker is found again. */
function spokenOver({ key }: Speaker, { settings }: ToolServerEntry): string {
  return JSON.stringify([key, settings.id])
}

type MeantTool = Extract<Meant, { kind: 'tool' }>

interface Heard {
  readonly method: string
  readonly hearer: Hearer
}

function errorOf(error: JsonObject): End {
  return { kind: 'error', error: Buffer.from(JSON.stringify(error)) }
}

/** What does not fit is told to the model, which can say it better the next time. */
function misfitOf(misfit: string, { era }: Client): End {
  const kind = era === 'modern' ? { resultType: 'complete' } : {}
  const result = { ...kind, content: [{ type: 'text', text: misfit }], isError: true }
  return { kind: 'result', result: Buffer.from(JSON.stringify(result)) }
}
