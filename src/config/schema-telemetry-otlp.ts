/** The configuration table: where traces, metrics and logs go. */
import { z } from 'zod'
import { numberFields, prose, secret, text, url } from './fields.ts'

const headerName = /^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/i

const signal = (what: string) =>
  z
    .boolean()
    .default(true)
    .meta({ description: `Whether ${what} are sent.` })

export const otlpSection = z
  .strictObject({
    endpoint: url({
      description:
        'Where the collector answers; /v1/traces, /v1/metrics and /v1/logs are added. Use https off this machine.',
    }),
    protocol: z
      .enum(['http/protobuf'])
      .default('http/protobuf')
      .meta({ description: 'What is spoken to the collector.' }),
    headers: z
      .record(
        text((name) => headerName.test(name), { form: 'a header name', description: 'Name of a header.' }),
        secret({ description: 'A header sent with every request to the collector.' }),
      )
      .default({})
      .meta({ description: 'Headers sent to the collector: what Weir proves to it.' }),
    signals: z
      .strictObject({
        traces: signal('spans of runs and hops'),
        metrics: signal('the numbers of the metrics page'),
        logs: signal('refusals, halts, revocations, approvals and changes of cards and tools'),
      })
      .prefault({})
      .meta({ description: 'What is sent.' }),
    ...numberFields({
      interval_s: [1, 30, 3600, 's', 'Between two sets of metrics.'],
      timeout_ms: [100, 10_000, 60_000, 'ms', 'How long one request to the collector may take, with its retries.'],
      queue_max: [
        5120,
        16_384,
        1_000_000,
        'spans',
        'Spans, and log records, that wait for the collector; more are dropped.',
      ],
    }),
    sample_ratio: z
      .number()
      .min(0)
      .max(1)
      .default(1)
      .meta({ description: 'Share of the runs whose spans are sent, 0 to 1; a run is sent whole or not at all.' }),
  })
  .meta({ description: 'Sends traces, metrics and logs to a collector by OTLP. Absent: nothing is sent.' })

export const resourceField = z
  .record(
    text((name) => /^[a-z][a-z0-9_.]{0,127}$/.test(name), {
      form: 'the name of an attribute: a-z, 0-9, _ and dots, a letter first',
      description: 'Name of an attribute.',
    }),
    prose({ description: 'Its value.' }),
  )
  .refine((resource) => Object.keys(resource).length <= 64)
  .default({})
  .meta({
    description: 'Attributes of the resource beside service.name, service.version and service.instance.id.',
    form: 'at most 64 attributes',
  })

export const tracesField = z
  .strictObject({
    join: z.enum(['run', 'caller']).default('run').meta({
      description:
        'Whose trace a run is, if its first call came with a traceparent: run is its own, with a link to the caller; caller is the trace of the caller.',
    }),
  })
  .prefault({})
  .meta({ description: 'How runs become traces.' })
