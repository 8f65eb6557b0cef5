/** The gateway's side of the vault: orders about persons, carried out on the ledger's thread. */
import type { MessagePort } from 'node:worker_threads'
import type { VaultAnswer, VaultOrder } from './orders.ts'
import type { Captured } from './payloads.ts'

/** The thread may be in the middle of a write to a slow disk. */
const answer_timeout_ms = 10_000
const wake_ms = 20
/** Payloads on their way to the disk. */
const underway_max_bytes = 16_777_216

/** From the ledger's thread. */
type VaultNews = { readonly no: number; readonly answer: VaultAnswer } | { readonly kept_bytes: number }

export class VaultDesk {
  readonly #port: MessagePort
  readonly #wake: () => void
  readonly #waiting = new Map<number, (answer: VaultAnswer) => void>()
  #last = 0
  #underway_bytes = 0
  /** Payloads that found the way full. */
  dropped = 0

  constructor(port: MessagePort, wake: () => void) {
    this.#port = port
    this.#wake = wake
    port.on('message', (news: VaultNews) => {
      if ('kept_bytes' in news) this.#underway_bytes -= news.kept_bytes
      else this.#waiting.get(news.no)?.(news.answer)
    })
    port.unref()
  }

  /** Never throws; `problem` where the thread does not answer in time. */
  ask(order: VaultOrder): Promise<VaultAnswer> {
    this.#last += 1
    const no = this.#last
    return new Promise((resolve) => {
      const done = (answer: VaultAnswer): void => {
        clearTimeout(timer)
        clearInterval(waking)
        this.#waiting.delete(no)
        resolve(answer)
      }
      const timer = setTimeout(
        () => done({ kind: 'problem', detail: 'the ledger thread does not answer' }),
        answer_timeout_ms,
      )
      // It may fall asleep in the very moment it is woken.
      const waking = setInterval(this.#wake, wake_ms)
      this.#waiting.set(no, done)
      this.#port.postMessage({ no, order }, [])
      this.#wake()
    })
  }

  /** Hands a payload to the vault; false where it is behind. Never waits, and never wakes the thread for it. */
  keep(captured: Captured): boolean {
    const size = captured.bytes.length
    if (this.#underway_bytes + size > underway_max_bytes) {
      this.dropped += 1
      return false
    }
    this.#underway_bytes += size
    // A copy of its own: what is sent of a slice is all that it is cut from.
    const bytes = new Uint8Array(captured.bytes)
    this.#port.postMessage({ captured: { ...captured, salt: new Uint8Array(captured.salt), bytes } }, [bytes.buffer])
    return true
  }

  close(): void {
    this.#port.close()
  }
}
