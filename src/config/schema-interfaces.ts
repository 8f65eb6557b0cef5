/** The configuration table: in which revisions and bindings of A2A an agent can be spoken to. */
import { z } from 'zod'
import { url } from './fields.ts'

/** A2A versions an agent may speak. */
export const a2aVersions = ['1.0', '0.3'] as const

/** Ways to carry A2A. */
export const a2aBindings = ['jsonrpc', 'rest'] as const

export const versionsField = z.array(z.enum(a2aVersions)).min(1).max(2).default(['1.0']).meta({
  description: 'A2A versions the agent speaks; its callers may speak either.',
  form: 'a list of "1.0" and "0.3"',
})

export const bindingsField = z.array(z.enum(a2aBindings)).min(1).max(2).default(['jsonrpc']).meta({
  description: 'How the agent carries A2A at its address: JSON-RPC, HTTP+JSON (rest) or both.',
  form: 'a list of "jsonrpc" and "rest"',
})

const agentInterface = z.strictObject({
  url: url({ description: 'Where this interface answers.' }),
  version: z.enum(a2aVersions).meta({ description: 'A2A version it speaks.' }),
  binding: z.enum(a2aBindings).meta({ description: 'How it carries A2A.' }),
})

export const interfacesField = z.array(agentInterface).max(8).default([]).meta({
  description: 'Interfaces with addresses of their own, as a card lists them; versions and bindings do not count then.',
  form: 'a list of at most 8 interfaces',
})

export const streamsField = z.boolean().default(true).meta({
  description: 'Whether the agent streams. Where not, Weir asks it how a task stands and tells its callers as events.',
})
