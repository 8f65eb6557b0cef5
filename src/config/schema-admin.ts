/** The configuration table: tokens for people and tools at the admin listener, each with roles. */
import { z } from 'zod'
import { secret, slug } from './fields.ts'

export const adminRoles = [
  'viewer',
  'operator',
  'policy-editor',
  'tool-approver',
  'finance',
  'auditor',
  'admin',
] as const
export type AdminRole = (typeof adminRoles)[number]

/** A shorter one could be guessed. Unit: characters. */
const secret_min = 32

export const adminFields = {
  admin_tokens: z
    .array(
      z.strictObject({
        name: slug({ description: 'Whose it is; entries of the ledger say operator:<name>.' }),
        roles: z
          .array(z.enum(adminRoles))
          .min(1)
          .max(adminRoles.length)
          .meta({ description: 'What it may: the roles of docs/reference/roles.md.', form: 'a list of roles' }),
        secret: secret({ description: 'The token itself, from a file or a variable.' })
          .min(secret_min)
          .meta({
            description: 'The token itself, from a file or a variable.',
            secret: true,
            form: `a text of ${secret_min} to 8192 printable ASCII characters`,
          }),
      }),
    )
    .max(64)
    .default([])
    .meta({
      description: 'Tokens of the admin listener beside the one in <state.dir>/admin.token, which may everything.',
      form: 'a list of at most 64 tokens',
    }),
}
