/**
 * The configuration table: a tool server that is a child process and speaks MCP over its standard streams. Of Weir's own
 * environment it gets only what `inherited` names, so that no secret of the gateway reaches it unless its row says so.
 */
import { z } from 'zod'
import { path, secret, text, whole } from './fields.ts'

/** What programs need to be found, to write and to speak the language of the place. */
export const inherited = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'TMPDIR',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
] as const

/** `NODE_OPTIONS` and its like stay possible: whoever writes this file may run any program anyway. */
function isVariable(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name)
}

function hasNoNull(value: string): boolean {
  return value.length > 0 && !value.includes('\0')
}

const restart = z
  .strictObject({
    first_ms: whole(10, 600_000, {
      description: 'Wait after the second end in a row that came too early; doubled for each one more.',
      unit: 'ms',
    }).default(500),
    max_ms: whole(10, 3_600_000, { description: 'Longest such wait.', unit: 'ms' }).default(30_000),
    steady_ms: whole(0, 3_600_000, {
      description: 'Whoever lived this long has not ended too early.',
      unit: 'ms',
    }).default(10_000),
  })
  .prefault({})
  .meta({
    description: 'When a process that ended by itself may be started again; until then its callers are refused.',
  })

export const toolProcess = z
  .strictObject({
    command: text(hasNoNull, {
      form: 'a text of 1 to 1024 characters',
      description: 'The program, a path or a name that is looked for in PATH; no shell reads it.',
    }),
    args: z
      .array(text((value) => !value.includes('\0'), { form: 'a text', description: 'One argument.' }))
      .default([])
      .meta({ description: 'Its arguments, as they are; secrets belong in `env`, because everybody sees arguments.' }),
    env: z
      .record(
        text(isVariable, { form: 'a name of letters, digits and underscores', description: 'Name of a variable.' }),
        secret({ description: 'A variable of its environment.' }),
      )
      .default({})
      .meta({ description: `Its environment beside what it inherits, which is ${inherited.join(', ')}.` }),
    cwd: path({
      description: 'Where it runs, absolute or beside the configuration; without it, where Weir runs.',
    }).optional(),
    shared: z.boolean().default(false).meta({
      description: 'One process for all callers, which then share what it keeps; without it, one for each of them.',
    }),
    start_ms: whole(10, 600_000, {
      description: 'From the first message it is sent to the first it sends.',
      unit: 'ms',
    }).default(60_000),
    line_bytes: whole(1024, 268_435_456, {
      description: 'Longest message from it, and what may wait to be read by it.',
      unit: 'bytes',
    }).default(10_485_760),
    restart,
  })
  .meta({ description: 'A child process that speaks MCP over its standard streams, in place of `url`.' })
