/** Which servers stand behind an address for one client: those it may use, and of a set what the set names. */
import { type Denial, isDenial, type Permit } from '../../../domain/verdict.ts'
import { decide } from '../../../policy/decide.ts'
import type { Client, ServersAddress } from '../behind.ts'
import type { Snapshot, ToolServerEntry } from '../../road.ts'
import { Decided, together } from './decided.ts'

export interface Member {
  readonly slug: string
  readonly server: ToolServerEntry
  /** That its client may use it. */
  readonly permit: Permit
  /** Names of the tools that are there; null for all of them. */
  readonly tools: ReadonlySet<string> | null
  /** Whether its prompts and resources are there too. */
  readonly whole: boolean
}

type Reader = Pick<Client['reader'], 'snapshot' | 'agent' | 'context'>

/** How many callers' servers are remembered. */
const callers_max = 256

export class Members {
  readonly #decided = new Decided<readonly Member[]>(callers_max)

  /** In the order of their slugs, so that lists of them are the same every time. */
  at(address: ServersAddress, { snapshot, agent, context }: Reader): readonly Member[] | Promise<readonly Member[]> {
    return this.#decided.of(snapshot, [address, agent, context], () => {
      const all = named(address, snapshot)
      const verdicts = together(all.map(({ slug }) => mayUse(slug, { snapshot, agent, context })))
      return verdicts instanceof Promise ? verdicts.then((later) => allowed(all, later)) : allowed(all, verdicts)
    })
  }
}

function allowed(all: readonly Named[], verdicts: readonly (Permit | Denial)[]): readonly Member[] {
  return all.flatMap((member, i) => {
    const permit = verdicts[i]
    return permit === undefined || isDenial(permit) ? [] : [{ ...member, permit }]
  })
}

type Named = Omit<Member, 'permit'>

function named(address: ServersAddress, snapshot: Snapshot): readonly Named[] {
  const all = [...snapshot.servers]
    .map(([slug, server]): Named => ({ slug, server, tools: null, whole: true }))
    .toSorted((a, b) => (a.slug < b.slug ? -1 : 1))
  if (address.kind === 'all') return all
  if (address.kind === 'server') return all.filter(({ slug }) => slug === address.server)
  const parts = snapshot.settings.tools.sets.get(address.set)?.parts
  return all.flatMap((member) => {
    const part = parts?.get(member.slug)
    if (part === undefined) return []
    return part === 'whole' ? [member] : [{ ...member, tools: part.tools, whole: false }]
  })
}

function mayUse(slug: string, { snapshot, agent, context }: Reader): Permit | Denial | Promise<Permit | Denial> {
  const resource = { kind: 'server', id: slug } as const
  return decide(snapshot.policy, { action: 'useServer', principal: agent, resource, context })
}
