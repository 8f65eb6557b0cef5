/** A catalogue that knows what a test says. */
import type { ManualClock } from '../../src/base/clock.ts'
import type { Known, Listed, ListKind, ListedTool, ServerListing } from '../../src/catalogue/contract.ts'

export interface ScriptedTool {
  readonly name: string
  readonly exposed?: string
  readonly state?: ListedTool['state']
  /** Members of its definition besides the name. */
  readonly more?: object
}

export interface ScriptedLists {
  readonly tools?: readonly (string | ScriptedTool)[]
  readonly prompts?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceTemplates?: readonly string[]
  readonly state?: ServerListing['health']['state']
}

/** The catalogue, as a test says. */
export class ScriptedKnown implements Known {
  readonly looks: string[] = []
  readonly words: string[] = []
  /** What a look finds from then on. */
  readonly next = new Map<string, ScriptedLists>()
  readonly misfits = new Map<string, string>()
  readonly #listings = new Map<string, ServerListing>()
  readonly #hearers = new Set<(server: string, list: ListKind) => void>()
  readonly #clock: ManualClock

  constructor(clock: ManualClock) {
    this.#clock = clock
  }

  set(server: string, lists: ScriptedLists): void {
    const version = (this.#listings.get(server)?.version ?? 0) + 1
    this.#listings.set(server, listingOf(server, lists, { version, since: this.#clock.now() }))
  }

  tellChange(server: string, list: ListKind): void {
    for (const hear of this.#hearers) hear(server, list)
  }

  listing(server: string): ServerListing {
    return (
      this.#listings.get(server) ?? listingOf(server, { state: 'missing' }, { version: 0, since: this.#clock.now() })
    )
  }

  async fresh(server: string, age_ms: number): Promise<ServerListing> {
    this.looks.push(`${server} ${age_ms}`)
    const next = this.next.get(server)
    if (next) this.set(server, next)
    return this.listing(server)
  }

  changed(server: string, list: ListKind): void {
    this.words.push(`${server} ${list}`)
  }

  onChange(hear: (server: string, list: ListKind) => void): () => void {
    this.#hearers.add(hear)
    return () => void this.#hearers.delete(hear)
  }

  misfit(tool: ListedTool): string | null {
    return this.misfits.get(`${tool.server}/${tool.name}`) ?? null
  }

  promiseOf(): null {
    return null
  }
}

function listingOf(
  server: string,
  lists: ScriptedLists,
  { version, since }: { readonly version: number; readonly since: number },
): ServerListing {
  const { tools = [], prompts = [], resources = [], resourceTemplates = [], state = 'fresh' } = lists
  const json = (value: object): Buffer => Buffer.from(JSON.stringify(value))
  const listed = (member: string, keys: readonly string[]): readonly Listed[] =>
    keys.map((key) => ({ server, key, exposed: `${server}_${key}`, definition: json({ [member]: key, name: key }) }))
  return {
    server,
    tools: tools.map((written): ListedTool => {
      const tool: ScriptedTool = typeof written === 'string' ? { name: written } : written
      const definition = json({ name: tool.name, inputSchema: { type: 'object' }, ...tool.more })
      return {
        server,
        name: tool.name,
        exposed: tool.exposed ?? `${server}_${tool.name}`,
        definition,
        digest: `sha256:${definition.toString('hex')}`,
        state: tool.state ?? 'approved',
        why: tool.state === undefined ? null : 'a test says so',
        mirrors: [],
      }
    }),
    prompts: prompts.map((key) => ({ server, key, exposed: `${server}_${key}`, definition: json({ name: key }) })),
    resources: listed('uri', resources),
    resourceTemplates: listed('uriTemplate', resourceTemplates),
    health: { state, since, detail: state === 'fresh' ? null : 'connect ECONNREFUSED 10.0.0.7:8080' },
    version,
  }
}
