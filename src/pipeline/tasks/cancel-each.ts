/** Stopping tasks, for whoever may: those that started others after them, and what cannot be told to stop is left alone. */
import type { JsonObject } from '../../base/json.ts'
import { isFault } from '../../domain/fault.ts'
import { phaseOf, type TaskRow } from '../../domain/task.ts'
import { type Claim, deny, isDenial } from '../../domain/verdict.ts'
import type { AgentEntry, Road } from '../road.ts'
import { askAgent, remembered } from './ask.ts'
import { claimForWeir } from './claim.ts'
import { weirItself } from './mission.ts'
import { canceled, endUnseen } from './unseen.ts'

/** Cancels tasks in their order and waits for all of them, whatever their agents say; those of one depth at once. */
export async function cancelEach(road: Road, rows: readonly TaskRow[]): Promise<void> {
  const depths = Map.groupBy(rows, (row) => row.chain.length)
  for (const depth of [...depths.keys()].toSorted((one, other) => other - one))
    await Promise.all((depths.get(depth) ?? []).map((row) => cancelRow(road, row)))
}

async function cancelRow(road: Road, row: TaskRow): Promise<void> {
  const entry = road.snapshot.agents.get(row.target)
  if (!entry) return
  const claim = claimForWeir(row)
  if (entry.driver?.features.cancel === false) return void stopListening(road, claim, entry)
  const heard = await askAgent(road, entry, { operation: 'cancel', claim, historyLength: null, asker: weirItself })
  const failed = isDenial(heard) || isFault(heard)
  if (failed) road.log.warn('a task could not be cancelled and may still run', { hop: row.hop, agent: row.target })
}

/** An agent that cannot be told to stop is no longer listened to; that it may go on is said. */
export function stopListening(road: Road, { task: row }: Claim, entry: AgentEntry): JsonObject {
  const before = remembered(road, row)
  road.relay.hub.find(row.target, row.taskId)?.halt(deny('run_halted', 'its caller cancelled the task'))
  const now = road.tasks.find(row.target, row.taskId)
  const isOver = now !== null && phaseOf(now.state) === 'terminal'
  return isOver ? remembered(road, now) : endUnseen(road, row, before, canceled(entry))
}
