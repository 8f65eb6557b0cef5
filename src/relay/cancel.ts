/** Tells a target to stop working on a task. Cutting the connection does not: a task outlives its listeners. */
import type { Hop } from '../domain/verdict.ts'
import { revisionOf } from '../protocol/a2a/dialect.ts'
import { type Bench, type Errand, requestOf } from './exchange.ts'

/** A target may take this long to confirm; nobody waits for it. Unit: milliseconds. */
const cancelTimeout_ms = 5000

/** Sends one cancel for a task of this hop. What the target says to it changes nothing: a finished task is fine too. */
export function cancelTask(hop: Hop, errand: Errand, bench: Bench, taskId: string): void {
  const method = revisionOf(hop.call.dialect).cancelMethod
  const body = JSON.stringify({ jsonrpc: '2.0', id: `cancel-${hop.id}`, method, params: { id: taskId } })
  const end = (): void => {
    alarm.cancel()
    wire.abort()
  }
  const wire = bench.transport.send(requestOf(hop, errand, Buffer.from(body)), {
    onHead: () => {},
    onBytes: () => {},
    onEnd: end,
    onFault: end,
  })
  const alarm = bench.wheel.after(cancelTimeout_ms, end)
}
