/** What somebody finds who looks at an agent: whether it works, what is made up for, and what to change. */

/** `emulated`: the agent does not do it, Weir does. */
export type FindingResult = 'ok' | 'emulated' | 'problem' | 'unknown'

export interface Finding {
  /** What was looked at: `card`, `stream`. */
  readonly check: string
  /** At which of its places or ways to be spoken to; null where it has only one. */
  readonly at: string | null
  readonly result: FindingResult
  /** One line; nothing of what the agent wrote stands in it uncleaned. */
  readonly seen: string
  /** What Weir does about it, or what to change; null where there is nothing to say. */
  readonly advice: string | null
  /** Keys of the configuration that the advice is about: below the agent, or `timeouts.first_byte_ms`. */
  readonly keys: readonly string[]
}

export type CheckupVerdict = 'ready' | 'works with emulation' | 'broken'

/** A problem breaks it; what is unknown breaks nothing. */
export function verdictOf(findings: readonly Pick<Finding, 'result'>[]): CheckupVerdict {
  const results = new Set(findings.map(({ result }) => result))
  if (results.has('problem')) return 'broken'
  return results.has('emulated') ? 'works with emulation' : 'ready'
}
