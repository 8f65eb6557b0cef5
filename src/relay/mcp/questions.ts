/** What a server may ask of a client: only what the client declared that it can be asked. */
import { membersOf, valueAtPath } from '../../base/json-edit.ts'
import type { Json } from './channel.ts'
import { textAt } from './params.ts'

export interface Question {
  readonly method: string
  readonly params: Json | null
}

/** The capability each question needs. */
const needs: ReadonlyMap<string, string> = new Map([
  ['sampling/createMessage', 'sampling'],
  ['elicitation/create', 'elicitation'],
  ['roots/list', 'roots'],
])

/** Null where the client can be asked that; else the code and the sentence for the server. */
export function whyUnasked({ method, params }: Question, capabilities: Json): readonly [number, string] | null {
  const capability = needs.get(method)
  if (capability === undefined) return [-32601, 'Method not found']
  const declared = valueAtPath(capabilities, [capability])
  if (declared === null) return [-32601, `The client did not declare ${capability}`]
  if (capability !== 'elicitation') return null
  const mode = textAt(params, ['mode']) ?? 'form'
  const modes = membersOf(declared).map(([name]) => name)
  // A capability without members is one for forms (2025-11-25, elicitation).
  const can = modes.includes(mode) || (mode === 'form' && !modes.includes('url'))
  return can ? null : [-32602, `The client did not declare elicitation by ${mode}`]
}
