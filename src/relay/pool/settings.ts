/** What a pool is made of and works with. */
import type { Clock } from '../../base/clock.ts'
import type { Dice } from '../../base/dice.ts'
import type { Wheel } from '../../base/wheel.ts'
import type { ResilienceSettings } from '../../config/settings.ts'
import type { AgentId } from '../../domain/ids.ts'
import type { Driver } from '../driver.ts'
import type { HealthBook } from './health.ts'

export interface PoolSettings {
  readonly agent: AgentId
  /** Every instance knows the tasks and conversations of all the others. */
  readonly shared_task_store: boolean
  /** The instances, all together, work only once on a message they get twice. */
  readonly idempotent_sends: boolean
  readonly resilience: ResilienceSettings
}

export interface Instance {
  readonly url: string
  readonly driver: Driver
  /** It gets no new conversations; absent for false. */
  readonly drain?: boolean
}

export interface PoolWorld {
  readonly clock: Clock
  readonly dice: Dice
  readonly wheel: Wheel
  readonly health: HealthBook
}

/** How it ended with an ask that was tried again; `over_budget` for one that was not, because the budget was empty. */
export type RetryOutcome = 'answered' | 'failed' | 'gone' | 'over_budget'

/** Whoever counts what pools do. */
export interface PoolReport {
  onEjected(agent: AgentId): void
  onRetried(agent: AgentId, outcome: RetryOutcome): void
}
