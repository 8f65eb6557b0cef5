/** A small gateway's worth of limits for tests: one board, one bench, one run table, a clock that stands still. */
import { type Board, createBoard } from '../../../src/base/board.ts'
import { ManualClock } from '../../../src/base/clock.ts'
import { countingDice } from '../../../src/base/dice.ts'
import {
  type AgentId,
  type HopId,
  isAgentId,
  isHopId,
  isPersonId,
  isTeamId,
  type PersonId,
  type TeamId,
} from '../../../src/domain/ids.ts'
import { type Denial, isDenial, type Lease } from '../../../src/domain/verdict.ts'
import { Bench, limitsPlan } from '../../../src/limits/bench.ts'
import { type Ask, reserve } from '../../../src/limits/lease.ts'
import type { LiveRun } from '../../../src/limits/live-run.ts'
import { Runs } from '../../../src/limits/runs.ts'
import type { LimitMaximums, LimitMode, LimitSettings } from '../../../src/limits/settings.ts'

export function agentId(slug: string): AgentId {
  const id = `agent:${slug}`
  if (!isAgentId(id)) throw new Error(`not an agent: ${slug}`)
  return id
}

function teamId(slug: string): TeamId {
  const id = `team:${slug}`
  if (!isTeamId(id)) throw new Error(`not a team: ${slug}`)
  return id
}

export function personId(name: string): PersonId {
  const id = `user:${name}`
  if (!isPersonId(id)) throw new Error(`not a person: ${name}`)
  return id
}

export function hopId(number: number): HopId {
  const id = `hop_${number.toString(16).padStart(16, '0')}`
  if (!isHopId(id)) throw new Error(`not a hop: ${number}`)
  return id
}

export const orchestrator = agentId('orchestrator')
export const research = agentId('research')
export const writer = agentId('writer')
export const insights = teamId('insights')

type Plain<Block> = { readonly [Key in keyof Block]?: number }
interface PlainLimits {
  readonly run?: Plain<LimitSettings['run']>
  readonly agent?: Plain<LimitSettings['agent']>
  readonly team?: Plain<LimitSettings['team']>
  readonly person?: Plain<LimitSettings['person']>
}

/** Limits as plain numbers, all in one mode. */
export function limits(plain: PlainLimits, mode: LimitMode = 'enforce'): LimitSettings {
  const block = (numbers: Readonly<Record<string, number>> = {}) =>
    Object.fromEntries(Object.entries(numbers).map(([name, max]) => [name, { max, mode }]))
  const { run, agent, team, person } = plain
  const none = new Map<never, never>()
  return {
    on_breach: 'halt',
    run: block(run),
    agent: block(agent),
    team: block(team),
    person: block(person),
    agents: none,
    teams: none,
    people: none,
    tools: none,
  }
}

export const maximums: LimitMaximums = { runs: 8, edges_per_run: 64, run_aliases: 4, grants: 32, chain: 64 }

export class World {
  readonly clock = new ManualClock()
  readonly board: Board
  readonly bench: Bench
  readonly runs: Runs
  #hops = 0

  /** `board`: that of another thread. */
  constructor(settings: LimitSettings, most: LimitMaximums = maximums, board?: Board) {
    this.board =
      board ??
      createBoard(limitsPlan({ runs: most.runs, agents: 4, teams: 4, people: 2, grants: most.grants, tools: 2 }))
    this.bench = new Bench(this.board, settings, most)
    this.runs = new Runs(this.board, this.bench, countingDice())
  }

  open(root = orchestrator, person: PersonId | null = null): LiveRun {
    const run = this.runs.open(root, person, this.clock.now())
    if (isDenial(run)) throw new Error(run.detail)
    return run
  }

  /** A call from the orchestrator to research at depth 1, except for what is given. */
  ask(run: LiveRun, given: Partial<Ask> = {}): Ask {
    const { agent = orchestrator, target = research, depth = 1 } = given
    return {
      run,
      hop: hopId(++this.#hops),
      parent: null,
      agent,
      team: insights,
      target,
      depth,
      chain: [orchestrator, research],
      cycle: run.graph.closes(agent, target, depth),
      price: { tokens: 10, cost_micros: 100 },
      budget: [],
      now: this.clock.now(),
      ...given,
    }
  }

  try(run: LiveRun, given: Partial<Ask> = {}): Lease | Denial {
    return reserve(this.bench, this.ask(run, given))
  }

  take(run: LiveRun, given: Partial<Ask> = {}): Lease {
    const lease = this.try(run, given)
    if (isDenial(lease)) throw new Error(lease.detail)
    return lease
  }

  /** Every cell of the board without its period mark, for saying that nothing is held that was not held before. */
  cells(): readonly bigint[] {
    return [...new BigInt64Array(this.board.buffer)].map((cell) => BigInt.asUintN(47, cell))
  }
}
