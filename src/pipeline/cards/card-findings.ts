/** What the card of an agent says beside what is configured of it: pure, for an operator who looks at both. */
import { cleanText } from '../../base/clean-text.ts'
import type { AgentSettings } from '../../config/settings.ts'
import type { Finding } from '../../domain/checkup.ts'
import type { UpstreamInterface } from '../../protocol/a2a/upstream-card.ts'
import type { AgentInterface } from '../../relay/wire/upstream.ts'
import { interfacesOf } from '../drivers.ts'
import type { FetchedCard, NoCard } from './fetch-card.ts'

const chars_max = 120

type Row = Pick<AgentSettings, 'card' | 'url' | 'streams' | 'driver' | 'interfaces' | 'versions' | 'bindings'>

/** `place` is where it was found, or looked for last. */
export function judgeCard(agent: Row, place: string, fetched: FetchedCard | NoCard): readonly Finding[] {
  const found = { check: 'card', at: new URL(place).pathname, keys: [] }
  if (fetched.kind === 'no_card') {
    const seen = cleanText(fetched.sentence, chars_max)
    return agent.card === null
      ? [{ ...found, result: 'unknown', seen, advice: 'Weir makes its card from the configuration alone.' }]
      : [{ ...found, result: 'problem', seen, advice: 'Its card is asked for and not there.', keys: ['card.url'] }]
  }
  const { card, signature } = fetched
  const seen = `${card.name}, ${card.skills.length} skills, ${signature.state}, digest ${card.digest.slice(0, 12)}`
  return [{ ...found, seen, ...trustOf(agent, fetched) }, ...agreement(agent, fetched)]
}

type Trust = Pick<Finding, 'result' | 'advice'> & Partial<Pick<Finding, 'keys'>>

function trustOf({ card: row }: Row, { card, signature }: FetchedCard): Trust {
  if (row && !signature.acceptable) {
    const why = cleanText(signature.problem ?? 'its signature does not hold', chars_max)
    return { result: 'problem', advice: `It is not trusted: ${why}.`, keys: ['card.signatures', 'card.keys'] }
  }
  if (row && row.digest !== null && row.digest !== card.digest)
    return { result: 'problem', advice: 'It is not the card that is pinned.', keys: ['card.digest'] }
  if (!row) return { result: 'ok', advice: 'With its address written down Weir watches it.', keys: ['card.url'] }
  return { result: 'ok', advice: null }
}

function agreement(agent: Row, { card }: FetchedCard): readonly Finding[] {
  if (agent.driver.kind !== 'a2a') return []
  const found = { check: 'card agrees', at: null }
  const named = namedBy(card.interfaces)
  const missing = interfacesOf(agent).filter((each) => !named.some((other) => isSame(each, other, agent.url ?? '')))
  const findings: Finding[] = missing.map((each) => ({
    ...found,
    result: 'unknown',
    seen: `it does not name ${each.version} ${each.binding} at ${each.url ?? agent.url}`,
    advice: 'What it answers counts, and not what its card says.',
    keys: ['versions', 'bindings', 'interfaces', 'url'],
  }))
  if (card.foreign.length > 0) {
    const seen = `it names ${cleanText(card.foreign.map(hostOf).join(', '), chars_max)}`
    findings.push({ ...found, result: 'unknown', seen, advice: 'Places elsewhere are never used.', keys: ['url'] })
  }
  if (agent.streams && !card.capabilities.streaming) {
    const advice = 'With streams: false Weir does not ask for one before it makes one.'
    findings.push({ ...found, result: 'unknown', seen: 'it says it does not stream', advice, keys: ['streams'] })
  }
  if (card.interfaces.every(({ written }) => written.startsWith('0.2'))) {
    const advice = 'Spoken to as 0.3. If it is made with FastA2A, it has a driver of its own.'
    findings.push({ ...found, result: 'unknown', seen: 'it speaks A2A 0.2', advice, keys: ['driver.kind'] })
  }
  if (findings.length > 0) return findings
  return [{ ...found, result: 'ok', seen: 'all that is configured stands in it', advice: null, keys: [] }]
}

const bindings: Readonly<Record<string, AgentInterface['binding']>> = { JSONRPC: 'jsonrpc', 'HTTP+JSON': 'rest' }

/** Those that Weir can speak. */
export function namedBy(interfaces: readonly UpstreamInterface[]): readonly AgentInterface[] {
  return interfaces.flatMap(({ url, version, binding }) => {
    const known = bindings[binding]
    return version === null || known === undefined ? [] : [{ url, version, binding: known }]
  })
}

function isSame(one: AgentInterface, other: AgentInterface, url: string): boolean {
  const at = ({ url: own }: AgentInterface): string => (own ?? url).replace(/\/+$/, '')
  return one.version === other.version && one.binding === other.binding && at(one) === at(other)
}

/** Cleaned texts hold no addresses, so it is named by its host. */
function hostOf(origin: string): string {
  return URL.parse(origin)?.host ?? origin
}
