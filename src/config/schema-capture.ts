/** Which payloads are kept beside the records, how much of them and for how long. */
import { z } from 'zod'
import { numberFields, prose } from './fields.ts'

const levels = ['none', 'hash', 'redacted', 'full'] as const
const level = z.enum(levels)

const meaning =
  'none keeps nothing; hash keeps a salted hash in the record; redacted also keeps the payload without secrets, sealed with the key of its person; full keeps it as it is.'

const numbers = numberFields({
  days: [1, 30, 3650, 'days', 'Payloads that are older are deleted.'],
  captured_bytes: [64, 65_536, 1_048_576, 'bytes', 'Of one payload; the rest of a longer one is cut off.'],
  total_bytes: [
    1_048_576,
    1_073_741_824,
    1_099_511_627_776,
    'bytes',
    'Of all of them together; the oldest leave first.',
  ],
})

export const captureSection = z
  .strictObject({
    level: level.default('none').meta({ description: `For targets that no rule names. ${meaning}` }),
    rules: z
      .array(
        z.strictObject({
          target: prose({ description: 'Targets as records name them; * stands for any characters: tool:files/*.' }),
          level: level.meta({ description: meaning }),
        }),
      )
      .max(100)
      .default([])
      .meta({ description: 'The first rule that names a target counts.' }),
    blank: z
      .array(prose({ description: 'The name of a JSON member, whatever its case.' }))
      .max(100)
      .default([])
      .meta({ description: 'JSON members whose values are left out at the level redacted, at any depth.' }),
    ...numbers,
  })
  .prefault({})
  .meta({ description: 'Which payloads of calls are kept beside their records.' })
