/**
 * What things are called at an address: as at their server where it is the only one, else by names and URIs that only one
 * of them can mean. Made of the lists as they stand, and kept until one of them changes.
 */
import { BoundedMap } from '../../../base/bounded-map.ts'
import type { Known, Listed, ListedTool, ListKind, ServerListing } from '../../../catalogue/contract.ts'
import { type DefinitionMember, renameDefinition, type Renames } from '../../../protocol/mcp/renames.ts'
import { type Located, UriSpace } from '../../../protocol/mcp/uri-space.ts'
import { Decided } from './decided.ts'
import type { Member } from './members.ts'

/** A tool of Weir's own; no server has one of that name where several are one. */
export const searchTools = 'search_tools'

/** What a definition is told apart by. */
const keyOfKind = {
  tools: 'name',
  prompts: 'name',
  resources: 'uri',
  resourceTemplates: 'uriTemplate',
} as const satisfies Record<ListKind, DefinitionMember>

/** How many readers' lists of tools are remembered. */
const readers_max = 256

export class Space {
  /** By the name it has here. */
  readonly tools: ReadonlyMap<string, ListedTool>
  readonly prompts: ReadonlyMap<string, Listed>
  readonly resources: readonly Listed[]
  readonly resourceTemplates: readonly Listed[]
  /** Definitions of the tools that a reader may call. */
  readonly seen = new Decided<readonly Buffer[]>(readers_max)
  readonly #definitions = new Map<string, Buffer>()
  /** The only server; null where there are several, and then what their URIs mean. */
  readonly #only: string | null
  readonly #uris: UriSpace

  constructor(members: readonly Member[], listings: readonly ServerListing[], one: boolean) {
    const whole = listings.filter((_, i) => members[i]?.whole)
    const tools = listings.flatMap((listing, i) => listing.tools.filter((tool) => isIn(members[i], tool)))
    this.#only = one ? (members[0]?.slug ?? '') : null
    this.tools = firstOf(
      tools.map((tool) => [one ? tool.name : tool.exposed, tool] as const),
      one ? null : searchTools,
    )
    const prompts = whole.flatMap((listing) => listing.prompts)
    this.prompts = firstOf(
      prompts.map((prompt) => [one ? prompt.key : prompt.exposed, prompt] as const),
      null,
    )
    this.resources = whole.flatMap((listing) => listing.resources)
    this.resourceTemplates = whole.flatMap((listing) => listing.resourceTemplates)
    const keys = (listed: readonly Listed[]): readonly string[] => listed.map(({ key }) => key)
    this.#uris = new UriSpace(
      one
        ? []
        : whole.map(({ server, resources, resourceTemplates }) => {
            return { server, uris: keys(resources), templates: keys(resourceTemplates) }
          }),
    )
  }

  shownUri(located: Located): string {
    return this.#only === null ? this.#uris.shown(located) : located.uri
  }

  /** Null where nobody is meant, or more than one may be. */
  meantUri(shown: string): Located | null {
    return this.#only === null ? this.#uris.meant(shown) : { server: this.#only, uri: shown }
  }

  meantTemplate(shown: string): Located | null {
    return this.#only === null ? this.#uris.meantTemplate(shown) : { server: this.#only, uri: shown }
  }

  /** Everything of one kind, as it is listed here. */
  listed(kind: Exclude<ListKind, 'tools'>): readonly Buffer[] {
    return [...this[kind].values()].map((listed) => this.#definition(kind, listed, listed.key))
  }

  definitionOf(tool: ListedTool): Buffer {
    return this.#definition('tools', tool, tool.name)
  }

  #definition(kind: ListKind, listed: ListedTool | Listed, own: string): Buffer {
    if (this.#only !== null) return listed.definition
    const key = `${kind} ${listed.server} ${own}`
    const known = this.#definitions.get(key)
    if (known) return known
    const { server, exposed } = listed
    const names: Renames = { uri: (uri) => this.#uris.shown({ server, uri }), task: (id) => id }
    const shown = {
      tools: () => exposed,
      prompts: () => exposed,
      resources: () => this.#uris.shown({ server, uri: own }),
      resourceTemplates: () => this.#uris.shownTemplate({ server, uri: own }),
    }[kind]()
    const made = renameDefinition(listed.definition, keyOfKind[kind], shown, names)
    this.#definitions.set(key, made)
    return made
  }
}

function isIn(member: Member | undefined, { name }: ListedTool): boolean {
  return member?.tools === null || member?.tools.has(name) === true
}

/** Two of one name cannot be told apart, and nothing may stand in for what is Weir's own. */
function firstOf<T>(pairs: readonly (readonly [string, T])[], own: string | null): ReadonlyMap<string, T> {
  const map = new Map<string, T>()
  for (const [name, value] of pairs) if (name !== own && !map.has(name)) map.set(name, value)
  return map
}

/** How many are kept: one for each group of clients that may use the same servers. */
const spaces_max = 64

/** What is known at one moment of the servers behind an address. */
export interface View {
  readonly members: readonly Member[]
  /** One for each member. */
  readonly listings: readonly ServerListing[]
  readonly space: Space
  /** Another one for every change of anything that is listed. */
  readonly epoch: string
}

export class Spaces {
  readonly #known: Known
  readonly #kept = new BoundedMap<string, Space>({ max: spaces_max })
  /** The last one of those who may use the same servers, while nothing that it was made of is another. */
  readonly #last = new WeakMap<readonly Member[], View>()

  constructor(known: Known) {
    this.#known = known
  }

  /** Waits for nobody. */
  view(members: readonly Member[], one: boolean): View {
    const last = this.#last.get(members)
    if (last && this.#stands(last)) return last
    const view = this.#make(members, one)
    this.#last.set(members, view)
    return view
  }

  #stands({ members, listings }: View): boolean {
    return members.every(({ slug }, i) => this.#known.listing(slug) === listings[i])
  }

  #make(members: readonly Member[], one: boolean): View {
    const listings = members.map(({ slug }) => this.#known.listing(slug))
    const epoch = epochOf(members, listings, one)
    const kept = this.#kept.get(epoch)
    const space = kept ?? new Space(members, listings, one)
    if (!kept) this.#kept.set(epoch, space)
    return { members, listings, space, epoch }
  }
}

function epochOf(members: readonly Member[], listings: readonly ServerListing[], one: boolean): string {
  const states = members.map(({ slug, whole, tools }, i) => [
    slug,
    listings[i]?.version,
    whole,
    tools === null ? null : [...tools],
  ])
  return JSON.stringify([one, ...states])
}
