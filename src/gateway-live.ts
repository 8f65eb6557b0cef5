/** The live stream of the admin listener: its readers on this thread, and the memory by which the archive thread knows of them. */
import { EventBus } from './admin/event-bus.ts'
import type { RunId } from './domain/ids.ts'
import { type LiveBatch, LiveMemory } from './ledger/live/contract.ts'
import type { Road } from './pipeline/road.ts'
import { summaryOf } from './pipeline/run-view.ts'

/** For the setup of the listener `live` on the archive thread. */
export function liveMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(LiveMemory.bytes)
}

export function openLive(road: Road, draining: { readonly yes: boolean }, memory: SharedArrayBuffer): EventBus {
  return new EventBus({
    clock: road.clock,
    memory,
    runNow: (id: RunId) => {
      const run = road.runs.find(id)
      return run ? summaryOf(run) : null
    },
    ledger: () => road.ledger.health().state,
    streams_max: () => road.snapshot.settings.maximums.event_streams,
    draining: () => draining.yes,
  })
}

/** What the archive thread tells under the name `live`. */
export function hearLive(bus: EventBus, value: unknown): void {
  bus.take(value as LiveBatch)
}
