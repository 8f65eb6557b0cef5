/** Fetches the card of somebody else's agent through the guard, reads it and looks who signed it. */
import { isJsonObject, readJsonObject } from '../../base/json.ts'
import type { AgentSettings } from '../../config/settings.ts'
import type { CardSettings } from '../../config/settings-card.ts'
import { isFault } from '../../domain/fault.ts'
import { judgeSignature, type UpstreamSignature } from '../../identity/cards/upstream-signature.ts'
import type { FetchText } from '../../identity/trust/fetch-text.ts'
import { card_bytes_max, isCardProblem, readUpstreamCard, type UpstreamCard } from '../../protocol/a2a/upstream-card.ts'
import type { HeaderList } from '../../protocol/http.ts'
import type { Outside } from '../../relay/wire/outside.ts'

export interface FetchedCard {
  readonly kind: 'fetched'
  readonly card: UpstreamCard
  readonly signature: UpstreamSignature
}

/** Why there is no card to look at; what was known before stays. */
export interface NoCard {
  readonly kind: 'no_card'
  readonly sentence: string
}

export interface CardTools {
  readonly outside: Pick<Outside, 'get'>
  readonly fetchText: FetchText
}

export interface CardAsk {
  readonly url: string
  /** Of the registered agent. */
  readonly origin: string
  readonly headers: HeaderList
  readonly signatures: CardSettings['signatures']
  readonly keys: string | null
}

const timeout_ms = 5000
const redirects_max = 3

/** Never rejects. */
export async function fetchCard({ outside, fetchText }: CardTools, ask: CardAsk): Promise<FetchedCard | NoCard> {
  const headers: HeaderList = [['accept', 'application/json'], ...ask.headers]
  const bounds = { timeout_ms, max_bytes: card_bytes_max, sameOriginRedirects: redirects_max }
  const answer = await outside.get({ url: ask.url, headers, ...bounds })
  if (isFault(answer)) return none(`the card cannot be fetched: ${answer.code}, ${answer.detail}`)
  if (answer.status !== 200) return none(`the card cannot be fetched: status ${answer.status}`)
  const card = readUpstreamCard(answer.body, ask.origin)
  if (isCardProblem(card)) return none(card.sentence)
  const keys = ask.keys === null ? null : await keysAt(fetchText, ask.keys)
  if (typeof keys === 'string') return none(keys)
  return { kind: 'fetched', card, signature: await judgeSignature(card.document, keys, ask.signatures) }
}

/** What is asked for the card of a registered agent: its headers go along only to where its calls go. */
export function askFor({ card, url, headers }: AgentSettings): CardAsk | null {
  if (card === null || url === null) return null
  const { origin } = new URL(url)
  const own = new URL(card.url).origin === origin ? headers.map(([name, value]) => [name, value.reveal()] as const) : []
  return { url: card.url, origin, headers: own, signatures: card.signatures, keys: card.keys }
}

function none(sentence: string): NoCard {
  return { kind: 'no_card', sentence }
}

async function keysAt(fetchText: FetchText, place: string): Promise<readonly object[] | string> {
  try {
    const set = readJsonObject(await fetchText(place))
    return Array.isArray(set?.['keys']) ? set['keys'].filter(isJsonObject) : 'the keys for its card are no JWK Set'
  } catch {
    return 'the keys for its card cannot be read'
  }
}
