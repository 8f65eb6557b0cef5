/** What `weir policy`, `weir why` and `weir replay` need of the house. Types only: nothing of it is loaded before it is asked. */
import type { LoopCut } from '../../pipeline/whatif/cut-loop.ts'
import type { RunRerun } from '../../pipeline/whatif/rerun/compare.ts'
import type { RunReplay } from '../../pipeline/whatif/replay-run.ts'
import type { SimulationReport } from '../../pipeline/whatif/simulate.ts'
import type { Suggestion } from '../../pipeline/whatif/suggest.ts'
import type { WhyAccount } from '../../pipeline/whatif/why.ts'
import type { TestReport } from '../../policy/cases.ts'
import type { PolicyGraph } from '../../policy/graph.ts'
import type { PolicyDiff } from '../../policy/graph-diff.ts'
import type { Finding } from '../../policy/lint.ts'
import type { Preview } from '../../policy/preview.ts'
import type { CliProblem } from '../exit-codes.ts'

/** Reads files and the state directory, so it needs no gateway that runs. */
export interface PolicyTools {
  readonly why: (asked: { readonly configPath: string; readonly hop: string }) => Promise<WhyAccount | CliProblem>
  readonly test: (asked: PolicyPlaceAsked) => Promise<TestReport | CliProblem>
  readonly lint: (asked: PolicyPlaceAsked) => Promise<LintReport | CliProblem>
  readonly graph: (asked: PolicyPlaceAsked) => Promise<PolicyGraph | CliProblem>
  readonly diff: (asked: DiffAsked) => Promise<PolicyDiff | CliProblem>
  readonly preview: (asked: PreviewAsked) => Promise<Preview | CliProblem>
  /** `progress` is told how many decisions were made again so far. */
  readonly simulate: (asked: SimulateAsked, progress: (count: number) => void) => Promise<Simulated | CliProblem>
  readonly suggest: (asked: SuggestAsked) => Promise<Suggestion | LoopCut | CliProblem>
  readonly replay: (asked: ReplayAsked) => Promise<RunReplay | CliProblem>
  /** Sends the calls of a run again, on a gateway of its own before a mock. */
  readonly rerun: (asked: RerunAsked, watch: RerunWatch) => Promise<RunRerun | CliProblem>
}

/** `dir`: the folder of policies; null for that of the configuration. */
export interface PolicyPlaceAsked {
  readonly configPath: string
  readonly dir: string | null
}

export interface LintReport {
  readonly schema: 'weir.policy-lint/v1'
  readonly dir: string
  readonly policies: number
  readonly findings: readonly Finding[]
}

interface DiffAsked {
  readonly configPath: string
  readonly before: string
  readonly after: string
}

interface PreviewAsked extends PolicyPlaceAsked {
  /** Slug or `agent:` id. */
  readonly agent: string
  /** Name or `user:` id; null if the agent acts for nobody. */
  readonly person: string | null
}

/** Which calls of the ledger; null for any. `since` in milliseconds since the epoch. */
export interface CallsAsked {
  readonly since: number | null
  readonly agent: string | null
  readonly target: string | null
  readonly run: string | null
}

interface SimulateAsked extends CallsAsked {
  readonly configPath: string
  readonly dir: string
}

export interface Simulated extends SimulationReport {
  /** Milliseconds it took. */
  readonly ms: number
  /** Places of the ledger that cannot be read. */
  readonly problems: readonly string[]
}

interface SuggestAsked {
  readonly configPath: string
  readonly since: number | null
  readonly run: string | null
}

interface ReplayAsked extends PolicyPlaceAsked {
  readonly run: string
  /** A configuration whose limits are tried as well; null for none. */
  readonly limitsOf: string | null
}

interface RerunAsked extends ReplayAsked {
  readonly timeout_ms: number
}

interface RerunWatch {
  /** Ends it early: everything that was started is stopped. */
  readonly signal: AbortSignal
  /** Told how much of the run is over. */
  readonly progress: (done: number, of: number) => void
}
