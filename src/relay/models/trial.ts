/** An attempt that was begun, with everything that is known of it. */
import type { UsageReader } from '../../protocol/llm/contract.ts'
import { openUsageReader } from '../../protocol/llm/usage.ts'
import { Attempt, type AttemptEars } from './attempt.ts'
import type { ModelMission, Told } from './contract.ts'
import type { Turn } from './course.ts'
import { modelRequest } from './request.ts'
import { type ProviderSecrets, secretsOf } from './secrets.ts'
import type { ModelWay } from './world.ts'

export interface Trial {
  readonly turn: Turn
  readonly attempt: Attempt
  readonly reader: UsageReader
  readonly secrets: ProviderSecrets
  /** Comments before the first event: they say nothing, and nobody is bound by them. */
  readonly held: Buffer[]
}

export function openTrial(turn: Turn, mission: ModelMission, { bench, world }: ModelWay, ears: AttemptEars): Trial {
  const { candidate } = turn.stop
  const { provider } = candidate
  const request = modelRequest(mission, candidate, turn.key?.key ?? null)
  return {
    turn,
    attempt: new Attempt(provider.api === 'fake' ? world.fake : bench.transport, request, bench, ears),
    reader: openUsageReader(mission.call.dialect, { asked: !mission.dropsUsage }),
    secrets: secretsOf(provider),
    held: [],
  }
}

/** What is known of the answer so far. One that is no stream is written before it is sent, so its first bytes say nothing of its size. */
export function toldOf({ turn, attempt, reader }: Trial): Told {
  const { usage, final, response } = reader
  const delivered_bytes = attempt.streams ? reader.delivered_bytes : Number.POSITIVE_INFINITY
  return { candidate: turn.stop.candidate, usage, final, delivered_bytes, response }
}
