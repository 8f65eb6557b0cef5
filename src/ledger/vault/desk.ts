/** The gateway's side of the vault: orders about persons, carried out on the ledger's thread. */
import type { MessagePort } from 'node:worker_threads'
import type { VaultAnswer, VaultOrder } from './orders.ts'

/** The thread may be in the middle of a write to a slow disk. */
const answer_timeout_ms = 10_000
const wake_ms = 20

export class VaultDesk {
  readonly #port: MessagePort
  readonly #wake: () => void
  readonly #waiting = new Map<number, (answer: VaultAnswer) => void>()
  #last = 0

  constructor(port: MessagePort, wake: () => void) {
    this.#port = port
    this.#wake = wake
    port.on('message', ({ no, answer }: { readonly no: number; readonly answer: VaultAnswer }) =>
      this.#waiting.get(no)?.(answer),
    )
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
      this.#port.postMessage({ no, order })
      this.#wake()
    })
  }

  close(): void {
    this.#port.close()
  }
}
