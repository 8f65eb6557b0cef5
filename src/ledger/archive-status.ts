/** The words the archive thread and the gateway's thread share: how far the index is, and whether it can be written. */
const seqWord = 0
const failingWord = 2

export class ArchiveStatus {
  static readonly bytes = 32
  readonly #counts: BigInt64Array
  readonly #words: Int32Array

  constructor(memory: SharedArrayBuffer) {
    this.#counts = new BigInt64Array(memory)
    this.#words = new Int32Array(memory)
  }

  /** Number of the last entry that is in the index. */
  get seq(): number {
    return Number(Atomics.load(this.#counts, seqWord))
  }

  set seq(seq: number) {
    Atomics.store(this.#counts, seqWord, BigInt(seq))
  }

  get failing(): boolean {
    return Atomics.load(this.#words, failingWord) === 1
  }

  set failing(is: boolean) {
    Atomics.store(this.#words, failingWord, is ? 1 : 0)
  }
}
