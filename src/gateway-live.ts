/** The live stream of the admin listener: its readers on this thread, and the memory by which the archive thread knows of them. */
import { EventBus } from './admin/event-bus.ts'
import type { Archive } from './ledger/archive.ts'
import type { RunId } from './domain/ids.ts'
import { type LiveBatch, LiveMemory } from './ledger/live/contract.ts'
import type { Road } from './pipeline/road.ts'
import { summaryOf } from './pipeline/run-view.ts'

/** For the setup of the listener `live` on the archive thread. */
export function liveMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(LiveMemory.bytes)
}

interface LiveParts {
  /** Tells what it heard under the name `live`. */
  readonly archive: Pick<Archive, 'hear'>
  readonly live: SharedArrayBuffer
}

export function openLive(road: Road, draining: { readonly yes: boolean }, { archive, live }: LiveParts): EventBus {
  const bus = new EventBus({
    clock: road.clock,
    memory: live,
    runNow: (id: RunId) => {
      const run = road.runs.find(id)
      return run ? summaryOf(run) : null
    },
    ledger: () => road.ledger.health().state,
    streams_max: () => road.snapshot.settings.maximums.event_streams,
    draining: () => draining.yes,
  })
  archive.hear('live', (value) => bus.take(value as LiveBatch))
  return bus
}
