/** Which agents a caller sees as tools: those it may invoke by the same tokens and policies that judge its calls. */
import type { Authority } from '../../../domain/authority.ts'
import { covers } from '../../../domain/authority/covers.ts'
import { type AgentId, slugOf } from '../../../domain/ids.ts'
import { exposedName } from '../../../catalogue/names.ts'
import { mayBe } from '../../../policy/decide.ts'
import { Decided, together } from '../behind/decided.ts'
import type { ToolReader } from '../visible-tools.ts'
import type { Snapshot } from '../../road.ts'

type Reader = Omit<ToolReader, 'server'>

/** How many callers' agents are remembered. */
const callers_max = 256
const decided = new Decided<readonly AgentId[]>(callers_max)

/** In the order of their names. */
export function visibleAgents({ snapshot, ...reader }: Reader): readonly AgentId[] | Promise<readonly AgentId[]> {
  return decided.of(snapshot, reader, () => {
    const callable = [...snapshot.agents.values()].filter(({ driver }) => driver !== null)
    const all = callable.map(({ settings }) => settings.id).toSorted()
    const verdicts = together(all.map((agent) => maySeeAgent(agent, { snapshot, ...reader })))
    const seen = (may: readonly boolean[]): readonly AgentId[] => all.filter((_, i) => may[i])
    return verdicts instanceof Promise ? verdicts.then(seen) : seen(verdicts)
  })
}

/** What is asked of its tokens is what the call would ask of them. */
export function maySeeAgent(id: AgentId, { snapshot, agent, authority, context }: Reader): boolean | Promise<boolean> {
  if (!maySend(id, authority, 'SendStreamingMessage') && !maySend(id, authority, 'SendMessage')) return false
  const resource = { kind: 'agent', id } as const
  return mayBe(snapshot.policy, { action: 'invoke', principal: agent, resource, context })
}

export function maySend(agent: AgentId, authority: Authority, method: 'SendMessage' | 'SendStreamingMessage'): boolean {
  return covers(authority, { kind: 'agent', slug: slugOf(agent), method }) === null
}

/** `ask_research`. Slugs have no underscore, so no two agents are called the same. */
export function toolNameOf(agent: AgentId): string {
  return exposedName('ask', slugOf(agent))
}

const named = new WeakMap<Snapshot, ReadonlyMap<string, AgentId>>()

/** The agent behind the name of a tool, whoever may see it. */
export function agentNamed(snapshot: Snapshot, tool: string): AgentId | null {
  const known = named.get(snapshot)
  const names = known ?? new Map([...snapshot.agents.keys()].map((agent) => [toolNameOf(agent), agent]))
  if (!known) named.set(snapshot, names)
  return names.get(tool) ?? null
}
