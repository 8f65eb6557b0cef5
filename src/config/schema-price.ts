/**
 * The configuration table: what a call of an agent or a tool costs. The same for both: a part that is known before, a part
 * for each unit the answer counts, and what the answer says it cost.
 */
import { z } from 'zod'
import { text, whole } from './fields.ts'

/** The most one call may have of anything that is paid for. */
export const amount_max = 1_000_000_000_000

/** Checked by the cross-check, which knows what answers hold and what was probably meant. */
function pointer(description: string) {
  return text((value) => value !== '', { description, form: 'a JSON pointer such as /_meta/cost' })
}

const units = z
  .strictObject({
    at: pointer(
      'Where the answer says how many units it took: in the result of a tool, in the task or message of an agent (A2A 1.0 JSON).',
    ),
    micros: whole(0, amount_max, { description: 'Cost of one unit.', unit: 'micro-dollars' }),
    max: whole(1, amount_max, {
      description: 'The most units one call may have; reserved, and booked where the answer does not count.',
      unit: 'units',
    }),
  })
  .meta({ description: 'Paid for by the unit: pages, rows, seconds.' })

const reported = z
  .strictObject({
    cost_usd: pointer('Where the answer says what it cost, a number of dollars.').optional(),
    cost_micros: pointer('The same in micro-dollars.').optional(),
    tokens: pointer('Where it says how many tokens it used.').optional(),
    input_tokens: pointer('The same of what was read; together with output_tokens, in place of tokens.').optional(),
    output_tokens: pointer('The same of what was written.').optional(),
    model: pointer('Where it names the model that used them, for records.').optional(),
    max_micros: whole(0, amount_max, {
      description:
        'The most one call may report; reserved, and booked where the answer says nothing. Needed beside cost_usd and cost_micros.',
      unit: 'micro-dollars',
    }).optional(),
    max_tokens: whole(0, amount_max, {
      description: 'The same of tokens. Needed beside tokens and input_tokens.',
      unit: 'tokens',
    }).optional(),
  })
  .meta({
    description:
      'What the answer says of itself. Drivers that read the usage of their framework need no pointers, only the most it may be.',
  })

/** `description` says whose price it is. */
export function price(description: string) {
  return z
    .strictObject({
      call_micros: whole(0, amount_max, { description: 'Cost of one call.', unit: 'micro-dollars' }).default(0),
      call_tokens: whole(0, amount_max, { description: 'Tokens of one call.', unit: 'tokens' }).default(0),
      units: units.optional(),
      reported: reported.optional(),
      tokens_as: text((value) => /^[^/\s]+\/\S+$/.test(value), {
        form: 'provider/model with a key of models.providers',
        description:
          'The model whose price the tokens of the answer have. Absent: they are counted and cost nothing known.',
      }).optional(),
    })
    .meta({ description })
}

export type PriceSettings = Readonly<z.output<ReturnType<typeof price>>>

/** Whether nobody wrote that it costs anything. */
export function isFree({ call_micros, call_tokens, units, reported, tokens_as }: PriceSettings): boolean {
  return call_micros === 0 && call_tokens === 0 && !units && !reported && tokens_as === undefined
}
