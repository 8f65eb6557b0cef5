/**
 * Which eras a server speaks, found out by greeting it: in the era of the client first, in the other one where it says
 * that it does not know that. Only what a server says counts: silence over HTTP, a lost connection, and a credential it
 * does not take are no evidence, or one bad hour would stick for a day.
 */
import { arrayItems, valueAtPath } from '../../base/json-edit.ts'
import { unreachable } from '../../base/assert.ts'
import { BoundedMap } from '../../base/bounded-map.ts'
import { type Clock, day_ms } from '../../base/clock.ts'
import type { Fault } from '../../domain/fault.ts'
import type { Era } from '../../protocol/mcp/read-call.ts'
import { codes, firstModern } from '../../protocol/mcp/words.ts'
import type { Answered } from './ask-server.ts'

/** A server that was only slow to start is asked again soon. */
const silence_ms = 600_000
/** Servers whose eras are remembered. */
const servers_max = 4096

/** What is known of the eras of servers; forgotten after a day. */
export class Verdicts {
  readonly #known: BoundedMap<string, Verdict>

  constructor(clock: Clock) {
    this.#known = new BoundedMap({ max: servers_max, clock })
  }

  /** Null where nothing is known. */
  speaks(server: string, era: Era): boolean | null {
    return this.#known.get(`${era} ${server}`)?.speaks ?? null
  }

  learn(server: string, era: Era, verdict: Verdict): void {
    this.#known.set(`${era} ${server}`, verdict, verdict.isSure ? day_ms : silence_ms)
  }

  forget(server: string): void {
    for (const era of ['legacy', 'modern'] as const) this.#known.delete(`${era} ${server}`)
  }
}

export interface Verdict {
  readonly speaks: boolean
  /** False where nothing was said, which over a line means no as well. */
  readonly isSure: boolean
}

/** What the answer to a greeting that did not succeed says of the era it was in; null where it says nothing. */
export function verdictOf(answered: Answered, era: Era, isLine: boolean): Verdict | null {
  switch (answered.kind) {
    case 'denial':
      return null
    case 'error':
      return { speaks: era === 'modern' && isModernError(answered.error), isSure: true }
    case 'result':
      return { speaks: false, isSure: true }
    case 'fault':
      return verdictOfFault(answered.fault, answered.status, isLine)
  }
  return unreachable(answered)
}

function verdictOfFault({ code }: Fault, status: number | null, isLine: boolean): Verdict | null {
  const isAnswer = status !== null && (isRefusal(status) || (status < 300 && code === 'bad_answer'))
  if (isAnswer) return { speaks: false, isSure: true }
  // Servers on a line that know no such greeting fall silent or leave.
  return isLine ? { speaks: false, isSure: false } : null
}

/** It looked at the request and does not take it. Not so where it wants a credential, more time or more room. */
function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && !noEvidence.has(status)
}

const noEvidence: ReadonlySet<number> = new Set([401, 403, 407, 408, 425, 429])

/** Words that only servers of the modern era have; which versions they take stands in one of them. */
function isModernError(error: Buffer): boolean {
  const code = Number(valueAtPath(error, ['code'])?.toString())
  if (code !== codes.version) return code === codes.headerMismatch || code === missingCapability
  const supported = valueAtPath(error, ['data', 'supported'])
  return supported !== null && arrayItems(supported).some((each) => each.toString() === `"${firstModern}"`)
}

const missingCapability = -32021
