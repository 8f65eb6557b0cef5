/** The configuration table: when a provider of models is left alone and when a call is tried again. */
import { z } from 'zod'
import { numberFields, type NumberRow } from './fields.ts'

const rows = {
  attempts_max: [1, 3, 10, 'attempts', 'Attempts at one model of the provider for one call, the first one included.'],
  backoff_ms: [1, 200, 60_000, 'ms', 'Wait before another attempt; doubles, half of it is chance.'],
  retry_after_max_ms: [
    0,
    5000,
    30_000,
    'ms',
    'The longest Retry-After of the provider that is waited for; after a longer one the next fallback is asked.',
  ],
  retry_budget_percent: [0, 20, 100, '%', 'Further attempts as a share of the calls to the provider.'],
  retries_per_second_min: [0, 5, 1000, 'retries/s', 'Further attempts that are always allowed.'],
  eject_after_faults: [0, 5, 1000, 'faults', 'Faults in a row after which a model is left alone. 0: never.'],
  eject_ms: [100, 10_000, 3_600_000, 'ms', 'How long it is left alone; doubles each time it happens again.'],
  eject_max_ms: [100, 300_000, 3_600_000, 'ms', 'The longest it is left alone.'],
  outstanding_max: [0, 1000, 1_000_000, 'calls', 'Calls and streams open at the provider at once. 0: any number.'],
} as const satisfies Record<string, NumberRow>

export const providerResilience = z
  .strictObject(numberFields(rows))
  .prefault({})
  .meta({ description: 'When it is left alone and when a call is tried again.' })
