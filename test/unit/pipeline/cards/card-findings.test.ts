/** What a card says beside what is configured: agreement, trust, and places that are never used. */
import { expect, test } from 'vitest'
import type { FetchedCard } from '../../../../src/pipeline/cards/fetch-card.ts'
import { judgeCard, namedBy } from '../../../../src/pipeline/cards/card-findings.ts'
import { isCardProblem, readUpstreamCard } from '../../../../src/protocol/a2a/upstream-card.ts'

const origin = 'https://agent.example'
const place = `${origin}/.well-known/agent-card.json`

type Row = Parameters<typeof judgeCard>[0]

const row: Row = {
  card: null,
  url: `${origin}/a2a`,
  streams: true,
  driver: { kind: 'a2a', aws: null },
  interfaces: [],
  versions: ['1.0'],
  bindings: ['jsonrpc'],
}
const watched: Row['card'] = {
  url: place,
  digest: null,
  signatures: 'required',
  keys: null,
  refresh_s: 3600,
  on_change: 'quarantine',
}
const unsigned = { state: 'unsigned', kid: null, reading: null, acceptable: true, problem: null } as const

function fetched(members: object = {}, signature: FetchedCard['signature'] = unsigned): FetchedCard {
  const supportedInterfaces = [{ url: `${origin}/a2a`, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }]
  const document = { name: 'Finder', supportedInterfaces, capabilities: { streaming: true }, ...members }
  const card = readUpstreamCard(Buffer.from(JSON.stringify(document)), origin)
  if (isCardProblem(card)) throw new Error(card.sentence)
  return { kind: 'fetched', card, signature }
}

test('a card that names all that is configured agrees', () => {
  const [card, agrees, ...more] = judgeCard(row, place, fetched())
  expect(card).toMatchObject({ check: 'card', at: '/.well-known/agent-card.json', result: 'ok', keys: ['card.url'] })
  expect(card?.seen).toMatch(/^Finder, 0 skills, unsigned, digest [0-9a-f]{12}$/)
  expect([agrees?.result, more]).toEqual(['ok', []])
})

test('what is configured and not named, elsewhere, not streaming or old is said', () => {
  const elsewhere = { url: 'https://other.example/', protocolBinding: 'JSONRPC', protocolVersion: '1.0' }
  const old = { url: `${origin}/a2a`, protocolBinding: 'JSONRPC', protocolVersion: '0.2.5' }
  const card = fetched({ supportedInterfaces: [old, elsewhere], capabilities: {} })
  const found = judgeCard(row, place, card).slice(1)
  expect(found.map(({ result }) => result)).toEqual(['unknown', 'unknown', 'unknown', 'unknown'])
  expect(found.map(({ keys }) => keys[0])).toEqual(['versions', 'url', 'streams', 'driver.kind'])
  expect(found[1]?.seen).toContain('other.example')
})

test('a card that must be trusted and is not is a problem, one that is only looked for is none', () => {
  const refused = { ...unsigned, acceptable: false, problem: 'the card is not signed' }
  expect(judgeCard({ ...row, card: watched }, place, fetched({}, refused))[0]).toMatchObject({
    result: 'problem',
    keys: ['card.signatures', 'card.keys'],
  })
  const pinned = { ...watched, digest: '0'.repeat(64) }
  expect(judgeCard({ ...row, card: pinned }, place, fetched())[0]).toMatchObject({ keys: ['card.digest'] })
  const none = { kind: 'no_card', sentence: 'the card cannot be fetched: status 404' } as const
  expect(judgeCard(row, place, none)[0]?.result).toBe('unknown')
  expect(judgeCard({ ...row, card: watched }, place, none)[0]).toMatchObject({ result: 'problem', keys: ['card.url'] })
})

test('only what Weir can speak is named', () => {
  const more = ['GRPC', 'HTTP+JSON'].map((protocolBinding) => ({
    url: origin,
    protocolBinding,
    protocolVersion: '1.0',
  }))
  expect(namedBy(fetched({ supportedInterfaces: more }).card.interfaces)).toEqual([
    { url: origin, version: '1.0', binding: 'rest' },
  ])
})
