/**
 * What `weir runs` is made of: the runs index in the state directory, live beside a gateway and brought up to date where none
 * runs; where it cannot be used, or a gateway has not written it to the end, the ledger itself.
 */
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { systemClock } from './base/clock.ts'
import { type CliProblem, isProblem, problem } from './cli/exit-codes.ts'
import type { RunRecord, StoryAsked, StoryTools } from './cli/story/deps.ts'
import { isLoaded, loadConfig } from './config/load.ts'
import { firstProblem } from './config/problems.ts'
import type { Settings } from './config/settings.ts'
import { matches } from './domain/filter-match.ts'
import { isFilterProblem, readFilter } from './domain/filter-read.ts'
import type { Filter, Filterable } from './domain/filter.ts'
import { isRunId, type RunId } from './domain/ids.ts'
import { explain } from './domain/story/explain.ts'
import { type LimitFact, nothingKnown, type StoryFacts } from './domain/story/explanation.ts'
import { foldTree } from './domain/story/fold-tree.ts'
import type { Page, RunRow, RunStory } from './domain/story.ts'
import { type AskRefused, isAskRefused, type Queries } from './ledger/index/contract.ts'
import { placeOfVault } from './gateway-vault.ts'
import { openIndexHere } from './ledger/index/here.ts'
import { peopleAt } from './ledger/index/named.ts'
import { readLedger } from './ledger/read.ts'
import { type Numbered, storyOf, StoryTally } from './ledger/story-of.ts'
import { loadPolicies } from './policy/load.ts'
import { policyPlaces } from './policy/places.ts'
import { isSource } from './policy/source.ts'

export const list: StoryTools['list'] = async ({ configPath, filter: text, cursor, limit }) => {
  const settings = await read(configPath)
  if (isProblem(settings)) return settings
  const filter = readFilter(text, systemClock.now())
  if (isFilterProblem(filter)) return problem('usage', filter.sentence)
  const page = await fromIndex(settings, (queries) => queries.runs({ filter, cursor, limit }))
  if (!page) return listFromLedger(settings, filter, { cursor, limit })
  return isAskRefused(page) ? problem('usage', page.sentence) : page
}

export const story: StoryTools['story'] = (asked) =>
  about(asked, (run, { last }) => ({
    ask: (queries) => queries.story({ run, ...(last !== undefined && { last }) }),
    tell: (story) => (last === undefined ? story : { ...story, hops: story.hops.slice(-last) }),
  }))

export const explanation: StoryTools['explanation'] = (asked) =>
  about(asked, async (run, _, settings) => {
    const facts = await factsOf(settings)
    return { ask: (queries) => queries.explain({ run, facts }), tell: (story) => explain(story, facts) }
  })

export const tree: StoryTools['tree'] = (asked) =>
  about(asked, (run) => ({ ask: (queries) => queries.tree({ run }), tell: foldTree }))

/** How one thing about a run is had: from the index, or else of its story as the ledger has it. */
interface Telling<T> {
  readonly ask: (queries: Queries) => T | AskRefused | null
  readonly tell: (story: RunStory) => T
}

async function about<Asked extends StoryAsked, T>(
  asked: Asked,
  tellingOf: (run: RunId, asked: Asked, settings: Settings) => Telling<T> | Promise<Telling<T>>,
): Promise<T | CliProblem> {
  const { configPath, run } = asked
  const settings = await read(configPath)
  if (isProblem(settings)) return settings
  if (!isRunId(run)) return problem('usage', `${run} is no id of a run: those begin with run_.`)
  const { ask, tell } = await tellingOf(run, asked, settings)
  const found = await fromIndex(settings, ask)
  if (found && !isAskRefused(found)) return found
  const kept = await storyOf(entriesOf(settings), run)
  return kept ? tell(kept) : problem('not_found', `The ledger keeps nothing of ${run}.`)
}

/** Null where there is no index that is up to date. */
async function fromIndex<T>({ state }: Settings, question: (queries: Queries) => T): Promise<T | null> {
  const people = peopleAt(placeOfVault({ state }))
  const index = await openIndexHere(state.dir, { people })
  if (index.kind === 'index_problem') return null
  try {
    return index.behind === 0 ? question(index.queries) : null
  } finally {
    index.close()
    people.close()
  }
}

async function listFromLedger(
  settings: Settings,
  filter: Filter,
  { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
): Promise<Page<RunRow>> {
  const tally = new StoryTally(false)
  for await (const item of entriesOf(settings)) tally.add(item)
  const rows = tally.rows().filter((run) => matches(filter, filterable(run)))
  const from = cursor === null ? 0 : rows.findIndex(({ id }) => id === cursor) + 1
  const page = rows.slice(from, from + limit)
  return { rows: page, next: from + limit < rows.length ? (page.at(-1)?.id ?? null) : null }
}

export const records: StoryTools['records'] = async ({ configPath, run }) => {
  const settings = await read(configPath)
  if (isProblem(settings)) return settings
  const found = recordsOf(settings, run)
  const first = await found.next()
  return first.done ? problem('not_found', `The ledger keeps nothing of ${run}.`) : startingWith(first.value, found)
}

/** Where policies stand and which limits apply now; what cannot be read is left out, for the story stands without it. */
async function factsOf(settings: Settings): Promise<StoryFacts> {
  const source = await loadPolicies(settings.policy.dir)
  const { run, agent, on_breach } = settings.limits
  const limits = new Map<string, LimitFact>()
  for (const [scope, set] of Object.entries({ run, agent }))
    for (const [name, limit] of Object.entries(set))
      if (limit) limits.set(`${scope}.${name}`, { max: limit.max, mode: limit.mode })
  const known = isSource(source) ? { places: policyPlaces(source.files), pol_hash: source.hash } : nothingKnown
  return { places: known.places, pol_hash: known.pol_hash, limits, on_breach }
}

export const write: StoryTools['write'] = async (out, text) => {
  try {
    await pipeline(Readable.from(text), createWriteStream(out, { flags: 'wx', mode: 0o600 }))
    return null
  } catch (error) {
    return problem('failed', `${out} cannot be written: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function* entriesOf({ state }: Settings): AsyncGenerator<Numbered> {
  const people = peopleAt(placeOfVault({ state }))
  for await (const item of readLedger(join(state.dir, 'ledger'), 0, people())) if (item.kind === 'entry') yield item
  people.close()
}

async function* recordsOf(settings: Settings, run: string): AsyncGenerator<RunRecord> {
  for await (const { seq, entry } of entriesOf(settings))
    if ('run' in entry && entry.run === run) yield { seq, ...entry }
}

async function* startingWith<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield first
  yield* rest
}

function filterable(run: RunRow): Filterable {
  return {
    run: run.id,
    root: run.root,
    person: run.person,
    status: run.state,
    code: run.halt?.code ?? null,
    depth: run.depth_max,
    tokens: run.tokens,
    cost: run.cost_micros + run.held_micros,
    ms: run.last_at - run.started_at,
    at: run.started_at,
  }
}

async function read(configPath: string): Promise<Settings | CliProblem> {
  const loaded = await loadConfig(configPath)
  return isLoaded(loaded) ? loaded.settings : problem('no', firstProblem(loaded, configPath))
}
