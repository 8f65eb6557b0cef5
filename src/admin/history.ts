/** Runs and calls for operators, live and long after: what is in memory wins over what is in the index. */
import { matches } from '../domain/filter-match.ts'
import { filterableOfRun } from '../domain/filterable.ts'
import { isHopId, isRunId, type RunId } from '../domain/ids.ts'
import type { LimitFact, StoryFacts } from '../domain/story/explanation.ts'
import type { ListAsked, Page, RunRow, RunStory } from '../domain/story.ts'
import type { LiveRun } from '../limits/live-run.ts'
import type { Road } from '../pipeline/road.ts'
import { detailOf, type RunSummary, summaryOf } from '../pipeline/run-view.ts'
import { writeProblem } from '../protocol/faces.ts'

import { jsonHeaders, type Written } from '../protocol/jsonrpc.ts'
import { type Archive, askIndex, refused, isWritten, readList, withMembers } from './asking.ts'
import { readWhole } from './parameters.ts'
import { type AdminRequest, json, type Route } from './routes.ts'

/** Calls of a run that is not in memory any more, in one answer; its story has all. */
const hops_max = 1000

export interface History extends Archive {
  readonly road: Road
}

export function historyRoutes(history: History): readonly Route[] {
  const path = '/api/v1/runs'
  const list = ['filter', 'cursor', 'limit'] as const
  const [method, may] = ['GET', 'look'] as const
  return [
    {
      method,
      path,
      may,
      query: list,
      answers: 'RunList',
      summary: 'Runs, newest first; those in memory with what they are now',
      answer: (request) => listRuns(history, request),
    },
    {
      method,
      path: `${path}/:id`,
      may,
      answers: 'RunDetail',
      summary: 'One run with its edges, its cycles and at most 1000 of its calls',
      answer: (request) => showRun(history, request),
    },
    {
      method,
      path: `${path}/:id/story`,
      may,
      query: ['last'],
      answers: 'RunStory',
      summary: 'One run with all that is kept of its calls, or the last of them, in the order of the ledger',
      answer: (request) => tellStory(history, request),
    },
    {
      method,
      path: `${path}/:id/explain`,
      may,
      answers: 'Explanation',
      summary: 'One run in answers: who started it, where it loops, what it cost, what allowed it and what stopped it',
      answer: (request) => tellRun(history, request, 'explain'),
    },
    {
      method,
      path: `${path}/:id/tree`,
      may,
      answers: 'RunTree',
      summary: 'The calls of one run as a tree, with repeated laps folded',
      answer: (request) => tellRun(history, request, 'tree'),
    },
    {
      method,
      path: '/api/v1/hops',
      may,
      query: list,
      answers: 'HopList',
      summary: 'Calls, newest first',
      answer: (request) => listHops(history, request),
    },
    {
      method,
      path: '/api/v1/hops/:id',
      may,
      answers: 'HopDetail',
      summary: 'One call',
      answer: (request) => showHop(history, request),
    },
  ]
}

async function listRuns(history: History, { query }: AdminRequest): Promise<Written> {
  const { road, clock, ask } = history
  const asked = readList(query, clock)
  if (isWritten(asked)) return asked
  const live = road.runs.list()
  if (!ask) return json(200, { schema: 'weir.runs/v1', ...pageOf(fitting(live, asked), asked) })
  const answer = await askIndex(history, 'runs', asked)
  if (isWritten(answer)) return answer
  const page = JSON.parse(answer.text) as Page<RunRow>
  const first = page.rows[0]?.started_at ?? 0
  // The index is some milliseconds behind: what it cannot have yet comes before its first page.
  const known = new Set(page.rows.map(({ id }) => id))
  const newest = asked.cursor === null ? fitting(live, asked).filter((run) => run.startedAt >= first) : []
  const unlisted = newest.filter(({ id }) => !known.has(id)).map(summaryOf)
  const runs = [...unlisted, ...page.rows.map((row) => summaryFrom(road, row))]
  return json(200, { schema: 'weir.runs/v1', runs, next: page.next })
}

function fitting(runs: readonly LiveRun[], { filter }: ListAsked): readonly LiveRun[] {
  return runs.filter((run) => matches(filter, filterableOfLive(run)))
}

/** Without an index there is one page. */
function pageOf(runs: readonly LiveRun[], { limit }: ListAsked): { readonly runs: readonly RunSummary[]; next: null } {
  return { runs: runs.slice(0, limit).map(summaryOf), next: null }
}

function filterableOfLive(run: LiveRun): ReturnType<typeof filterableOfRun> {
  const { id, root, person, state, spent, halt } = run
  const laps = Math.max(0, ...run.graph.cycles.map((cycle) => cycle.lap))
  const facts = { id, root, person, state, laps, depth_max: run.depthMax, started_at: run.startedAt }
  return filterableOfRun({ ...facts, ...spent, code: halt?.code ?? null })
}

/** A run as its summary has it; null for what only runs in memory know. */
function summaryFrom({ runs }: Road, row: RunRow): RunSummary {
  const live = runs.find(row.id)
  if (live) return summaryOf(live)
  const { id, state, root, person, started_at, ends_at, calls, refused, open, depth_max, unpriced } = row
  return {
    id,
    state,
    root,
    person,
    started_at,
    ends_at,
    calls,
    refused,
    open,
    depth_max,
    laps: null,
    spent: { tokens: row.tokens, cost_micros: row.cost_micros },
    unpriced,
    reserved: { tokens: 0, cost_micros: row.held_micros },
    left: { tokens: null, cost_micros: null },
    shadow: [],
    halt: row.halt && { ...row.halt, hop: null },
    taint: null,
  }
}

const unknownRun = writeProblem(404, 'not_found', 'No such run', 'No run of that id is known here any more.')

/** The index is some milliseconds behind. */
const notYet = refused({
  code: 'unavailable',
  sentence: 'The index has not come to this run yet; ask again in a moment',
})

function runOf({ parameters }: AdminRequest): RunId | null {
  const id = parameters['id'] ?? ''
  return isRunId(id) ? id : null
}

async function showRun(history: History, request: AdminRequest): Promise<Written> {
  const { road, ask } = history
  const id = runOf(request)
  const live = id && road.runs.find(id)
  if (live) return json(200, detailOf(live))
  if (!id || !ask) return unknownRun
  const answer = await askIndex(history, 'story', { run: id, hops_max })
  if (isWritten(answer)) return answer
  const story = JSON.parse(answer.text) as RunStory | null
  if (!story) return unknownRun
  const hops = story.hops.map(({ agent, target, status, ...hop }) => ({
    ...hop,
    from: agent,
    to: target,
    state: status,
  }))
  return json(200, { schema: 'weir.run/v1', ...summaryFrom(road, story.run), edges: story.edges, cycles: [], hops })
}

async function tellStory(history: History, request: AdminRequest): Promise<Written> {
  const run = runOf(request)
  if (!run) return unknownRun
  const last = readWhole(request.query, 'last')
  if (typeof last !== 'number') return last
  const answer = await askIndex(history, 'story', request.query.has('last') ? { run, last } : { run })
  if (isWritten(answer)) return answer
  if (answer.text !== 'null') return withMembers({ schema: 'weir.story/v1' }, answer.text)
  return history.road.runs.find(run) ? notYet : unknownRun
}

async function tellRun(history: History, request: AdminRequest, what: 'explain' | 'tree'): Promise<Written> {
  const run = runOf(request)
  if (!run) return unknownRun
  const answer = await askIndex(history, what, what === 'tree' ? { run } : { run, facts: factsOf(history.road) })
  if (isWritten(answer)) return answer
  if (answer.text !== 'null') return { status: 200, headers: jsonHeaders, body: answer.text }
  return history.road.runs.find(run) ? notYet : unknownRun
}

/** The limits in force; where policies stand is known where their files are. */
function factsOf({ snapshot: { settings, policy } }: Road): StoryFacts {
  const { run, agent, on_breach } = settings.limits
  const limits = new Map<string, LimitFact>()
  for (const [scope, set] of Object.entries({ run, agent }))
    for (const [name, limit] of Object.entries(set)) if (limit) limits.set(`${scope}.${name}`, limit)
  return { places: new Map(), pol_hash: policy.hash, limits, on_breach }
}

async function listHops(history: History, { query }: AdminRequest): Promise<Written> {
  const asked = readList(query, history.clock)
  if (isWritten(asked)) return asked
  const answer = await askIndex(history, 'hops', asked)
  return isWritten(answer) ? answer : withMembers({ schema: 'weir.hops/v1' }, answer.text)
}

async function showHop(history: History, { parameters }: AdminRequest): Promise<Written> {
  const id = parameters['id'] ?? ''
  const unknown = writeProblem(404, 'not_found', 'No such call', 'No call of that id is in the index.')
  if (!isHopId(id)) return unknown
  const answer = await askIndex(history, 'hop', { hop: id })
  if (isWritten(answer)) return answer
  return answer.text === 'null' ? unknown : withMembers({ schema: 'weir.hop/v1' }, answer.text)
}
