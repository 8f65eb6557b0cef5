/** The configuration table: a tool server that is a child process and speaks MCP over its standard streams. */
import { z } from 'zod'
import { prose } from './fields.ts'

export const toolProcess = z
  .strictObject({
    command: prose({ description: 'The program, without a shell.' }),
    args: z
      .array(prose({ description: 'One argument.' }))
      .default([])
      .meta({ description: 'Its arguments.' }),
  })
  .meta({ description: 'A child process that speaks MCP over its standard streams, in place of `url`.' })
