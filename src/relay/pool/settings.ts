/** What a pool is made of, and what it tells. */
import type { AgentSettings, ResilienceSettings } from '../../config/settings.ts'
import type { AgentId } from '../../domain/ids.ts'
import type { Driver } from '../driver.ts'

export interface PoolSettings {
  readonly agent: AgentId
  /** Every instance knows the tasks and conversations of all the others. */
  readonly shared_task_store: boolean
  /** The instances, all together, work only once on a message they get twice. */
  readonly idempotent_sends: boolean
  readonly resilience: ResilienceSettings
}

/** Of an agent's row in the configuration. */
export function poolSettings({ id, shared_task_store, idempotent_sends, resilience }: AgentSettings): PoolSettings {
  return { agent: id, shared_task_store, idempotent_sends, resilience }
}

export interface Instance {
  readonly url: string
  readonly driver: Driver
  /** It gets no new conversations; absent for false. */
  readonly drain?: boolean
}

/** How it ended with an ask that was tried again; `over_budget` for one that was not, because the budget was empty. */
export type RetryOutcome = 'answered' | 'failed' | 'gone' | 'over_budget'

/** Whoever counts what pools do. */
export interface PoolReport {
  onEjected(agent: AgentId): void
  onRetried(agent: AgentId, outcome: RetryOutcome): void
}
