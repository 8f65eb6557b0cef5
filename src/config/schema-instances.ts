/** The configuration table: where the instances of an agent are, and what happens when one of them does not answer. */
import { z } from 'zod'
import { slug, url, numberFields, type NumberRow } from './fields.ts'

/** Instances of one agent, `url` among them. */
export const instances_max = 64

const place = url({ description: 'Where the instance answers.' })

const instance = z
  .union([
    place,
    z.strictObject({
      url: place,
      drain: z
        .boolean()
        .default(false)
        .meta({ description: 'Whether it gets no new conversations; what it works on still finds it.' }),
    }),
  ])
  .meta({ description: 'An instance.', form: 'a URL, or { url, drain }' })

const rows = {
  attempts_max: [1, 3, 10, 'attempts', 'Attempts for one call, the first one included. 1: nothing is tried again.'],
  backoff_ms: [
    1,
    50,
    60_000,
    'ms',
    'Wait before an attempt that may not follow at once; doubles, half of it is chance.',
  ],
  backoff_max_ms: [1, 1000, 60_000, 'ms', 'The longest such wait.'],
  retry_budget_percent: [0, 20, 100, '%', 'Further attempts as a share of the calls to the agent.'],
  retries_per_second_min: [0, 5, 1000, 'retries/s', 'Further attempts that are always allowed.'],
  first_event_ms: [
    10,
    10_000,
    3_600_000,
    'ms',
    'With idempotent_sends: silence after a send, after which another instance is asked instead.',
  ],
  eject_after_faults: [0, 5, 1000, 'faults', 'Faults in a row after which an instance is left alone. 0: never.'],
  eject_ms: [100, 10_000, 3_600_000, 'ms', 'How long it is left alone; doubles each time it happens again.'],
  eject_max_ms: [
    100,
    300_000,
    3_600_000,
    'ms',
    'The longest an instance is left alone, and how soon that is forgotten.',
  ],
  outlier_percent: [
    0,
    40,
    100,
    'percentage points',
    'How much larger than that of the others its share of faults may be. 0: any share.',
  ],
  outlier_calls_min: [1, 20, 100_000, 'calls', 'Calls to an instance before its share of faults counts.'],
  outlier_window_ms: [1000, 30_000, 3_600_000, 'ms', 'The time over which these shares are taken.'],
  outstanding_max: [0, 1000, 1_000_000, 'calls', 'Calls and streams open at one instance at once. 0: any number.'],
  keep_left_ms: [
    0,
    86_400_000,
    604_800_000,
    'ms',
    'How long an instance that left the configuration is still reached by what it works on.',
  ],
} as const satisfies Record<string, NumberRow>

const resilience = z
  .strictObject(numberFields(rows))
  .prefault({})
  .meta({ description: 'When an instance is left alone and when a call is tried again.' })

/** The members of an agent that are about its instances. */
export const instanceFields = {
  instances: z
    .array(instance)
    .max(instances_max)
    .default([])
    .meta({
      description: 'Further places where the agent answers, all alike; `url` is the first if it is there.',
      form: `a list of at most ${instances_max} URLs or { url, drain }, \`url\` included`,
    }),
  shared_task_store: z
    .boolean()
    .default(false)
    .meta({ description: 'Whether every instance knows the tasks and conversations of all the others.' }),
  idempotent_sends: z.boolean().default(false).meta({
    description: 'Whether the instances, all together, work only once on a message they get twice (by its messageId).',
  }),
  fallback: slug({ description: 'The agent that is called instead where no instance of this one can be.' }).optional(),
  resilience,
}
