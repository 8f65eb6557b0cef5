/** The configuration table: which definitions of tools are approved, and how often servers are looked at. */
import { z } from 'zod'
import { path, whole } from './fields.ts'

/** Keys of `tools` itself. */
export const toolSafety = {
  approval: z.enum(['first_use', 'lock', 'off']).default('first_use').meta({
    description:
      'Which definitions may be seen and called: first_use approves the first that is seen and holds each tool to it, lock only what `lock_file` approves, off pins nothing. Text that nobody sees is refused in each of them.',
  }),
  lock_file: path({
    description:
      'The file of approved definitions, for your repository; `weir tools lock` writes it, and with `approval: lock` so does every decision.',
  }).default('tools.lock'),
  refresh_s: whole(5, 86_400, {
    description: 'How often every server is asked for its lists anew, even if it says nothing.',
    unit: 's',
  }).default(300),
}

/** Keys of each server. */
export const serverSafety = {
  watch: z.boolean().default(true).meta({
    description:
      'Whether Weir keeps a stream open on which the server says that its lists changed; without, they are looked at every `refresh_s` and as old as `definitions_max_age_ms` when a tool is called.',
  }),
  definitions_max_age_ms: whole(0, 3_600_000, {
    description: 'How old the definition of a tool may be when it is called; older, it is looked at again first.',
    unit: 'ms',
  }).default(5000),
}
