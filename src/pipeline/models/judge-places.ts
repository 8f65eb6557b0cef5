/**
 * Which of the places a name leads to this caller may use. Each is judged as if it had been named itself; those that are
 * refused are left out, and a name of which none is left is refused as its first place is.
 */
import { assert } from '../../base/assert.ts'
import { isDenial, type Denial, type Permit } from '../../domain/verdict.ts'
import type { Price } from '../../pricing/contract.ts'
import type { Candidate, Tier } from '../../relay/models/contract.ts'
import { type Asking, permit } from '../admit.ts'
import type { Entry } from '../enter.ts'
import { goalOfPlace } from './goal-of-model.ts'
import type { ModelVisit, ReceivedModel } from './model-road.ts'
import { type NamedModel, placeName } from './names.ts'

/** A place this caller may use, and what it costs; null where nobody knows. */
export interface JudgedPlace {
  readonly candidate: Candidate
  readonly price: Price | null
}

export interface JudgedModel {
  readonly kind: 'judged'
  readonly id: string
  /** Never empty, nor is any of them. */
  readonly tiers: readonly Tier[]
  readonly places: readonly JudgedPlace[]
  readonly permit: Permit
}

/** A refusal, and the visit as it was about the place that was refused. */
export interface RefusedModel {
  readonly kind: 'refused'
  readonly denial: Denial
  readonly visit: ModelVisit
}

export async function judgePlaces(
  { visit, principal }: ReceivedModel,
  entry: Entry,
  named: NamedModel,
): Promise<JudgedModel | RefusedModel> {
  const places: JudgedPlace[] = []
  const tiers: Tier[] = []
  let granted: Permit | null = null
  let refused: RefusedModel | null = null
  for (const tier of named.tiers) {
    const kept: Candidate[] = []
    for (const candidate of tier.candidates) {
      const place = { candidate, price: priceOf(visit, candidate) }
      const about = aboutPlace(visit, candidate)
      const asking: Asking = { principal, entry, goal: goalOfPlace(visit.call, place) }
      const verdict = await permit(about, asking)
      if (isDenial(verdict)) refused ??= { kind: 'refused', denial: verdict, visit: about }
      else {
        granted ??= verdict
        visit.approval ??= about.approval
        kept.push(candidate)
        places.push(place)
      }
    }
    if (kept.length > 0) tiers.push({ ...tier, candidates: kept })
  }
  if (granted) return { kind: 'judged', id: named.id, tiers, places, permit: granted }
  assert(refused !== null, 'a name that leads somewhere leads to a place')
  return refused
}

export function priceOf({ road, snapshot }: ModelVisit, { provider, model }: Candidate): Price | null {
  return snapshot.prices.find({ provider: provider.id, model }, road.clock.now())
}

/** The same visit, about one place. */
function aboutPlace(visit: ModelVisit, candidate: Candidate): ModelVisit {
  return { ...visit, call: { ...visit.call, target: { kind: 'model', id: placeName(candidate) } } }
}
