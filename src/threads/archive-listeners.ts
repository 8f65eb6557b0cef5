/** Who listens on the archive thread, one line each. */
import type { Clock } from '../base/clock.ts'
import type { Listener } from '../ledger/listener.ts'
import { openLiveFeed } from '../ledger/live/feed.ts'
import type { ArchiveNews } from '../ledger/run-archive.ts'
import { anomaliesName, openAnomaliesListener } from './archive-anomalies.ts'
import { openOtlpListener } from './archive-otlp.ts'

/** What each listener is given at the start, by its name; it can be cloned from thread to thread. */
export type ListenerSetup = Readonly<Record<string, unknown>>

export interface ListenerWorld {
  readonly clock: Clock
  /** For the gateway's thread. Whoever tells bounds what it tells: a few small messages a second. */
  readonly tell: (news: ArchiveNews) => void
}

type Opener = (setup: unknown, world: ListenerWorld) => Listener

/** By the name under which `gateway-archive.ts` gives each its setup; those without one are not opened. */
const openers: Readonly<Record<string, Opener>> = {
  live: (memory, { clock, tell }) =>
    openLiveFeed({
      memory: memory as SharedArrayBuffer,
      now: () => clock.now(),
      post: (value) => tell({ kind: 'heard', name: 'live', value }),
    }),
  otlp: openOtlpListener,
  [anomaliesName]: openAnomaliesListener,
}

export function openListeners(setup: ListenerSetup, world: ListenerWorld): readonly Listener[] {
  return Object.entries(openers)
    .filter(([name]) => setup[name] !== undefined)
    .map(([name, open]) => open(setup[name], world))
}
