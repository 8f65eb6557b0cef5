/** What is listened to at one server. Where it is lost it is opened again, later each time; nobody hears of that. */
import type { Alarm, Wheel } from '../../../base/wheel.ts'
import { type Fault, isFault } from '../../../domain/fault.ts'
import { type Denial, isDenial } from '../../../domain/verdict.ts'
import type { Link, Listening, NoticeHearer, Wants, Warrant } from '../../../relay/mcp/link.ts'

/** From one try to the next: doubled each time, back at the first one when the server says something. Unit: ms. */
const again = { first_ms: 1000, max_ms: 60_000 } as const

export interface LaneParts {
  readonly wheel: Pick<Wheel, 'after'>
  readonly warrant: Warrant
  readonly open: () => Promise<Link | Fault | Denial>
  readonly hearer: Pick<NoticeHearer, 'onNotice' | 'onAsk'>
}

export class Lane {
  readonly #parts: LaneParts
  readonly #alarm: Alarm
  #wants: Wants
  #listening: Listening | null = null
  #opening = false
  #closed = false
  #wait_ms: number = again.first_ms

  constructor(parts: LaneParts, wants: Wants) {
    this.#parts = parts
    this.#wants = wants
    this.#alarm = parts.wheel.after(again.max_ms, () => this.#open())
    this.#alarm.cancel()
    this.#open()
  }

  use(wants: Wants): void {
    this.#wants = wants
    this.#listening?.use(wants)
  }

  /** The server is known to be there: whoever waits to try again does so now. */
  wake(): void {
    if (this.#listening === null && !this.#opening) this.#open()
  }

  close(): void {
    this.#closed = true
    this.#alarm.cancel()
    this.#listening?.close()
    this.#listening = null
  }

  #open(): void {
    if (this.#closed || this.#opening) return
    this.#opening = true
    this.#alarm.cancel()
    void this.#listen()
  }

  async #listen(): Promise<void> {
    const { open, warrant, hearer } = this.#parts
    const link = await open()
    this.#opening = false
    if (this.#closed) return
    if (isDenial(link) || isFault(link)) return this.#later()
    this.#listening = link.listen(warrant, this.#wants, {
      onNotice: (method, params) => {
        this.#wait_ms = again.first_ms
        hearer.onNotice(method, params)
      },
      onAsk: (ask, answer) => hearer.onAsk(ask, answer),
      onEnd: () => this.#lost(),
    })
  }

  #lost(): void {
    this.#listening = null
    if (!this.#closed) this.#later()
  }

  #later(): void {
    this.#alarm.push(this.#wait_ms)
    this.#wait_ms = Math.min(again.max_ms, 2 * this.#wait_ms)
  }
}
