/** What is kept of calls, how safe it is before they leave, and for how long. */
import { z } from 'zod'
import { indexFields } from './schema-index.ts'

/** Which calls wait until their intent is on the disk for good. */
const durabilities = ['effects', 'all', 'none'] as const

export const ledgerSection = z
  .strictObject({
    durability: z.enum(durabilities).default('effects').meta({
      description:
        'Which calls leave only once their intent is on the disk for good: those that may change something (effects), all, or none, whose intents follow within milliseconds.',
    }),
    ...indexFields,
  })
  .prefault({})
  .meta({ description: 'What is kept of calls, and how safe it is before they leave.' })
