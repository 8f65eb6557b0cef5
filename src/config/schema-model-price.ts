/** The configuration table: what a model costs, where the built-in list is wrong or says nothing. */
import { z } from 'zod'

/** Fractions of a micro-dollar a token are usual: 0.15 is 15 cents for a million tokens. */
function perToken(description: string) {
  return z.number().min(0).max(1_000_000).meta({ description, unit: 'dollars per million tokens' })
}

export const modelPrice = z
  .strictObject({
    input: perToken('What is read.'),
    cached: perToken('What is read from a cache. Absent: as input.').optional(),
    cache_write: perToken('What is written to a cache. Absent: as input.').optional(),
    output: perToken('What is written, reasoning too.').default(0),
    call_micros: z
      .int()
      .min(0)
      .max(1_000_000_000_000)
      .default(0)
      .meta({ description: 'Every call, beside its tokens.', unit: 'micro-dollars' }),
  })
  .meta({ description: 'In place of the price the built-in list gives.' })
