/** What a caller says to an agent that asks whether it may: never guessed, because what follows may be irreversible. */
import { isJsonObject } from '../../base/json.ts'
import { type Part, textOf } from './message.ts'

export interface Approval {
  readonly approve: boolean
  readonly reason: string | null
}

/** How a caller that was not understood can say it. */
export const approvalAdvice = 'Answer with yes or no, or with a data part {"approve": true} or {"approve": false}.'

const yes = /^(?:yes|y|ok|okay|approve|approved|confirm|confirmed|allow|allowed|true)[.!]?$/i
const no = /^(?:no|n|deny|denied|reject|rejected|decline|declined|disallow|false)[.!]?$/i

/** Null for a message that says neither. */
export function approvalOf(parts: readonly Part[]): Approval | null {
  for (const part of parts) {
    if (part.kind !== 'data' || !isJsonObject(part.data)) continue
    const { approve, approved, confirmed, reason } = part.data
    const said = approve ?? approved ?? confirmed
    if (typeof said === 'boolean') return { approve: said, reason: typeof reason === 'string' ? reason : null }
  }
  const text = textOf(parts.filter(({ kind }) => kind === 'text')).trim()
  if (yes.test(text)) return { approve: true, reason: null }
  return no.test(text) ? { approve: false, reason: null } : null
}
