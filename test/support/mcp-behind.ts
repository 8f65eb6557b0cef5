/**
 * Several servers behind one address without any wire: what they list is scripted, and so is what they answer. Policies,
 * settings and everything of the address are the real ones.
 */
import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManualClock } from '../../src/base/clock.ts'
import { countingDice } from '../../src/base/dice.ts'
import { Wheel } from '../../src/base/wheel.ts'
import type { Known, Listed, ListKind, ListedTool, ServerListing } from '../../src/catalogue/contract.ts'
import { anything, type Authority } from '../../src/domain/authority.ts'
import { isPersonId } from '../../src/domain/ids.ts'
import { type Denial, deny } from '../../src/domain/verdict.ts'
import type { Fault } from '../../src/domain/fault.ts'
import type { Behind, Client, McpAddress } from '../../src/pipeline/mcp/behind.ts'
import { openBehindWith } from '../../src/pipeline/mcp/behind/open.ts'
import { careFor } from '../../src/pipeline/mcp/care.ts'
import { neutral } from '../../src/pipeline/refuse.ts'
import type { Snapshot } from '../../src/pipeline/road.ts'
import { agentFacts, serverFacts } from '../../src/pipeline/snapshot.ts'
import { compilePolicies } from '../../src/policy/compile.ts'
import { loadPolicies } from '../../src/policy/load.ts'
import { openPolicy, type PolicySnapshot } from '../../src/policy/snapshot.ts'
import { isCompiled } from '../../src/policy/source.ts'
import type { Era } from '../../src/protocol/mcp/read-call.ts'
import type {
  About,
  Asking,
  End,
  Hearer,
  Link,
  Links,
  NoticeHearer,
  Speaker,
  Talk,
  Wants,
} from '../../src/relay/mcp/link.ts'
import { agentId } from './hop.ts'
import { pave } from './road.ts'

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

  misfitOfResult(): string | null {
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

/** What was asked of a server. */
export interface AskedOf {
  readonly server: string
  readonly asking: Asking
  readonly hearer: Hearer
  readonly cancelled: () => string | null
}

/** Links to servers that answer what a test says; those in `down` cannot be reached, those in `silent` never answer. */
export class ScriptedLinks implements Links {
  readonly asked: AskedOf[] = []
  readonly opened: string[] = []
  readonly told: string[] = []
  readonly listening = new Map<string, { wants: Wants; readonly hearer: NoticeHearer }>()
  readonly down = new Set<string>()
  readonly silent = new Set<string>()
  readonly abouts = new Map<string, Partial<About>>()
  /** The result of a request, or null for one that stays open. */
  answer: (server: string, asking: Asking) => object | null = () => ({})

  async open(_: unknown, to: { server: string; speaker: Speaker; era: Era }): Promise<Link | Fault | Denial> {
    const { server, speaker, era } = to
    this.opened.push(`${server} as ${speaker.key}`)
    if (this.silent.has(server)) return new Promise(() => undefined)
    if (this.down.has(server)) return { kind: 'fault', code: 'connect_failed', detail: 'refused', sent: false }
    const about = { era, version: '2025-11-25', serverInfo: null, instructions: null } as const
    return {
      about: { ...about, capabilities: Buffer.from('{"tools":{}}'), ...this.abouts.get(server) },
      ask: (_warrant, asking, hearer) => this.#ask(server, asking, hearer),
      tell: (method) => void this.told.push(`${server} ${method}`),
      listen: (_warrant, wants, hearer) => {
        this.listening.set(server, { wants, hearer })
        return {
          use: (next) => void this.listening.set(server, { wants: next, hearer }),
          close: () => void this.listening.delete(server),
        }
      },
      open: true,
      close: () => undefined,
    }
  }

  async close(): Promise<void> {}

  #ask(server: string, asking: Asking, hearer: Hearer): Talk {
    let reason: string | null = null
    this.asked.push({ server, asking, hearer, cancelled: () => reason })
    const result = this.answer(server, asking)
    if (result !== null)
      queueMicrotask(() => hearer.onEnd({ kind: 'result', result: Buffer.from(JSON.stringify(result)) }))
    return {
      answer: () => undefined,
      cancel: (why) => void (reason = why),
      pause: () => undefined,
      resume: () => undefined,
      sent: true,
    }
  }
}

export interface BehindWorld {
  readonly known: ScriptedKnown
  readonly links: ScriptedLinks
  readonly clock: ManualClock
  snapshot: Snapshot
  /** Time goes on, and what was to ring rings. */
  pass(by_ms: number): void
  client(agent: string, more?: ClientOf): Client
  behind(client: Client, address?: McpAddress): Behind
}

export interface ClientOf {
  readonly era?: Era
  readonly person?: string
  readonly authority?: Authority
}

/** Everybody may use and call everything, but the servers and tools of `carol`. */
const policies = `
@id("t.use") permit(principal, action == Weir::Action::"useServer", resource)
  unless { resource == Weir::ToolServer::"vault" && principal != Weir::Agent::"carol" };
@id("t.call") permit(principal, action == Weir::Action::"callTool", resource)
  unless { resource == Weir::Tool::"files/erase" && principal != Weir::Agent::"carol" };
`

/** `tools` lies over the section of that name. */
export async function behindWorld(
  servers: readonly string[],
  tools: object = {},
  more: Readonly<Record<string, unknown>> = {},
): Promise<BehindWorld> {
  const rows = Object.fromEntries(servers.map((slug) => [slug, { url: `http://127.0.0.1:9/${slug}` }]))
  const agents = { alice: {}, bob: {}, carol: {} }
  const { road } = await pave({ agents, tools: { servers: rows, ...tools }, ...more }, 'policy-open')
  const policy = await policyOf(road.snapshot, policies)
  const clock = new ManualClock()
  const wheel = new Wheel(clock)
  const known = new ScriptedKnown(clock)
  const links = new ScriptedLinks()
  const world = { snapshot: { ...road.snapshot, policy } }
  const secret = Buffer.alloc(32, 7)
  const dice = countingDice()
  const snapshot = (): Snapshot => world.snapshot
  const open = openBehindWith({ links, known, snapshot, clock, dice, wheel, secret, version: '1.2.3' })
  return Object.assign(world, {
    known,
    links,
    clock,
    pass(by_ms: number) {
      clock.advance(by_ms)
      wheel.turn()
    },
    client: (name: string, { era = 'legacy', person, authority = anything }: ClientOf = {}): Client => {
      const agent = agentId(`agent:${name}`)
      return {
        era,
        reader: { snapshot: world.snapshot, authority, context: neutral(agent, world.snapshot), agent },
        person: person !== undefined && isPersonId(person) ? person : null,
        speakerFor: ({ settings }) => ({
          key: `${name} to ${settings.id}`,
          capabilities: Buffer.from('{}'),
          credentials: () => [],
          challenged: async () => deny('unauthenticated', 'no'),
        }),
      }
    },
    behind: (client: Client, address: McpAddress = { kind: 'all' }) => open(client, address),
  })
}

export async function policyOf({ settings }: Pick<Snapshot, 'settings'>, text: string): Promise<PolicySnapshot> {
  const dir = mkdtempSync(join(tmpdir(), 'weir-behind-'))
  copyFileSync(join(import.meta.dirname, '../../config/policy/schema.cedarschema'), join(dir, 'schema.cedarschema'))
  writeFileSync(join(dir, 'tools.cedar'), text)
  const source = await loadPolicies(dir)
  if (!('files' in source)) throw new Error('the policies of a test can be read')
  const compiled = compilePolicies(source)
  if (!isCompiled(compiled)) throw new Error('the policies of a test hold')
  const oracle = (): never => {
    throw new Error('nobody asks')
  }
  return openPolicy({ source, compiled, oracle, agents: agentFacts(settings), servers: serverFacts(settings) })
}

/** What came of one request. */
export interface Heard {
  readonly end: End
  readonly notices: readonly (readonly [method: string, params: unknown])[]
}

/** Finds what a request means and asks it; for a refusal to find anything its error is the end. */
export async function askBehind(behind: Behind, method: string, params: object = {}): Promise<Heard> {
  const bytes = Buffer.from(JSON.stringify(params))
  const meant = await behind.find(method, bytes)
  const notices: [string, unknown][] = []
  const asking = { method, params: bytes, logLevel: null, mirrors: [], traceparent: null }
  return new Promise((resolve) => {
    behind.ask(careFor('any'), meant, asking, {
      onNotice: (noticed, said) => void notices.push([noticed, said === null ? null : JSON.parse(said.toString())]),
      onAsk: () => undefined,
      onEnd: (end) => resolve({ end, notices }),
    })
  })
}

/** The result of a request that has one. */
export async function resultOf(behind: Behind, method: string, params: object = {}): Promise<Record<string, unknown>> {
  const { end } = await askBehind(behind, method, params)
  if (end.kind !== 'result') throw new Error(`${method} ended as ${end.kind}`)
  return JSON.parse(end.result.toString()) as Record<string, unknown>
}

/** The code of the error of a request that has one. */
export async function errorCodeOf(behind: Behind, method: string, params: object = {}): Promise<number | string> {
  const { end } = await askBehind(behind, method, params)
  if (end.kind === 'error') return (JSON.parse(end.error.toString()) as { code: number }).code
  return end.kind === 'denial' ? end.denial.code : end.kind
}
