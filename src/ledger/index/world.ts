/** What every question is answered with. */
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../base/clock.ts'
import type { Statements } from './statements.ts'

export interface World {
  readonly base: DatabaseSync
  readonly statements: Statements
  readonly clock: Clock
  /** Of one question. */
  readonly budget_ms: number
}
