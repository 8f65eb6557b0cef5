/**
 * What a caller that leaves leaves behind. In A2A a task outlives its stream, because its caller may come back to it; nobody
 * who speaks the API of a model can, and to its clients leaving is how an answer is stopped. So the task is cancelled, by the
 * road that every cancelling goes and in the name of whoever left.
 */
import type { Call } from '../../domain/call.ts'
import { mintHopId } from '../../domain/mint-ids.ts'
import type { Principal } from '../../domain/principal.ts'
import type { Reply } from '../../protocol/http.ts'
import { serveKnown } from '../serve.ts'
import { openVisit, type Visit } from '../visit.ts'

export function stopWork({ road, call, inbound }: Visit, principal: Principal, taskId: string): void {
  const id = mintHopId(road.dice)
  const method = 'CancelTask'
  const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method, params: { id: taskId } }))
  const about = { taskId, contextId: null, rpcId: `"${id}"`, body, receivedAt: road.clock.now() }
  const cancel: Call = { ...call, ...about, id, operation: 'cancel', method }
  const visit = openVisit(road, { ...inbound, startedAt: road.clock.monotonic() }, cancel, nobody)
  serveKnown(visit, principal).catch((bug: unknown) =>
    road.log.error('a bug while a task was cancelled', { hop: id, error: String(bug) }),
  )
}

/** Nobody waits for what the agent says to it. */
const nobody: Reply = {
  send: () => undefined,
  begin: () => undefined,
  write: () => true,
  end: () => undefined,
  cut: () => undefined,
  onDrain: () => undefined,
  onGone: () => undefined,
  closed: false,
  buffered: 0,
}
