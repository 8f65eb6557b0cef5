/**
 * What the models of a configuration cost: by the price it sets for them, else by the built-in list, for which a provider is
 * the one its row names or the one whose address it has. Nobody is guessed: a proxy that speaks the API of OpenAI does not
 * have the prices of OpenAI.
 */
import { BoundedMap } from '../base/bounded-map.ts'
import type { Millis } from '../base/clock.ts'
import type { ModelPlace, ModelPriceRow, ModelsSettings, ProviderSettings } from '../config/settings-models.ts'
import type { Price, PriceBook } from './contract.ts'
import { listedProvider, listedRows } from './list.ts'
import { priceOf, rateOf, type Sheet } from './price.ts'

interface Entry {
  readonly price: Price | null
  standsAt(now: Millis): boolean
}

const nothing: ModelPriceRow = { input: 0, output: 0, call_micros: 0 }

/** Names of models come from callers too; those that were asked for least lately are looked up again. */
const remembered_max = 4096

export function openPriceBook(settings: ModelsSettings): PriceBook {
  const listed = new Map<string, string | null>()
  for (const [id, { prices_as, url }] of settings.providers) listed.set(id, listedProvider({ name: prices_as, url }))
  const known = new BoundedMap<string, readonly Entry[]>({ max: remembered_max })
  const entriesOf = (provider: ProviderSettings, model: string): readonly Entry[] => {
    const own = provider.models.get(model)?.price
    // What Weir plays itself costs nothing, and that is known.
    const sheet = own ?? (provider.api === 'fake' ? nothing : null)
    if (sheet) return [{ price: priceOf(sheetOf(sheet)), standsAt: () => true }]
    const list = listed.get(provider.id) ?? null
    const rows = list === null ? [] : listedRows(list, model)
    return rows.map(({ sheet, standsAt }) => ({ price: sheet && priceOf(sheet), standsAt }))
  }
  return {
    find: (place, now) => {
      const provider = settings.providers.get(place.provider)
      if (!provider) return null
      const key = keyOf(place)
      let entries = known.get(key)
      if (!entries) {
        entries = entriesOf(provider, place.model)
        known.set(key, entries)
      }
      return (entries.findLast((entry) => entry.standsAt(now)) ?? entries[0])?.price ?? null
    },
  }
}

/** A slug has no slash in it. */
function keyOf({ provider, model }: ModelPlace): string {
  return `${provider}/${model}`
}

function sheetOf({ input, cached = input, cache_write = input, output, call_micros }: ModelPriceRow): Sheet {
  const [read, write, written] = [rateOf(input), rateOf(cache_write), rateOf(output)]
  const rates = {
    input: read,
    cached: rateOf(cached),
    cacheWrite: write,
    cacheWrite1h: write,
    output: written,
    reasoning: written,
  }
  return {
    source: 'config',
    call: { micros: call_micros, picos: 0 },
    bands: [{ upTo: Number.POSITIVE_INFINITY, rates }],
  }
}
