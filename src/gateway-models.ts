/** What speaks to providers of models, and what it tells operators. It lasts as long as the process. */
import type { Clock } from './base/clock.ts'
import type { Dice } from './base/dice.ts'
import type { Log } from './observe/log.ts'
import type { Bench } from './relay/exchange.ts'
import { FakeProvider } from './relay/models/fake/provider.ts'
import { ModelRelay } from './relay/models/model-relay.ts'
import { type KeyTrouble, ModelPlaces, type ModelReport } from './relay/models/places.ts'

export interface Models {
  readonly relay: ModelRelay
  readonly places: ModelPlaces
}

export function openModels(bench: Bench, { clock, dice, log }: { clock: Clock; dice: Dice; log: Log }): Models {
  const places = new ModelPlaces(clock, reportTo(log))
  const fake = new FakeProvider({ wheel: bench.wheel, clock })
  return { places, relay: new ModelRelay(bench, { places, fake, dice }) }
}

const troubles: Readonly<Record<KeyTrouble, string>> = { refused: 'is refused', out_of_quota: 'is out of quota' }

function reportTo(log: Log): ModelReport {
  return {
    onEjected: (provider, model) =>
      log.warn(`${provider}/${model} fails and is left alone for a while`, { provider, model }),
    onRetried: () => undefined,
    onKeyRefused: (provider, place, why) =>
      log.error(`key ${place} of the provider ${provider} ${troubles[why]}; others are used`, { provider, key: place }),
  }
}
