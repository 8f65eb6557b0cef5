/** Stories from a gateway that the environment names: its rows and stories over the admin listener, the rest stays here. */
import type { AgentId, PersonId, RunId } from '../../domain/ids.ts'
import type { Explanation } from '../../domain/story/explanation.ts'
import type { FoldedTree } from '../../domain/story/folded-tree.ts'
import type { RunRow, RunStory } from '../../domain/story.ts'
import { adminRequest, findAdmin } from '../admin-client.ts'
import type { RunSummary } from '../admin-api.ts'
import type { CliDeps } from '../deps.ts'
import { type CliProblem, isProblem, problem } from '../exit-codes.ts'
import type { StoryAsked, StoryTools } from './deps.ts'

/** Stories of the gateway in `WEIR_URL`, or else of the configuration. */
export function storiesFor(deps: CliDeps): StoryTools {
  return deps.env['WEIR_URL'] || deps.env['WEIR_ADMIN_TOKEN'] ? overAdmin(deps) : deps.stories
}

interface RunsAnswer {
  readonly schema: 'weir.runs/v1'
  readonly runs: readonly RunSummary[]
  readonly next?: string | null
}

interface StoryAnswer extends RunStory {
  readonly schema: 'weir.story/v1'
}

function overAdmin(deps: CliDeps): StoryTools {
  return {
    async list({ configPath, filter, cursor, limit }) {
      const place = await findAdmin(deps, configPath)
      if (isProblem(place)) return place
      const query = new URLSearchParams({ filter, limit: String(limit), ...(cursor === null ? {} : { cursor }) })
      const answer = await adminRequest<RunsAnswer>(place, {
        path: `/api/v1/runs?${query.toString()}`,
        schema: 'weir.runs/v1',
      })
      return isProblem(answer) ? answer : { rows: answer.runs.map(rowOf), next: answer.next ?? null }
    },
    story: ({ last, ...asked }) =>
      about<StoryAnswer>(deps, asked, [`story${last === undefined ? '' : `?last=${last}`}`, 'weir.story/v1']),
    explanation: (asked) => about<Explanation>(deps, asked, ['explain', 'weir.explanation/v1']),
    tree: (asked) => about<FoldedTree>(deps, asked, ['tree', 'weir.run_tree/v1']),
    records: () =>
      Promise.resolve(problem('usage', 'Records are read from the ledger itself: ask on its host, without WEIR_URL.')),
    write: deps.stories.write,
  }
}

async function about<T extends { readonly schema: string }>(
  deps: CliDeps,
  { configPath, run }: StoryAsked,
  [what, schema]: readonly [what: string, schema: T['schema']],
): Promise<T | CliProblem> {
  const place = await findAdmin(deps, configPath)
  if (isProblem(place)) return place
  return adminRequest<T>(place, { path: `/api/v1/runs/${encodeURIComponent(run)}/${what}`, schema })
}

/** What a gateway says of a run in memory, as a row. */
function rowOf(run: RunSummary): RunRow {
  const { spent, reserved } = run
  return {
    id: run.id as RunId,
    state: run.state,
    root: run.root as AgentId,
    person: run.person as PersonId | null,
    started_at: run.started_at,
    last_at: run.halt?.at ?? run.started_at,
    ends_at: run.ends_at,
    calls: run.calls,
    refused: run.refused,
    open: run.open,
    depth_max: run.depth_max,
    tokens: spent.tokens,
    cost_micros: spent.cost_micros,
    unpriced: run.unpriced ?? 0,
    held_micros: reserved.cost_micros,
    halt: run.halt,
    seq_first: 0,
    seq_last: 0,
  }
}
