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
import { anything, type Authority } from '../../src/domain/authority.ts'
import { deny } from '../../src/domain/verdict.ts'
import type { Behind, Client, ServersAddress } from '../../src/pipeline/mcp/behind.ts'
import { openBehindWith } from '../../src/pipeline/mcp/behind/open.ts'
import type { BehindParts } from '../../src/pipeline/mcp/behind/parts.ts'
import { careFor } from '../../src/pipeline/mcp/care.ts'
import { neutral } from '../../src/pipeline/refuse.ts'
import type { Snapshot } from '../../src/pipeline/road.ts'
import { agentFacts, serverFacts } from '../../src/pipeline/snapshot.ts'
import { compilePolicies } from '../../src/policy/compile.ts'
import { loadPolicies } from '../../src/policy/load.ts'
import { openPolicy, type PolicySnapshot } from '../../src/policy/snapshot.ts'
import { isCompiled } from '../../src/policy/source.ts'
import type { Era } from '../../src/protocol/mcp/read-call.ts'
import type { End } from '../../src/relay/mcp/link.ts'
import { agentId } from './hop.ts'
import { ScriptedKnown } from './scripted-known.ts'
import { ScriptedLinks } from './scripted-links.ts'
import { pave } from './road.ts'

export interface BehindWorld {
  readonly known: ScriptedKnown
  readonly links: ScriptedLinks
  readonly clock: ManualClock
  snapshot: Snapshot
  ownSpeaker?: NonNullable<BehindParts['ownSpeaker']>
  /** Time goes on, and what was to ring rings. */
  pass(by_ms: number): void
  client(agent: string, more?: ClientOf): Client
  behind(client: Client, address?: ServersAddress): Behind
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
  const world: Pick<BehindWorld, 'snapshot' | 'ownSpeaker'> = { snapshot: { ...road.snapshot, policy } }
  const secret = Buffer.alloc(32, 7)
  const dice = countingDice()
  const parts = { links, known, clock, dice, wheel, secret, version: '1.2.3' }
  const open = openBehindWith({ ...parts, ownSpeaker: (server) => world.ownSpeaker?.(server) ?? null })
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
        person: person ?? null,
        speakerFor: ({ settings }) => ({
          key: `${name} to ${settings.id}`,
          capabilities: Buffer.from('{}'),
          credentials: () => [],
          challenged: async () => deny('unauthenticated', 'no'),
        }),
      }
    },
    behind: (client: Client, address: ServersAddress = { kind: 'all' }) => open(client, address),
  })
}

async function policyOf({ settings }: Pick<Snapshot, 'settings'>, text: string): Promise<PolicySnapshot> {
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
  const asking = { method, params: bytes, logLevel: null, mirrors: [], trace: null }
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
