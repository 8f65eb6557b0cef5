/** The configuration table: in which shape a receiver takes alerts, and what Weir finds odd enough to tell it. */
import { z } from 'zod'
import { numberFields, secret } from './fields.ts'

const alertShapes = ['weir', 'slack', 'pagerduty'] as const

export const receiverFields = {
  shape: z.enum(alertShapes).default('weir').meta({
    description:
      'What is posted: weir.alert/v1, a message for an incoming webhook of Slack, or an event for the Events API v2 of PagerDuty.',
  }),
  routing_key: secret({
    description: 'Integration key of a service of PagerDuty; it goes into the body. Needed with shape: pagerduty.',
  }).optional(),
}

const costVelocity = z
  .strictObject(
    numberFields({
      factor: [2, 5, 1000, 'times', 'Spending at so many times its usual rate is told.'],
      floor_micros_per_min: [1, 1_000_000, 1e12, 'micro-dollars', 'A rate below this is never told.'],
    }),
  )
  .prefault({})
  .meta({ description: 'When a run, or an agent over all its runs, spends faster than usual.' })

const repetition = z
  .strictObject(
    numberFields({
      same_calls: [3, 20, 200, 'calls', 'So many calls along one edge of a run, alike in size and outcome, are told.'],
      window_ms: [1000, 60_000, 3_600_000, 'ms', 'The time in which they are counted.'],
    }),
  )
  .prefault({})
  .meta({ description: 'When a run makes the same call again and again.' })

export const anomaliesField = z
  .strictObject({
    cost_velocity: costVelocity,
    repetition,
    ...numberFields({
      cooldown_ms: [1000, 600_000, 86_400_000, 'ms', 'Of one run, each is told at most once in this time.'],
    }),
  })
  .prefault({})
  .meta({ description: 'What is told although no limit was reached; nothing is refused because of it.' })
