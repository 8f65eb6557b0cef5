import { randomFillSync } from 'node:crypto'

/** The only source of chance. */
export interface Dice {
  /** `bytes` random bytes as lower-case hexadecimal. */
  hex(bytes: number): string
}

const poolBytes = 4096

/** Cryptographic randomness, drawn in pools so that an id costs a slice and not a system call. */
export function cryptoDice(): Dice {
  const pool = Buffer.alloc(poolBytes)
  let used = poolBytes
  return {
    hex(bytes) {
      if (used + bytes > poolBytes) {
        randomFillSync(pool)
        used = 0
      }
      const text = pool.toString('hex', used, used + bytes)
      pool.fill(0, used, used + bytes)
      used += bytes
      return text
    },
  }
}

/** Repeatable dice for tests: a counter, so ids are unique and readable. */
export function countingDice(start = 1): Dice {
  let next = start
  return { hex: (bytes) => (next++).toString(16).padStart(bytes * 2, '0') }
}
