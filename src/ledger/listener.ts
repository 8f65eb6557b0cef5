/** What else is done on the archive thread with entries that are durable: telemetry, events, anomalies. */
import type { Millis } from '../base/clock.ts'
import type { Numbered } from '../domain/record.ts'

/**
 * Hears every entry that becomes durable while this process runs, in order, each once, in batches of at most 500; not those
 * of earlier processes. The next batch waits until a promise is kept, so whoever waits for the outside keeps a queue of its
 * own. What it throws is logged, and it goes on with the next batch.
 */
export interface Listener {
  /** For logs: `otlp`. */
  readonly name: string
  entries(batch: readonly Numbered[]): void | Promise<void>
  /** About once a second. */
  tick?(now: Millis): void | Promise<void>
  /** The last entries were heard. */
  close?(): void | Promise<void>
}
