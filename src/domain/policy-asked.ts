import type { Taint } from './principal.ts'
import type { RunState } from './run.ts'

/**
 * The rest of the question that policy answered, so that the decision can be made again. Depth, chain, person and whether
 * the credential is bound stand in the record itself. Numbers are null where there is no limit.
 */
export interface PolicyAsked {
  readonly action: 'invoke' | 'callTool' | 'useModel'
  readonly run_state: RunState
  readonly budget_left_micros: number | null
  readonly tokens_left: number | null
  /** Calls admitted in the run before this one. */
  readonly calls: number
  readonly laps: number
  readonly env: string
  /** As policy saw it; that of the record is of the end. */
  readonly taint: Taint
  readonly approved: boolean
  /** Null for what is no call of a model, or has no end. */
  readonly max_tokens: number | null
  readonly streaming: boolean | null
}
