/**
 * An agent that speaks A2A, looked at in every dialect: those that are configured with all there is, those that its card
 * names or that it might speak instead with the one question that costs nothing.
 */
import type { Dice } from '../../base/dice.ts'
import type { Finding } from '../../domain/checkup.ts'
import { isRest, versionOf } from '../../protocol/a2a/methods.ts'
import type { Features } from '../driver.ts'
import { type AgentInterface, type Spoken, type Upstream, upstreamAt } from '../wire/upstream.ts'
import { proberOnWire } from './prober.ts'
import { lookAround, lookUp, type Pace, sendRounds } from './rounds.ts'
import { WireProbe, type WireParts } from './wire-probe.ts'

export interface DialectParts {
  readonly upstream: Upstream
  readonly wire: WireParts
  readonly dice: Dice
  readonly pace: Pace
  /** Ways to be spoken to that its card names. */
  readonly named: readonly AgentInterface[]
  /** What the configuration takes for granted. */
  readonly features: Features
  /** What is sent; null to make nobody work. */
  readonly message: string | null
}

export async function lookAtDialects(parts: DialectParts): Promise<readonly Finding[]> {
  const { upstream, wire, dice, pace, features, message } = parts
  const found: Finding[] = []
  let failed = false
  for (const spoken of upstream.speaks) {
    const at = labelOf(spoken)
    const probe = new WireProbe(spoken, upstream, wire)
    const dialect = await lookUp(probe, at, dice, pace)
    found.push(dialect)
    if (dialect.result === 'problem') {
      failed = true
      continue
    }
    found.push(...(await lookAround(probe, at, dice, pace)))
    if (message !== null) {
      found.push(...(await sendRounds(proberOnWire(probe, at, features, dice), message, pace)))
    }
  }
  return [...found, ...(await otherDialects(parts, failed))]
}

/** The one question and no more: of an instance that is like another one, or where a driver asks the rest. */
export async function lookAtInstance(
  { upstream, wire, dice, pace }: DialectParts,
  name: string | null,
): Promise<readonly Finding[]> {
  const found: Finding[] = []
  for (const spoken of upstream.speaks) {
    const at = name === null ? labelOf(spoken) : `${name} ${labelOf(spoken)}`
    found.push(await lookUp(new WireProbe(spoken, upstream, wire), at, dice, pace))
  }
  return found
}

/** As the configuration writes them: `1.0 jsonrpc`. */
function labelOf({ dialect }: Spoken): string {
  return `${versionOf(dialect)} ${isRest(dialect) ? 'rest' : 'jsonrpc'}`
}

async function otherDialects(parts: DialectParts, failed: boolean): Promise<readonly Finding[]> {
  const { upstream, named, wire, dice, pace } = parts
  const guessed: readonly AgentInterface[] = failed ? everyWay : []
  const others = upstreamAt(upstream.url, [], [...named, ...guessed]).speaks
  const seen = new Set(upstream.speaks.map(placeOf))
  const found: Finding[] = []
  for (const [at, spoken] of others.entries()) {
    if (seen.has(placeOf(spoken))) continue
    seen.add(placeOf(spoken))
    const label = labelOf(spoken)
    const finding = await lookUp(new WireProbe(spoken, upstream, wire), label, dice, pace)
    const other = judgeOther(finding, { failed, named: at < named.length, path: spoken.path })
    if (other) found.push(other)
  }
  return found
}

const everyWay: readonly AgentInterface[] = (['1.0', '0.3'] as const).flatMap((version) =>
  (['jsonrpc', 'rest'] as const).map((binding) => ({ url: null, version, binding })),
)

function placeOf({ dialect, origin, path, search }: Spoken): string {
  return `${dialect} ${origin}${path}${search}`
}

interface Otherness {
  /** Whether a configured way does not work, so that this one may be meant. */
  readonly failed: boolean
  /** Whether its card names it. */
  readonly named: boolean
  readonly path: string
}

const keys = ['versions', 'bindings', 'interfaces'] as const

/** What is not configured breaks nothing; null where there is nothing to say. */
export function judgeOther(found: Finding, { failed, named, path }: Otherness): Finding | null {
  const at = `${found.at} ${path}`
  if (found.result === 'ok') {
    const advice = failed
      ? 'This is what it speaks: write it down in place of what fails.'
      : 'It speaks this too; written down, its callers are not translated.'
    return { ...found, at, seen: `not configured; ${found.seen}`, advice, keys }
  }
  if (!named) return null
  const advice = 'Its card names this, and it does not answer there; Weir does not use it.'
  return { ...found, at, result: 'unknown', advice, keys: [] }
}

/** For the dialect of an agent whose driver writes it itself. */
export const fastA2aInterface: AgentInterface = { url: null, version: '0.3', binding: 'jsonrpc' }
