import { expect, test } from 'vitest'
import type { AgentId } from '../../../src/domain/ids.ts'
import type { Replayed } from '../../../src/ledger/replay.ts'
import { recover } from '../../../src/pipeline/recover.ts'
import { agentId } from '../../support/hop.ts'
import { personId } from '../limits/fixture.ts'
import { riskyRoad } from '../../support/risky-road.ts'

/** What comes back of a run that was as tainted as that, with calls whose end nobody saw. */
async function recovered(taint: 'none' | 'external' | 'injected', unfinished: readonly string[]) {
  const trial = await riskyRoad(false)
  const { road, clock } = trial
  const [id] = road.runs.list().map((run) => run.id)
  if (!id) throw new Error('there is a run to take the name of')
  const root: AgentId = agentId('agent:console')
  const id2 = `${id.slice(0, -1)}f` as typeof id
  const times = { startedAt: clock.now(), endsAt: clock.now() + 60_000 }
  const counts = {
    halt: null,
    calls: 1,
    depthMax: 1,
    spent: { tokens: 0, cost_micros: 0 },
    unpriced: 0,
    participants: [],
    edges: [],
    grants: new Map(),
  }
  const run = { id: id2, root, person: null, ...times, ...counts, taint, unfinished }
  const replayed: Replayed = {
    runs: [run],
    today: new Map(),
    todayOfPeople: new Map(),
    entries: 1,
    newest: clock.now(),
    problems: [],
  }
  recover(replayed, road, road.snapshot.settings, clock.now())
  return road.runs.find(id2)?.taint
}

test.each([
  ['none', [], 'none'],
  ['external', [], 'external'],
  ['none', ['agent:payer', 'tool:search'], 'none'],
  ['none', ['agent:payer', 'agent:partner'], 'external'],
  ['injected', ['agent:partner'], 'injected'],
] as const)('a run that was %s with %j under way comes back %s', async (taint, unfinished, expected) => {
  expect(await recovered(taint, unfinished)).toBe(expected)
})

test('persons with limits get back what they spent today, and a person for whom there is no row is named', async () => {
  const trial = await riskyRoad(false, { limits: { person: { tokens_per_day: 100 } } })
  const { road, clock } = trial
  const people = Array.from({ length: 9 }, (_, at) => personId(`p${at}`))
  const todayOfPeople = new Map(people.map((id) => [id, { tokens: 60, cost_micros: 5 }]))
  const none = { runs: [], today: new Map(), entries: 1, newest: clock.now(), problems: [] }
  const { problems } = recover({ ...none, todayOfPeople }, road, road.snapshot.settings, clock.now())
  expect(problems).toEqual(['what user:p8 spent today was not put back: no room to count another person'])
  const first = road.limits.person(personId('p0'), clock.now())
  expect(first !== 'free' && first?.tokens.spent(Math.floor(clock.now() / 86_400_000))).toBe(60)
})
