/** What Weir tells the observability of its operators, beside the metrics page that is always there. */
import { z } from 'zod'
import { otlpSection, resourceField, tracesField } from './schema-telemetry-otlp.ts'

export const telemetrySection = z
  .strictObject({
    otlp: otlpSection.optional(),
    resource: resourceField,
    user_id: z.boolean().default(false).meta({
      description: 'Whether spans and log records carry the pseudonym of the person a run is for, as user.id.',
    }),
    traces: tracesField,
  })
  .prefault({})
  .meta({ description: 'Traces, metrics and logs for collectors.' })
