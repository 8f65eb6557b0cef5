/**
 * Which calls an agent is serving right now. An agent that forwards no token is still found in its run when all it
 * serves belongs to one run; when it serves several, nobody guesses.
 */
import type { AgentId, HopId } from '../domain/ids.ts'
import type { Delegation } from '../domain/principal.ts'

/** An invocation whose target has not answered, or has answered with a task that goes on. */
export interface Served<Run> {
  readonly run: Run
  readonly hop: HopId
  readonly depth: number
  /** From the root agent to the agent that serves this invocation. */
  readonly chain: readonly AgentId[]
  /** The chain that went out with it, which goes on from here also where the agent shows no token; set when it is written. */
  delegation: Delegation | null
  /** The id of the trace that went out with it; set when it is delivered, absent without one. */
  trace?: string
}

/** Open invocations that are looked through; an agent with more of them has to forward its tokens. */
const lookedAt = 1024

export class InboundIndex<Run> {
  /** One entry for every agent that was ever called: as many as the policy lets anyone call. */
  readonly #serving = new Map<AgentId, Map<HopId, Served<Run>>>()
  /** Open invocations that went out with the token of an earlier hop, by that hop; a token is lent to one at a time. */
  readonly #lent = new Map<HopId, Served<Run>>()

  add(agent: AgentId, served: Served<Run>): void {
    const open = this.#serving.get(agent)
    if (open) open.set(served.hop, served)
    else this.#serving.set(agent, new Map([[served.hop, served]]))
  }

  /** What went out with an open invocation, as its agent will show it. */
  deliver(agent: AgentId, hop: HopId, delegation: Delegation, trace: string | null): void {
    const served = this.#serving.get(agent)?.get(hop)
    if (!served) return
    served.delegation = delegation
    if (trace !== null) served.trace = trace
    if (delegation.hop !== null && delegation.hop !== hop) this.#lent.set(delegation.hop, served)
  }

  remove(agent: AgentId, hop: HopId): void {
    const served = this.#serving.get(agent)?.get(hop)
    const lender = served?.delegation?.hop
    if (lender && this.#lent.get(lender) === served) this.#lent.delete(lender)
    this.#serving.get(agent)?.delete(hop)
  }

  /** The open invocation of the agent whose token names this hop: the hop itself, or one that went out with its token. */
  find(agent: AgentId, hop: HopId): Served<Run> | null {
    const served = this.#serving.get(agent)?.get(hop) ?? this.#lent.get(hop)
    return served?.chain.at(-1) === agent ? served : null
  }

  /** The deepest open invocation of the agent in one run, or null. */
  within(agent: AgentId, run: Run): Served<Run> | null {
    let best: Served<Run> | null = null
    for (const served of this.#serving.get(agent)?.values() ?? [])
      if (served.run === run && (!best || served.depth >= best.depth)) best = served
    return best
  }

  /** The deepest open invocation of the agent that went out with this trace, if all of those are of one run. */
  ofTrace(agent: AgentId, trace: string): Served<Run> | null {
    const open = this.#serving.get(agent)
    if (!open || open.size > lookedAt) return null
    let best: Served<Run> | null = null
    for (const served of open.values()) {
      if (served.trace !== trace) continue
      if (best && served.run !== best.run) return null
      if (!best || served.depth >= best.depth) best = served
    }
    return best
  }

  /** The deepest open invocation of the agent if all of them are of one run. */
  only(agent: AgentId): Served<Run> | 'none' | 'ambiguous' {
    const open = this.#serving.get(agent)
    if (!open || open.size === 0) return 'none'
    if (open.size > lookedAt) return 'ambiguous'
    let best: Served<Run> | null = null
    for (const served of open.values()) {
      if (best && served.run !== best.run) return 'ambiguous'
      if (!best || served.depth >= best.depth) best = served
    }
    return best ?? 'none'
  }
}
