import { expect, test } from 'vitest'
import { isDenial } from '../../../../src/domain/verdict.ts'
import { cardOf, extendedCardOf, subjectOf } from '../../../../src/pipeline/cards/our-card.ts'
import type { AgentEntry } from '../../../../src/pipeline/road.ts'
import type { SeenCard } from '../../../../src/pipeline/cards/card-change.ts'
import { isCardProblem, readUpstreamCard } from '../../../../src/protocol/a2a/upstream-card.ts'
import { cardAt, searchSkill } from '../../../support/card-agent.ts'
import { pave, type TestRoad } from '../../../support/road.ts'
import { agentId } from '../../policy/fixtures.ts'

const agents = {
  plain: { url: 'http://127.0.0.1:9/' },
  told: { url: 'http://127.0.0.1:9/', description: 'As we say.', skills: ['search', 'other'] },
  part: { facet_of: 'plain', skills: ['search'] },
}
const origin = 'http://127.0.0.1:9'
const pay = { ...searchSkill, id: 'pay' }
const card = readUpstreamCard(Buffer.from(JSON.stringify(cardAt(origin, { skills: [searchSkill, pay] }))), origin)
if (isCardProblem(card)) throw new Error(card.sentence)
const seen: SeenCard = { card, signature: { state: 'verified', kid: 'k' }, seenAt: 0, verifiedAt: 0 }

function entryOf({ road }: TestRoad, slug: string): AgentEntry {
  const entry = road.snapshot.agents.get(agentId(slug))
  if (!entry) throw new Error(`${slug} is registered`)
  return entry
}

test('the agent is shown in its own words, unless the operator has said something', async () => {
  const trial = await pave({ agents })
  expect(subjectOf(entryOf(trial, 'plain'), seen)).toMatchObject({
    name: 'Finder',
    description: 'Finds things.',
    skills: [{ id: 'search' }, { id: 'pay' }],
    provenance: { upstreamDigest: card.digest, upstreamKid: 'k', verifiedAt: '1970-01-01T00:00:00.000Z' },
  })
  expect(subjectOf(entryOf(trial, 'told'), seen)).toMatchObject({
    description: 'As we say.',
    skills: [searchSkill, { id: 'other', name: 'other', description: 'As we say.' }],
  })
  const part = subjectOf(entryOf(trial, 'part'), seen)
  expect([part.name, part.skills?.map(({ id }) => id)]).toEqual(['part', ['search']])
})

test('an agent that nobody has seen the card of has one skill, its name', async () => {
  const trial = await pave({ agents })
  expect(subjectOf(entryOf(trial, 'plain'), null)).toMatchObject({ name: 'plain', description: 'An agent.' })
  expect(subjectOf(entryOf(trial, 'part'), null).skills).toMatchObject([{ id: 'search', name: 'search' }])
})

test('a card is made once, and the extended one has the members of the one that callers see', async () => {
  const trial = await pave({ agents })
  const entry = entryOf(trial, 'plain')
  const [one, again] = [await cardOf(trial.road, entry, 'full'), await cardOf(trial.road, entry, 'full')]
  if (isDenial(one)) throw new Error(one.detail)
  expect(again).toBe(one)
  const extended = await extendedCardOf(trial.road, entry, null as never)
  expect(extended).toEqual(JSON.parse(one.body))
})
