/** What the road counts, with the series of the hot path looked up once. */
import type { Millis } from '../base/clock.ts'
import type { Target } from '../domain/call.ts'
import type { DenialCode } from '../domain/denials.ts'
import type { planeOf } from '../domain/call.ts'
import { type AgentId, type RunId, slugOf } from '../domain/ids.ts'
import type { Outcome } from '../domain/record.ts'
import type { Usage } from '../domain/usage.ts'
import type { Denial } from '../domain/verdict.ts'
import { placeOfModel } from '../config/settings-models.ts'
import { limitNames } from '../config/schema-limits.ts'
import { ceilingRules } from '../domain/ceilings.ts'
import type { LimitMode } from '../config/settings.ts'
import type { GatewayMetrics, tokenKinds } from '../observe/gateway-metrics.ts'
import type { Cell } from '../observe/series.ts'

type Status = Outcome['status']
type Plane = ReturnType<typeof planeOf>

/** Whose call it was. Both are null for one that could not be identified. */
interface Whose {
  readonly agent: AgentId | null
  readonly run: RunId | null
}

interface Ended extends Whose {
  readonly plane: Plane
}

interface Payer extends Whose {
  readonly kind: Target['kind']
}

export class Counts {
  readonly #metrics: GatewayMetrics
  readonly #requests = new Map<string, Cell>()
  readonly #costs = new Map<string, Cell>()
  #toldAt: Millis = 0
  readonly #durations
  readonly #deliveries

  constructor(metrics: GatewayMetrics) {
    this.#metrics = metrics
    const { deliveries, overhead, upstream } = metrics
    const of = (plane: Plane) => ({ overhead: overhead.child({ plane }), upstream: upstream.child({ plane }) })
    this.#durations = { a2a: of('a2a'), mcp: of('mcp'), llm: of('llm') } as const
    this.#deliveries = { hit: deliveries.child({ outcome: 'hit' }), miss: deliveries.child({ outcome: 'miss' }) }
  }

  /** One call has ended. */
  ended({ agent, run, plane }: Ended, outcome: Outcome, at: Millis): void {
    this.#request(agent, plane, outcome.status).add()
    const { overhead, upstream } = this.#durations[plane]
    const added_ms = Math.max(0, outcome.ms - outcome.upstream_ms)
    if (run === null) overhead.record(added_ms)
    else overhead.recordIn(run, added_ms, at)
    if (outcome.upstream_ms <= 0) return
    if (run === null) upstream.record(outcome.upstream_ms)
    else upstream.recordIn(run, outcome.upstream_ms, at)
  }

  /** What a call that has ended came to. */
  paid({ agent: caller, run, kind }: Payer, { spent, metered }: Outcome, at: Millis): void {
    if (spent.cost_micros > 0) {
      const cell = kept(this.#costs, `${kind} ${caller}`, () =>
        this.#metrics.cost.child({ agent: shownAs(caller), kind }),
      )
      if (run === null) cell.add(spent.cost_micros)
      else cell.addIn(run, spent.cost_micros, at)
    }
    if (!metered) return
    const { provider, model } = placeOfModel(metered.model) ?? { provider: '', model: '' }
    if (metered.cost_micros === null) this.#metrics.modelUnpriced.child({ provider, model }).add()
    if (metered.source !== 'provider') return
    for (const [of, tokens] of kindsOf(metered.usage))
      if (tokens > 0) this.#metrics.modelTokens.child({ provider, model, kind: of }).add(tokens)
  }

  /** A call left no record; answers whether it is time to say so again. */
  unrecorded(now: Millis): boolean {
    this.#metrics.unrecorded.child({}).add()
    if (now < this.#toldAt + quiet_ms) return false
    this.#toldAt = now
    return true
  }

  denied(denial: Denial): void {
    this.#metrics.denials.child({ code: denial.code }).add()
    this.limit(denial, 'enforce')
  }

  /** Counts a refusal that came of a limit; other rules are policies or states and no limits. */
  limit({ rule }: Denial, mode: LimitMode): void {
    if (rule !== null && limitRules.has(rule)) this.#metrics.limitHits.child({ limit: rule, mode }).add()
  }

  /** Whether a delivery token was at home or had to be minted. */
  delivered(outcome: 'hit' | 'miss'): void {
    this.#deliveries[outcome].add()
  }

  halted(code: DenialCode | 'operator'): void {
    this.#metrics.runsHalted.child({ code }).add()
  }

  #request(caller: AgentId | null, plane: Plane, outcome: Status): Cell {
    return kept(this.#requests, `${plane} ${outcome} ${caller}`, () =>
      this.#metrics.requests.child({ plane, agent: shownAs(caller), outcome }),
    )
  }
}

function shownAs(caller: AgentId | null): string {
  return caller === null ? 'other' : slugOf(caller)
}

function kept(cells: Map<string, Cell>, key: string, find: () => Cell): Cell {
  const known = cells.get(key)
  if (known) return known
  const cell = find()
  if (cells.size < keptMax) cells.set(key, cell)
  return cell
}

type TokenKind = (typeof tokenKinds)[number]

/** Each token once, so that kinds can be added up. */
function kindsOf(usage: Usage): readonly (readonly [TokenKind, number])[] {
  const { input_tokens, cached_tokens, cache_write_tokens, output_tokens, reasoning_tokens } = usage
  return [
    ['input', input_tokens - cached_tokens - cache_write_tokens],
    ['cached', cached_tokens],
    ['cache_write', cache_write_tokens],
    ['output', output_tokens - reasoning_tokens],
    ['reasoning', reasoning_tokens],
  ]
}

const limitRules = new Set([...limitNames, ...ceilingRules, 'maximums.chain'])
/** Series kept by key; as many as a registry has children. */
const keptMax = 2000
/** How long a failing ledger is not mentioned again. */
const quiet_ms = 1000
