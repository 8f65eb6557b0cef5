/** The configuration table: who runs the models that agents use through Weir, by which names they are asked for, what they cost. */
import { z } from 'zod'
import { modelPrice } from './schema-model-price.ts'
import { providerResilience } from './schema-model-resilience.ts'
import { isModelName } from './model-name.ts'
import { frameHeaders, prose, secret, slug, slugForm, text, url, whole } from './fields.ts'

/** Those of the frame, those that say who we are, and those of the caller. */
const ownHeaders = new Set<string>([...frameHeaders, 'accept', 'accept-encoding', 'authorization', 'x-api-key'])

function isProviderHeader(name: string): boolean {
  return /^[A-Za-z0-9-]{1,64}$/.test(name) && !ownHeaders.has(name.toLowerCase())
}

const nameForm = 'the name of a model: 1 to 256 printable ASCII characters without spaces'

const modelRow = z
  .strictObject({
    price: modelPrice.optional(),
    groups: z
      .array(slug({ description: 'A group.' }))
      .max(64)
      .default([])
      .meta({ description: 'Groups that policies may name: Weir::ModelGroup.' }),
    output_tokens_max: whole(1, 10_000_000, {
      description: 'The most it can answer with. Absent: that of its provider.',
      unit: 'tokens',
    }).optional(),
    description: prose({ description: 'What it is for, for people.' }).optional(),
  })
  .meta({ description: 'What is true of one model.' })

const timeouts = z
  .strictObject({
    first_byte_ms: whole(10, 3_600_000, {
      description: 'From the last byte sent to the first byte of the answer.',
      unit: 'ms',
    }).default(120_000),
    idle_ms: whole(10, 3_600_000, { description: 'Silence in an answer.', unit: 'ms' }).default(120_000),
  })
  .prefault({})
  .meta({ description: 'How long the provider may be silent.' })

const key = z
  .strictObject({
    key: secret({ description: 'A key of ours at the provider.' }),
    weight: whole(1, 1000, { description: 'Its share of the calls among the keys of the provider.' }).default(1),
  })
  .meta({ description: 'A key and its share.' })

const provider = z.strictObject({
  api: z.enum(['openai', 'anthropic', 'fake']).meta({
    description:
      'What it speaks: the API of OpenAI, the API of Anthropic, or `fake`, which Weir answers itself without a network.',
  }),
  url: url({
    description:
      'Where its API is, as its SDK takes it: https://api.openai.com/v1 with the version, https://api.anthropic.com without.',
  }).optional(),
  keys: z.array(key).max(64).default([]).meta({
    description: 'Keys of ours, which take turns; one that is refused or out of quota is left alone for a while.',
  }),
  headers: z
    .record(
      text(isProviderHeader, {
        form: 'a header name that is not one of the connection or of credentials',
        description: 'Name of a header.',
      }),
      secret({ description: 'A header sent with every request to this provider.' }),
    )
    .default({})
    .meta({ description: 'Headers sent to the provider.' }),
  region: text((value) => /^[a-z0-9-]{0,64}$/.test(value), {
    form: 'up to 64 characters of a-z, 0-9 and dashes',
    description: 'Where its models are computed, for policies: eu.',
  }).default(''),
  description: prose({ description: 'Who that is, for people.' }).default('A provider of models.'),
  prices_as: text((value) => /^[a-z0-9_-]{1,64}$/.test(value), {
    form: 'the name of a provider in the price list',
    description:
      'Whose prices of the built-in list its models have: openai, anthropic, azure. Absent: those of its url.',
  }).optional(),
  output_tokens_max: whole(1, 10_000_000, {
    description:
      'The most one answer of its models can have. Where a budget counts and the caller sets no end, this is the end.',
    unit: 'tokens',
  }).default(32_768),
  models: z
    .record(text(isModelName, { form: nameForm, description: 'Name of a model, as its provider calls it.' }), modelRow)
    .default({})
    .meta({ description: 'Models that can be asked for without the provider in front, and what is true of them.' }),
  timeouts,
  resilience: providerResilience,
})

const destination = z
  .strictObject({
    model: text(isModelName, { form: 'provider/model', description: 'provider/model, as in openai/gpt-5.5.' }),
    weight: whole(1, 1000, { description: 'Its share of the calls.' }).default(1),
  })
  .meta({ description: 'A model at a provider, and its share.' })

const route = z
  .strictObject({
    to: z.array(destination).min(1).max(32).meta({ description: 'Where calls go; all of one API.' }),
    choose: z
      .enum(['weight', 'least_outstanding'])
      .default('weight')
      .meta({ description: 'By their shares, or where the fewest calls are under way for its share.' }),
    fallback: z
      .array(text(isModelName, { form: 'provider/model', description: 'provider/model.' }))
      .max(16)
      .default([])
      .meta({ description: 'Who is asked next, in this order, where none of them gives an answer.' }),
    description: prose({ description: 'What it is for, for people.' }).optional(),
  })
  .meta({ description: 'A name for one or several models.' })

/** Checked by the cross-check and not here, because a key refused here would hide what is wrong with its value. */
const slugKey = z.string().meta({ form: slugForm, pattern: '^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$' })

export const modelsSection = z
  .strictObject({
    providers: z
      .record(slugKey, provider)
      .default({})
      .meta({ description: 'Who runs models, by slug: `openai/gpt-5.5` is the model gpt-5.5 of the provider openai.' }),
    routes: z
      .record(text(isModelName, { form: nameForm, description: 'The name callers ask for.' }), route)
      .default({})
      .meta({ description: 'Further names of models: aliases, shares and fallbacks.' }),
    unknown_price: z.enum(['refuse', 'allow']).default('refuse').meta({
      description:
        'What happens to a call whose price nobody knows where a budget for cost applies. Without such a budget it is let through, and its cost is shown as unknown.',
    }),
    media_tokens_max: whole(0, 10_000_000, {
      description: 'What is reserved for each picture, sound or file in a call, on top of its text.',
      unit: 'tokens',
    }).default(8192),
  })
  .prefault({})
  .meta({ description: 'Models: providers, names, prices.' })
