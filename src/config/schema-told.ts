/** The configuration table: what callers may say of their calls, and what answers tell them of the run. */
import { z } from 'zod'
import { text } from './fields.ts'

/** Of an agent and of a tool server. */
export const traceparentField = z.enum(['pass', 'open', 'strip']).default('pass').meta({
  description:
    'What it is told of traces: pass hands on the traceparent of its caller, open sends one of the run where the caller sent none, strip sends none.',
})

export const toldFields = {
  response_headers: z.enum(['full', 'ids']).default('full').meta({
    description: 'What answers say of their run: full adds the decision, the cost and what is left to its ids.',
  }),
  tags: z
    .array(
      text((key) => /^[a-z][a-z0-9_-]{0,31}$/.test(key), {
        form: '1 to 32 characters of a-z, 0-9, _ and -, a letter first',
        description: 'A key that callers may use in Weir-Tags.',
      }),
    )
    .max(16)
    .default([])
    .meta({
      description: 'Labels of cost that callers may set with Weir-Tags, by their keys; others are not kept.',
      form: 'a list of at most 16 keys',
    }),
}
