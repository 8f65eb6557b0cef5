/**
 * What a caller that leaves leaves behind. In A2A a task outlives its stream, because its caller may come back to it; nobody
 * who speaks the API of a model can, and to its clients leaving is how an answer is stopped. So the task is cancelled, by the
 * road that every cancelling goes and in the name of whoever left.
 */
import { nobodyWaits } from '../nobody-waits.ts'
import type { Call } from '../../domain/call.ts'
import { mintHopId } from '../../domain/mint-ids.ts'
import type { Principal } from '../../domain/principal.ts'
import { serveKnown } from '../serve.ts'
import { openVisit, type Visit } from '../visit.ts'

export function stopWork({ road, call, inbound }: Visit, principal: Principal, taskId: string): void {
  const id = mintHopId(road.dice)
  const method = 'CancelTask'
  const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method, params: { id: taskId } }))
  const about = { taskId, contextId: null, rpcId: `"${id}"`, body, receivedAt: road.clock.now() }
  const cancel: Call = { ...call, ...about, id, operation: 'cancel', method }
  const visit = openVisit(road, { ...inbound, startedAt: road.clock.monotonic() }, cancel, nobodyWaits)
  serveKnown(visit, principal).catch((bug: unknown) =>
    road.log.error('a bug while a task was cancelled', { hop: id, error: String(bug) }),
  )
}
