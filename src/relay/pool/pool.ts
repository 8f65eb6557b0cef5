/** Several instances of one agent behind one Driver. */
import { assert } from '../../base/assert.ts'
import type { Ask, Driver, Ear, Errand, Features, Line } from '../driver.ts'
import { RetryBudget } from './budget.ts'
import { type Pool, PoolLine, type PoolWorld } from './line.ts'
import type { Instance, PoolSettings } from './settings.ts'

/**
 * A Driver that picks an instance for each ask and passes everything on. All of them are alike; what the first can do,
 * the pool can. One instance about which nothing has to be counted is its own pool.
 */
export function poolOf(instances: readonly Instance[], settings: PoolSettings, world: PoolWorld): Driver {
  const [first] = instances
  assert(first !== undefined, 'an agent that can be called has an instance')
  const roster = world.health.rosterOf(instances, settings)
  const { attempts_max, outstanding_max } = settings.resilience
  const alone = instances.length === 1 && first.drain !== true && roster.left.length === 0
  if (alone && attempts_max === 1 && outstanding_max === 0) return first.driver
  const budget = new RetryBudget(settings.resilience, world.clock)
  return new PoolDriver(first.driver.features, { ...world, roster, budget })
}

class PoolDriver implements Driver {
  readonly features: Features
  readonly #pool: Pool

  constructor(features: Features, pool: Pool) {
    this.features = features
    this.#pool = pool
  }

  open(ask: Ask, errand: Errand, ear: Ear): Line {
    this.#pool.budget.deposit()
    return new PoolLine(this.#pool, ask, errand, ear)
  }
}
