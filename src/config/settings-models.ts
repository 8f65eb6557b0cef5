/** Models as the rest of Weir sees them: secrets sealed, names split, tables as maps. */
import type { ModelFamily } from '../domain/call.ts'
import type { ConfigFile } from './schema.ts'
import { Secret } from './secret.ts'

type Section = ConfigFile['models']
type ProviderRow = Section['providers'][string]

export type ModelRow = ProviderRow['models'][string]
export type ModelPriceRow = NonNullable<ModelRow['price']>
export type ProviderResilience = Readonly<ProviderRow['resilience']>

export interface ProviderKey {
  readonly key: Secret
  readonly weight: number
}

export interface ProviderSettings extends Omit<ProviderRow, 'url' | 'keys' | 'headers' | 'models' | 'prices_as'> {
  /** Its slug. */
  readonly id: string
  /** Without a trailing slash; null for `fake`. */
  readonly url: string | null
  readonly keys: readonly ProviderKey[]
  /** Names are lower case. */
  readonly headers: readonly (readonly [name: string, value: Secret])[]
  readonly models: ReadonlyMap<string, ModelRow>
  readonly prices_as: string | null
}

/** A model at a provider. */
export interface ModelPlace {
  /** The slug of the provider. */
  readonly provider: string
  /** What the provider calls it. */
  readonly model: string
}

export interface RouteSettings extends Omit<Section['routes'][string], 'to' | 'fallback'> {
  readonly name: string
  readonly to: readonly (ModelPlace & { readonly weight: number })[]
  readonly fallback: readonly ModelPlace[]
}

export interface ModelsSettings extends Omit<Section, 'providers' | 'routes'> {
  readonly providers: ReadonlyMap<string, ProviderSettings>
  readonly routes: ReadonlyMap<string, RouteSettings>
}

/** Whether calls of that family can be sent there. */
export function speaks({ api }: Pick<ProviderSettings, 'api'>, family: ModelFamily): boolean {
  return api === 'fake' || api === family
}

/** `openai/gpt-5.5` as provider and model; null where no slash is in it. */
export function placeOfModel(written: string): ModelPlace | null {
  const slash = written.indexOf('/')
  return slash === -1 ? null : { provider: written.slice(0, slash), model: written.slice(slash + 1) }
}

export function modelName({ provider, model }: ModelPlace): string {
  return `${provider}/${model}`
}

/** Every provider and model the configuration names, as series of metrics may name them. */
export function namedModels({ providers, routes }: ModelsSettings): Record<'providers' | 'models', readonly string[]> {
  const rows = [...providers.values()].flatMap((provider) => [...provider.models.keys()])
  const places = [...routes.values()].flatMap(({ to, fallback }) => [...to, ...fallback])
  return { providers: [...providers.keys()], models: [...rows, ...places.map(({ model }) => model)] }
}

export function modelsSettings({ models }: ConfigFile): ModelsSettings {
  const providers = Object.entries(models.providers).map(([id, row]): [string, ProviderSettings] => [
    id,
    {
      ...row,
      id,
      url: row.url?.replace(/\/+$/, '') ?? null,
      keys: row.keys.map(({ key, weight }) => ({ key: new Secret(key), weight })),
      headers: Object.entries(row.headers).map(([name, value]) => [name.toLowerCase(), new Secret(value)] as const),
      models: new Map(Object.entries(row.models)),
      prices_as: row.prices_as ?? null,
    },
  ])
  const routes = Object.entries(models.routes).map(([name, row]): [string, RouteSettings] => [
    name,
    {
      ...row,
      name,
      to: row.to.flatMap(({ model, weight }) => placesOf(model).map((place) => ({ ...place, weight }))),
      fallback: row.fallback.flatMap(placesOf),
    },
  ])
  return { ...models, providers: new Map(providers), routes: new Map(routes) }
}

/** The cross-check has seen that each names a provider. */
function placesOf(written: string): readonly ModelPlace[] {
  const place = placeOfModel(written)
  return place === null ? [] : [place]
}
