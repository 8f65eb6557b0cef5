/**
 * What answers say of the run beside their body: which it is, what was decided, what it cost and what is left. All of them
 * are structured fields (RFC 9651). Money is in whole micro-dollars, because a decimal there has three digits at most and a
 * call often costs less. `RateLimit` is that of draft-ietf-httpapi-ratelimit-headers-11.
 */
import type { DenialCode } from '../domain/denials.ts'
import type { HopId, RunId } from '../domain/ids.ts'
import type { Spend } from '../domain/spend.ts'
import type { Metered } from '../domain/usage.ts'
import type { HeaderList } from './http.ts'

/** A ceiling, and what is left under it. */
export interface Quota {
  readonly max: number
  readonly left: number
}

/** What a run has left; null where it has no such limit. Wall in seconds, cost in micro-dollars. */
export type RunLeft = Readonly<Record<(typeof budgets)[number], Quota | null>>
const budgets = ['cost', 'tokens', 'wall', 'depth', 'calls'] as const

/** How often its agent may call in a minute, and in how many seconds nothing of that is used any more. */
export interface RateLeft extends Quota {
  readonly reset_s: number
}

export interface RunTold {
  readonly hop: HopId
  /** Null where it has none, or must not be named. */
  readonly run: RunId | null
  /** The policy that permitted, or why it was refused. */
  readonly decision: { readonly rule: string | null; readonly config: string } | DenialCode
  readonly left: RunLeft | null
  readonly rate: RateLeft | null
  /** Whether SDKs of models read it, by names of their own. */
  readonly isOfModel: boolean
}

type Header = HeaderList[number]

/** The ids alone: what every answer says, however little it is to say. */
export function idHeaders({ hop, run, isOfModel }: Pick<RunTold, 'hop' | 'run' | 'isOfModel'>): Header[] {
  const headers: Header[] = run === null ? [] : [['weir-run-id', run]]
  headers.push(['weir-hop-id', hop])
  // The SDK of OpenAI shows the first of these as the id of the request, that of Anthropic the second.
  if (isOfModel) headers.push(['x-request-id', hop], ['request-id', hop])
  return headers
}

export function runHeaders(told: RunTold): HeaderList {
  const headers = idHeaders(told)
  headers.push(['weir-decision', decisionOf(told.decision)])
  const left = told.left === null ? '' : leftOf(told.left)
  if (left !== '') headers.push(['weir-run-budget', left])
  if (told.rate !== null) pushRate(headers, told.rate, told.isOfModel)
  return headers
}

function decisionOf(decision: RunTold['decision']): string {
  return typeof decision === 'string' ? `deny;code=${decision}` : allowed(decision)
}

/** Most calls are let through by the rule that let the one before through, so what is said of it is kept. */
let said = { rule: null as string | null, config: '', text: 'allow;config=""' }

function allowed({ rule, config }: Exclude<RunTold['decision'], string>): string {
  if (said.rule === rule && said.config === config) return said.text
  const named = rule === null ? '' : `;rule=${textOf(rule)}`
  said = { rule, config, text: `allow${named};config=${textOf(config)}` }
  return said.text
}

function leftOf(left: RunLeft): string {
  let list = ''
  for (const name of budgets) {
    const quota = left[name]
    if (quota === null) continue
    if (list !== '') list += ', '
    list += `${limitOf(name, quota.max)};r=${wholeOf(quota.left)}`
    if (name === 'cost') list += moneyUnitParameter
  }
  return list
}

/** The name of the one policy of rates there is. */
const policy = '"agent-invoke"'

/** Limits stay what they are from one call to the next, so each is written once and said again. */
const written = new Map<string, { readonly max: number; readonly text: string }>()

function limitOf(name: (typeof budgets)[number] | typeof policy, max: number): string {
  const before = written.get(name)
  if (before?.max === max) return before.text
  const text = `${name};q=${wholeOf(max)}`
  written.set(name, { max, text })
  return text
}

function pushRate(headers: Header[], { max, left, reset_s }: RateLeft, isOfModel: boolean): void {
  const [rest, reset] = [wholeOf(left), wholeOf(reset_s)]
  headers.push(['ratelimit-policy', `${limitOf(policy, max)};w=60`], ['ratelimit', `${policy};r=${rest};t=${reset}`])
  if (!isOfModel) return
  headers.push(
    ['x-ratelimit-limit-requests', wholeOf(max)],
    ['x-ratelimit-remaining-requests', rest],
    ['x-ratelimit-reset-requests', `${reset}s`],
  )
}

const moneyUnitParameter = ';unit=micro-usd'

/** What a call came to; a price nobody knows is a token of that name, and not zero. */
export function costHeader(bill: Metered | Spend | null): Header {
  const cost = bill?.cost_micros ?? null
  if (bill === null || cost === null) return ['weir-cost', 'unknown']
  const parts = 'usage' in bill ? part('in', bill.input_micros) + part('out', bill.output_micros) : ''
  return ['weir-cost', `${wholeOf(cost)}${moneyUnitParameter}${parts}`]
}

function part(name: string, micros: number | null): string {
  return micros === null ? '' : `;${name}=${wholeOf(micros)}`
}

/** The same at the end of a stream of events, as a comment, which every client skips. Dollars. */
export function closingComment(cost_micros: number | null, run: RunId): string {
  return `: weir cost=${cost_micros === null ? 'unknown' : dollars(cost_micros)} run=${run}\n\n`
}

/** `0.00214`: all digits there are, and no exponent. */
function dollars(micros: number): string {
  return (micros / 1_000_000).toFixed(6).replace(/\.?0+$/, '')
}

/** The largest integer of RFC 9651 section 3.3.1. */
const integer_max = 999_999_999_999_999

function wholeOf(value: number): string {
  return String(Math.min(Math.max(0, Math.floor(value)), integer_max))
}

/** A string of RFC 9651 section 3.3.3; what it cannot hold is left out of it. */
function textOf(text: string): string {
  return /^[\w.:/-]*$/.test(text) ? `"${text}"` : `"${text.replace(/[^\x20-\x7e]/g, '').replace(/["\\]/g, '\\$&')}"`
}
