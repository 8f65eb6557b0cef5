/** What the road hands to the relay, where a test is the road: papers that show whether they arrive, and an open book. */
import type { Driver, Known } from '../../src/relay/driver.ts'
import type { Mission, TaskWatch } from '../../src/relay/exchange.ts'
import { paramsOf } from '../../src/protocol/a2a/params.ts'
import type { Call } from '../../src/domain/call.ts'
import type { Denial } from '../../src/domain/verdict.ts'

const nothingKnown: Known = { instance: null, task: null, context: null }

/** Takes every task at once and looks at nothing. */
const openBook: TaskWatch = {
  onAnswer: () => undefined,
  own: () => true,
  onContext: () => undefined,
  onSaid: () => undefined,
  onUnwatched: () => undefined,
}

interface More {
  readonly watch?: Partial<TaskWatch>
  readonly standing?: () => Denial | null
}

export function missionTo(driver: Driver, call: Call, { watch = {}, standing = () => null }: More = {}): Mission {
  const headers = [['traceparent', '00-aa-bb-01']] as const
  return {
    driver,
    errand: { delivery: 'delivery-token', credential: [], headers, standing },
    known: nothingKnown,
    params: () => paramsOf(call),
    watch: { ...openBook, ...watch },
  }
}
