/** The configuration table: how an agent is shown to others, what Weir holds its own card to, and what part of it is offered. */
import { z } from 'zod'
import { slug, text, url, whole } from './fields.ts'
import { isJwksPlace } from './schema-trust.ts'

const sha256Form = /^[0-9a-f]{64}$/

const card = z
  .strictObject({
    url: url({ description: 'Where the card of the agent is; private addresses only if gateway.outside allows them.' }),
    digest: text((value) => sha256Form.test(value), {
      form: '64 lower-case hexadecimal digits',
      description: 'SHA-256 the card must have (`weir agent show`). Absent: that of the first one seen.',
    }).optional(),
    signatures: z.enum(['required', 'if_present', 'ignore']).default('if_present').meta({
      description: 'What signatures of the card must be: there and right, right where they are there, or anything.',
    }),
    keys: text(isJwksPlace, {
      form: 'file: and a path, or an https URL (http on loopback only)',
      description: 'The public keys that may sign the card. Where the card says its keys are is never asked.',
    }).optional(),
    refresh_s: whole(10, 604_800, { description: 'How often the card is fetched again.', unit: 's' }).default(3600),
    on_change: z.enum(['quarantine', 'alert']).default('quarantine').meta({
      description:
        'What follows when skills, security, addresses or signature change: no calls until an operator approves, or an alert.',
    }),
  })
  .meta({ description: "The agent's own card, which says what it can do. Absent: nobody asks for it." })

const skillId = text((value) => value.trim() !== '' && value.length <= 128, {
  form: 'the id of a skill, 1 to 128 characters',
  description: 'A skill, as the card of the agent calls it.',
})

/** Members of an agent's row. */
export const cardFields = {
  discovery: z.enum(['hidden', 'stub', 'full']).default('hidden').meta({
    description:
      'What somebody without a credential sees: nothing, a card that says how to call it, or its whole card.',
  }),
  card: card.optional(),
  facet_of: slug({
    description:
      'The agent this one is a part of: calls go there, with its credential, under a name, policies and limits of its own.',
  }).optional(),
  skills: z
    .array(skillId)
    .min(1)
    .max(128)
    .optional()
    .meta({ description: 'The skills that are shown. Absent: all.', form: 'a list of 1 to 128 ids of skills' }),
}
