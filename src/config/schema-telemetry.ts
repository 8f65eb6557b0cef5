/** What Weir tells the observability of its operators, beside the metrics page that is always there. */
import { z } from 'zod'

export const telemetrySection = z
  .strictObject({})
  .prefault({})
  .meta({ description: 'Traces, metrics and logs for collectors.' })
