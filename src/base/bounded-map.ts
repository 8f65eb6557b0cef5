import { LRUCache } from 'lru-cache'
import type { Clock } from './clock.ts'

/** How much a map may hold, and for how long. */
export interface Bounds {
  /** The most entries held; beyond it the least recently used one leaves. */
  readonly max: number
  /** The clock entries age by; needed only where entries are set with a lifetime. */
  readonly clock?: Clock
}

/** A map that cannot grow without end: the least recently used entry leaves first, and an entry may have a lifetime. */
export class BoundedMap<K extends string, V extends object | string | number | boolean> {
  readonly #cache: LRUCache<K, V>

  constructor({ max, clock }: Bounds) {
    const age = clock ? { perf: { now: () => clock.monotonic() }, ttlResolution: 0 } : {}
    this.#cache = new LRUCache({ max, ...age })
  }

  get size(): number {
    return this.#cache.size
  }

  get(key: K): V | undefined {
    return this.#cache.get(key)
  }

  /** `lifetime_ms` of 0 means: until it is crowded out. */
  set(key: K, value: V, lifetime_ms = 0): void {
    this.#cache.set(key, value, { ttl: lifetime_ms })
  }

  delete(key: K): void {
    this.#cache.delete(key)
  }

  clear(): void {
    this.#cache.clear()
  }
}
