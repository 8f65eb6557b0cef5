/**
 * Whose a URI is where several servers are one. A URI that only one server can mean stays as it is; every other one is shown
 * with the name of its server in it, and leads back there:
 *
 *     file:///notes.md        only `files` lists it, or has a template that it fits and that meets no other
 *     weir://files/file:///x  of `files`, which calls it `file:///x`
 *     ui://maps.weir/view     of `maps`, which calls it `ui://view`; hosts of apps look at the scheme
 *
 * So no server can pass off something of its own for what another one has: what a server says is shown as its own, unless
 * the URI would lead to that very server anyway.
 */
import { literalStart, templateMatcher } from './uri-template.ts'

/** What one server lists. */
export interface ServerUris {
  readonly server: string
  readonly uris: readonly string[]
  readonly templates: readonly string[]
}

/** A URI, or a template, as its server calls it. */
export interface Located {
  readonly server: string
  readonly uri: string
}

interface PlainTemplate {
  readonly template: string
  readonly server: string
  readonly start: string
  matches(uri: string): boolean
}

const ours = /^(?:weir:\/\/([a-z0-9-]+)\/|ui:\/\/([a-z0-9-]+)\.weir\/)(.*)$/s
/** In any spelling that somebody could take for one of ours. */
const looksOurs = /^(?:weir:|ui:\/\/[^/?#]*\.weir(?:[/?#:]|$))/i
/** Beginnings of templates that could be continued to one of ours. */
const mayBecomeOurs = /^(?:$|w$|we$|wei$|weir$|weir:|u$|ui$|ui:$|ui:\/$|ui:\/\/[^/?#]*$)/i

export function namespaced({ server, uri }: Located): string {
  return uri.startsWith('ui://') ? `ui://${server}.weir/${uri.slice('ui://'.length)}` : `weir://${server}/${uri}`
}

/** Null for one that has no name of a server in it. */
export function readNamespaced(shown: string): Located | null {
  const [, general, ui, rest = ''] = ours.exec(shown) ?? []
  if (general !== undefined) return { server: general, uri: rest }
  return ui === undefined ? null : { server: ui, uri: `ui://${rest}` }
}

export class UriSpace {
  /** Null where several list it. */
  readonly #owners = new Map<string, string | null>()
  readonly #templates: readonly PlainTemplate[]
  readonly #templateOwners: ReadonlyMap<string, string>

  constructor(servers: readonly ServerUris[]) {
    for (const { server, uris } of servers)
      for (const uri of uris)
        if (!looksOurs.test(uri)) this.#owners.set(uri, isOfOther(this.#owners.get(uri), server) ? null : server)
    this.#templates = plainTemplates(servers, this.#owners)
    this.#templateOwners = new Map(this.#templates.map(({ template, server }) => [template, server]))
  }

  /** As everybody outside calls a URI that the server says. */
  shown(located: Located): string {
    const { server, uri } = located
    return !looksOurs.test(uri) && this.#ownerOf(uri) === server ? uri : namespaced(located)
  }

  shownTemplate(located: Located): string {
    return this.#templateOwners.get(located.uri) === located.server ? located.uri : namespaced(located)
  }

  /** The server a URI leads to, and what it is called there; null where nobody or more than one can be meant. */
  meant(shown: string): Located | null {
    if (looksOurs.test(shown)) return readNamespaced(shown)
    const server = this.#ownerOf(shown)
    return server === null ? null : { server, uri: shown }
  }

  /** The same for what `completion/complete` refers to: a template, or a URI. */
  meantTemplate(shown: string): Located | null {
    const server = this.#templateOwners.get(shown)
    return server === undefined ? this.meant(shown) : { server, uri: shown }
  }

  #ownerOf(uri: string): string | null {
    const owner = this.#owners.get(uri)
    if (owner !== undefined) return owner
    return this.#templates.find(({ start, matches }) => uri.startsWith(start) && matches(uri))?.server ?? null
  }
}

function isOfOther(owner: string | null | undefined, server: string): boolean {
  return owner !== undefined && owner !== server
}

/** Those no expansion of which could be meant for another server: by another template, or by a URI that is listed. */
function plainTemplates(
  servers: readonly ServerUris[],
  owners: ReadonlyMap<string, string | null>,
): readonly PlainTemplate[] {
  const all = servers.flatMap(({ server, templates }) =>
    templates.map((template) => ({ server, template, start: literalStart(template) })),
  )
  const sorted = [...owners].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return all.flatMap(({ server, template, start }) => {
    const matches = templateMatcher(template)
    const meets = all.some(
      (other) => other.server !== server && (other.start.startsWith(start) || start.startsWith(other.start)),
    )
    const mayBeOurs = mayBecomeOurs.test(start) || looksOurs.test(start)
    return matches === null || meets || mayBeOurs || hasOther(sorted, start, server)
      ? []
      : [{ server, template, start, matches }]
  })
}

/** Whether a URI that begins so is not of that server alone. */
function hasOther(
  sorted: readonly (readonly [uri: string, owner: string | null])[],
  start: string,
  server: string,
): boolean {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle]?.[0] ?? '') < start) low = middle + 1
    else high = middle
  }
  for (const [uri, owner] of from(sorted, low)) {
    if (!uri.startsWith(start)) return false
    if (owner !== server) return true
  }
  return false
}

function* from<T>(list: readonly T[], first: number): Iterable<T> {
  for (let at = first; at < list.length; at += 1) yield list[at] as T
}
