/**
 * Which of the places a name leads to this caller may use. Each is judged as if it had been named itself; those that are
 * refused are left out, and a name of which none is left is refused as its first place is.
 */
import { assert } from '../../base/assert.ts'
import { isDenial, type Denial, type Permit } from '../../domain/verdict.ts'
import type { Price } from '../../pricing/contract.ts'
import type { Candidate, Tier } from '../../relay/models/contract.ts'
import { permit } from '../admit.ts'
import type { Entry } from '../enter.ts'
import { dearestOf } from './fit.ts'
import { goalOfPlace } from './goal-of-model.ts'
import type { JudgedPlace, ModelVisit, ReceivedModel } from './model-road.ts'
import { type NamedModel, placeName } from './names.ts'

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
      const verdict = await judgePlace(visit, { principal, entry, place })
      if ('denial' in verdict) refused ??= verdict
      else {
        granted ??= verdict
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

interface Judging extends Pick<ReceivedModel, 'principal'> {
  readonly entry: Entry
  readonly place: JudgedPlace
}

/** The place itself, and every other model that its provider is told it may answer with instead: all of them, or it is refused. */
async function judgePlace(visit: ModelVisit, { place, ...who }: Judging): Promise<Permit | RefusedModel> {
  let granted: Permit | null = null
  for (const candidate of answering(visit, place.candidate)) {
    const about = aboutPlace(visit, candidate)
    const verdict = await permit(about, { ...who, goal: goalOfPlace(visit.call, { ...place, candidate }) })
    if (isDenial(verdict)) return { kind: 'refused', denial: verdict, visit: about }
    granted ??= verdict
    visit.approval ??= about.approval
    visit.asked ??= about.asked
  }
  assert(granted !== null, 'a place is one of those that may answer for it')
  return granted
}

function answering({ call }: ModelVisit, candidate: Candidate): readonly Candidate[] {
  return [candidate, ...call.otherModels.map((model) => ({ ...candidate, model }))]
}

/**
 * The dearest of all that may answer for it. Null where nobody knows one of them, or where the call asks for a tier of
 * service whose prices no list has.
 */
export function priceOf(visit: ModelVisit, candidate: Candidate): Price | null {
  const { road, snapshot, call } = visit
  if (call.premium !== null) return null
  const now = road.clock.now()
  const prices = answering(visit, candidate).map(({ provider, model }) =>
    snapshot.prices.find({ provider: provider.id, model }, now),
  )
  return prices.includes(null) ? null : dearestOf(prices)
}

/** The same visit, about one place. */
function aboutPlace(visit: ModelVisit, candidate: Candidate): ModelVisit {
  return { ...visit, call: { ...visit.call, target: { kind: 'model', id: placeName(candidate) } } }
}
