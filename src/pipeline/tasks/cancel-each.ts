/** Stopping tasks, for whoever may: those that started others after them, and what cannot be told to stop is left alone. */
import type { JsonObject } from '../../base/json.ts'
import { isFault } from '../../domain/fault.ts'
import { phaseOf, type TaskRow } from '../../domain/task.ts'
import { type Claim, deny, isDenial } from '../../domain/verdict.ts'
import type { Road } from '../road.ts'
import { askAgent, remembered } from './ask.ts'
import { unsupported } from '../../protocol/a2a/errors.ts'
import { claimForWeir } from './claim.ts'
import { weirItself } from './mission.ts'
import { endUnseen, unstoppable } from './unseen.ts'

/** What the tasks of one depth get to stop, before those above them are told; who is late is still waited for. Unit: milliseconds. */
const patience_ms = 1000

/** Cancels tasks, the deepest first, and waits a while for each depth, whatever their agents say; those of one depth at once. */
export async function cancelEach(road: Road, rows: readonly TaskRow[]): Promise<void> {
  const depths = Map.groupBy(rows, (row) => row.chain.length)
  for (const depth of [...depths.keys()].toSorted((one, other) => other - one)) {
    const all = Promise.all((depths.get(depth) ?? []).map((row) => cancelRow(road, row)))
    const late = Promise.withResolvers<void>()
    const alarm = road.relay.bench.wheel.after(patience_ms, late.resolve)
    await Promise.race([all, late.promise])
    alarm.cancel()
  }
}

async function cancelRow(road: Road, row: TaskRow): Promise<void> {
  const entry = road.snapshot.agents.get(row.target)
  if (!entry) return
  const claim = claimForWeir(row)
  if (entry.driver?.features.cancel === false) {
    stopListening(road, claim)
    road.log.warn('a task could not be cancelled and may still run', { hop: row.hop, agent: row.target })
    return
  }
  const heard = await askAgent(road, entry, { operation: 'cancel', claim, historyLength: null, asker: weirItself })
  const failed = isDenial(heard) || isFault(heard)
  const cannot = !failed && heard.answer.kind === 'agent_error' && unsupported.has(heard.answer.code)
  if (cannot) stopListening(road, claim)
  if (failed || cannot)
    road.log.warn('a task could not be cancelled and may still run', { hop: row.hop, agent: row.target })
}

/** An agent that cannot be told to stop is no longer listened to; that it may go on is said. */
export function stopListening(road: Road, { task: row }: Claim): JsonObject {
  const before = remembered(road, row)
  road.relay.hub.find(row.target, row.taskId)?.halt(deny('run_halted', 'its caller cancelled the task'))
  const now = road.tasks.find(row.target, row.taskId)
  const isOver = now !== null && phaseOf(now.state) === 'terminal'
  return isOver ? remembered(road, now) : endUnseen(road, row, before, unstoppable)
}
