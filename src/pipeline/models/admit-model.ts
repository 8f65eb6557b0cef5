/**
 * How a call of a model becomes a hop: it holds the most it may cost at the dearest place it may go to, and its answer is
 * trimmed to what is left for it. A place whose price nobody knows cannot be held to a budget for cost.
 */
import { type ModelCall, targetName } from '../../domain/call.ts'
import type { Spend } from '../../domain/spend.ts'
import { type Denial, deny, type Hop, isDenial } from '../../domain/verdict.ts'
import type { Price } from '../../pricing/contract.ts'
import type { Tier } from '../../relay/models/contract.ts'
import { admit, type Goal } from '../admit.ts'
import type { Entry } from '../enter.ts'
import { dearestOf, type Fitting, fitOf } from './fit.ts'
import { outputWanted, tokensAllowed } from './goal-of-model.ts'
import type { JudgedModel } from './judge-places.ts'
import type { JudgedPlace, ReceivedModel } from './model-road.ts'
import { placeName } from './names.ts'

/** A call that may leave. */
export interface AdmittedModel {
  readonly kind: 'admitted'
  readonly hop: Hop<ModelCall>
  readonly tiers: readonly Tier[]
  /** The most tokens each answer may have; null leaves what the caller wrote. */
  readonly ceiling: number | null
  /** No place it may go to is dearer; null where nobody knows the price of any. */
  readonly price: Price | null
}

export function admitModel(
  { visit, principal }: ReceivedModel,
  entry: Entry,
  judged: JudgedModel,
): AdmittedModel | Denial {
  const { call, snapshot } = visit
  const refuses = snapshot.settings.models.unknown_price === 'refuse'
  const plan = new Plan(call, judged, refuses)
  const hop = admit(visit, { principal, entry, goal: plan.goal() }, judged.permit)
  if (isDenial(hop)) return plan.unpriced ?? (call.boundless ? unbounded(hop) : hop)
  const ceiling = plan.ceilingOf(hop.lease.reserved, visit.authority.details !== null)
  return { kind: 'admitted', hop, tiers: plan.tiers(), ceiling, price: plan.price }
}

/**
 * Part of the input is not in the request, so a whole context was held against the budget, which most calls do not come near:
 * that it does not fit says nothing about what is left of the run, which goes on.
 */
function unbounded(denial: Denial): Denial {
  if (denial.code !== 'run_budget_exhausted') return denial
  const detail = `${denial.detail}; part of the input is not in the request, so a whole context is reserved for it`
  return { ...denial, code: 'budget_exhausted', detail }
}

/** What is asked of the limits, and what was learned by asking: whether anything counts here at all. */
class Plan {
  readonly #call: ModelCall
  readonly #judged: JudgedModel
  readonly #refusesUnknown: boolean
  readonly #wanted: number
  readonly #fitting: Fitting
  readonly price: Price | null
  #counts = false
  #costCounts = false

  constructor(call: ModelCall, judged: JudgedModel, refusesUnknown: boolean) {
    this.#call = call
    this.#judged = judged
    this.#refusesUnknown = refusesUnknown
    this.#wanted = Math.max(...judged.places.map((place) => outputWanted(call, place)))
    const { inputBound, choices } = call
    this.price = dearestOf(judged.places.map((place) => place.price))
    this.#fitting = fitOf({ price: this.price, inputBound, outputWanted: this.#wanted, choices })
  }

  goal(): Goal {
    const { streaming, target, inputBound, choices } = this.#call
    const most = { tokens: Number.POSITIVE_INFINITY, cost_micros: Number.POSITIVE_INFINITY }
    const want = this.#fitting.fit(most) ?? { tokens: inputBound + this.#wanted * choices, cost_micros: 0 }
    return {
      action: 'useModel',
      asked: null,
      server: targetName(target),
      agent: null,
      named: null,
      price: { call_micros: want.cost_micros, call_tokens: want.tokens },
      fit: (left) => this.#fit(left),
      model: { maxTokens: tokensAllowed(this.#call), streaming },
    }
  }

  /** Set where nothing else was in the way. */
  get unpriced(): Denial | null {
    if (!this.#costCounts || !this.#refusesUnknown || this.#judged.places.some(hasPrice)) return null
    const names = this.#judged.places.map(({ candidate }) => placeName(candidate)).join(', ')
    return deny('price_unknown', `nobody knows the price of ${names}`, { rule: 'models.unknown_price' })
  }

  tiers(): readonly Tier[] {
    if (!this.#costCounts || !this.#refusesUnknown) return this.#judged.tiers
    const priced = new Set(this.#judged.places.filter(hasPrice).map(({ candidate }) => candidate))
    return this.#judged.tiers
      .map((tier) => ({ ...tier, candidates: tier.candidates.filter((candidate) => priced.has(candidate)) }))
      .filter(({ candidates }) => candidates.length > 0)
  }

  /** Where nothing counts, what the caller wrote stands; where something does, its end must be ours if it is not lower. */
  ceilingOf(reserved: Spend, bounded: boolean): number | null {
    const { operation, outputMax } = this.#call
    if (operation !== 'generate' || !(this.#counts || bounded)) return null
    const ceiling = Math.min(this.#fitting.ceilingOf(reserved), this.#wanted)
    return outputMax !== null && outputMax <= ceiling ? null : ceiling
  }

  #fit(left: Spend): Spend | null {
    this.#costCounts ||= Number.isFinite(left.cost_micros)
    this.#counts ||= this.#costCounts || Number.isFinite(left.tokens)
    return this.unpriced === null ? this.#fitting.fit(left) : null
  }
}

function hasPrice({ price }: JudgedPlace): boolean {
  return price !== null
}
