/**
 * What else happens on the ledger's thread to what is written, in the order of the list: personal members are sealed, then
 * the Merkle log grows. Where `prepare` or `tick` throws, the disk counts as failing, nothing is lost, and it is tried again.
 */
export interface Stage {
  /** What is written in place of a frame: a row as it was packed, or the outer form of `stored.ts`. Called again with the same frame where the disk did not take the group. */
  prepare?(frame: Uint8Array): Uint8Array
  /** Called once `frames`, the first of them number `first`, are on the disk for good; in order and each once. Never throws. */
  stored?(group: StoredGroup): void
  /** Called after every group, and at least once a second where nothing comes; where work on the disk belongs. */
  tick?(): void
  /** The last group was stored; nothing comes any more. */
  close?(): void
}

export interface StoredGroup {
  /** Number of the first entry. */
  readonly first: number
  /** As they were written; good for this call only, as the memory is used again. */
  readonly frames: readonly Uint8Array[]
}
