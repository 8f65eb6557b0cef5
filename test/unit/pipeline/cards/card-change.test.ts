import { expect, test } from 'vitest'
import { changesBetween, type SeenCard } from '../../../../src/pipeline/cards/card-change.ts'
import { isCardProblem, readUpstreamCard } from '../../../../src/protocol/a2a/upstream-card.ts'
import { cardAt, searchSkill } from '../../../support/card-agent.ts'

const origin = 'https://agent.example'

function seen(over: object = {}, signature: SeenCard['signature'] = { state: 'unsigned', kid: null }): SeenCard {
  const card = readUpstreamCard(Buffer.from(JSON.stringify(cardAt(origin, { ...over }))), origin)
  if (isCardProblem(card)) throw new Error(card.sentence)
  return { card, signature, seenAt: 1, verifiedAt: null }
}

const verified = (kid: string) => ({ state: 'verified', kid }) as const
const bare = (state: 'unsigned' | 'unchecked' | 'invalid') => ({ state, kid: null }) as const

test.each<readonly [SeenCard['signature'], SeenCard['signature'], readonly string[]]>([
  [bare('unsigned'), verified('a'), []],
  [bare('unchecked'), verified('a'), []],
  [verified('a'), verified('a'), []],
  [verified('a'), bare('unchecked'), []],
  [verified('a'), verified('b'), ['signed by another key']],
  [verified('a'), bare('unsigned'), ['signature changed from verified to unsigned']],
  [verified('a'), bare('invalid'), ['signature changed from verified to invalid']],
  [bare('unchecked'), bare('unsigned'), ['signature changed from unchecked to unsigned']],
])('from %j to %j a signature says %j', (before, after, changes) => {
  expect(changesBetween(seen({}, before), seen({}, after))).toEqual(changes)
})

test('a skill is told by its id, also where very many change', () => {
  const skills = Array.from({ length: 100 }, (_, at) => ({ ...searchSkill, id: `s${at}` }))
  const changes = changesBetween(seen({ skills: [] }), seen({ skills }))
  expect([changes.length, changes[0], changes.at(-1)]).toEqual([65, 'skill s0 added', '36 more'])
})

test('an address elsewhere that came or went is a change of addresses', () => {
  const more = { supportedInterfaces: [{ url: `${origin}/` }, { url: 'https://evil.example/' }] }
  expect(changesBetween(seen({ supportedInterfaces: [{ url: `${origin}/` }] }), seen(more))).toEqual([
    'addresses changed',
  ])
})

test("an icon, a version and modes are nobody's business", () => {
  const rest = { version: '9', iconUrl: `${origin}/i.png`, defaultInputModes: ['image/png'] }
  expect(changesBetween(seen(), seen(rest))).toEqual([])
})
