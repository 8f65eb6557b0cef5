/** The feeds that are under way, by task: whoever wants to follow a task joins the one that reads it already. */
import type { Feed } from './feed.ts'
import type { FeedHouse } from './feed-parts.ts'

export class Hub implements FeedHouse<Feed> {
  readonly #max: number
  readonly #feeds = new Map<string, Feed>()
  #unread = 0
  #closed = false

  /** `max` counts feeds that nobody reads of; those with a reader are bounded by the calls that are open. */
  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#feeds.size
  }

  find(target: string, taskId: string): Feed | null {
    return this.#feeds.get(keyOf(target, taskId)) ?? null
  }

  /** A newer feed of a task takes the place of an older one, which goes on for those who read it. */
  add(target: string, taskId: string, feed: Feed): void {
    this.#feeds.set(keyOf(target, taskId), feed)
  }

  remove(target: string, taskId: string, feed: Feed): void {
    const key = keyOf(target, taskId)
    if (this.#feeds.get(key) === feed) this.#feeds.delete(key)
  }

  keep(): boolean {
    if (this.#closed || this.#unread >= this.#max) return false
    this.#unread += 1
    return true
  }

  released(): void {
    this.#unread -= 1
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Lets go of every agent; nothing is cancelled, and nothing is followed any more. */
  close(): void {
    this.#closed = true
    for (const feed of this.#feeds.values()) feed.drop()
    this.#feeds.clear()
  }
}

/** The name of a target holds no line break, so no id can look like one of another. */
function keyOf(target: string, taskId: string): string {
  return `${target}\n${taskId}`
}
