/** What models cost. Money is whole micro-dollars wherever it is booked; prices are exact below that. */
import type { Usage } from '../domain/usage.ts'

/** The price of one model at one provider, as it stands now. */
export interface Price {
  /** Where it is from: `config`, or the name and version of the price list. */
  readonly source: string
  /** What a call came to. Rounded up once, at the end: never less than the provider bills. */
  bill(usage: Usage): Bill
  /** No call costs more that reads at most `input` tokens, in whatever part from caches, and writes at most `output`. */
  bound(input: number, output: number): number
  /** The most output tokens, at most `wanted`, for which `bound` stays within `micros`; null where not even one does. */
  afford(micros: number, input: number, wanted: number): number | null
}

/** Integer micro-dollars. */
export interface Bill {
  readonly cost_micros: number
  readonly input_micros: number
  readonly output_micros: number
}

/** Made anew for each snapshot of the configuration. */
export interface PriceBook {
  /** Null where nobody knows it. `now` is milliseconds since the epoch: prices have dates, and some have hours. */
  find(place: { readonly provider: string; readonly model: string }, now: number): Price | null
}
