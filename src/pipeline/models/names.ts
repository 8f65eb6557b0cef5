/** What callers call a model: a route, `provider/model`, or a name that the row of a provider lists. */
import { isModelName } from '../../config/model-name.ts'
import { modelName, type ModelPlace, type ModelsSettings, placeOfModel, speaks } from '../../config/settings-models.ts'
import type { ModelFamily } from '../../domain/call.ts'
import type { Candidate, Tier } from '../../relay/models/contract.ts'

/** A name that leads somewhere. */
export interface NamedModel {
  /** Of the target: the name of a route, else `provider/model`. */
  readonly id: string
  /** Never empty, nor is any of them. */
  readonly tiers: readonly Tier[]
}

/** Null where the name leads nowhere, or to providers that speak the other API. A route stands before a model of its name. */
export function findModel(models: ModelsSettings, name: string, family: ModelFamily): NamedModel | null {
  if (!isModelName(name)) return null
  const route = models.routes.get(name)
  if (route) {
    const first = { candidates: candidatesOf(models, route.to, family), choose: route.choose }
    const later = route.fallback.map((place): Tier => ({
      candidates: candidatesOf(models, [{ ...place, weight: 1 }], family),
      choose: 'weight',
    }))
    const tiers = [first, ...later].filter(({ candidates }) => candidates.length > 0)
    return tiers.length > 0 ? { id: name, tiers } : null
  }
  const place = placeNamed(models, name, family)
  const candidates = place ? candidatesOf(models, [{ ...place, weight: 1 }], family) : []
  return place && candidates.length > 0 ? { id: modelName(place), tiers: [{ candidates, choose: 'weight' }] } : null
}

/** The places a configuration names: those of rows and those that routes lead to. */
export function knownPlaces({ providers, routes }: ModelsSettings): readonly ModelPlace[] {
  const listed = [...providers.values()].flatMap(({ id, models }) =>
    Array.from(models.keys(), (model) => ({ provider: id, model })),
  )
  const routed = [...routes.values()].flatMap(({ to, fallback }) => [...to, ...fallback])
  return [...new Map([...listed, ...routed].map((place) => [modelName(place), place])).values()]
}

function placeNamed({ providers }: ModelsSettings, name: string, family: ModelFamily): ModelPlace | null {
  const place = placeOfModel(name)
  if (place && place.model !== '' && providers.has(place.provider)) return place
  for (const provider of providers.values())
    if (provider.models.has(name) && speaks(provider, family)) return { provider: provider.id, model: name }
  return null
}

function candidatesOf(
  { providers }: ModelsSettings,
  places: readonly (ModelPlace & { readonly weight: number })[],
  family: ModelFamily,
): readonly Candidate[] {
  return places.flatMap(({ provider: id, model, weight }) => {
    const provider = providers.get(id)
    return provider && speaks(provider, family) ? [{ provider, model, weight }] : []
  })
}

/** The most tokens one answer of it can have. */
export function outputMaxOf({ provider, model }: Candidate): number {
  return provider.models.get(model)?.output_tokens_max ?? provider.output_tokens_max
}

export function placeName({ provider, model }: Candidate): string {
  return modelName({ provider: provider.id, model })
}
