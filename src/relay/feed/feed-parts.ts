/** What feeds are made with, and the house in which they are found. */
import type { Driver, Errand } from '../driver.ts'
import type { Bench, TaskWatch } from '../exchange.ts'

export interface FeedParts<Feed> {
  /** The name of the agent that serves it. */
  readonly target: string
  readonly driver: Driver
  readonly errand: Errand
  readonly watch: TaskWatch
  readonly bench: Bench
  readonly hub: FeedHouse<Feed>
}

/** Where feeds are found by their tasks. */
export interface FeedHouse<Feed> {
  add(target: string, taskId: string, feed: Feed): void
  remove(target: string, taskId: string, feed: Feed): void
  /** Whether a feed may go on though its last reader has left. Counted until `released`. */
  keep(): boolean
  released(): void
}
