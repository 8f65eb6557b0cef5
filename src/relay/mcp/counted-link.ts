/** A link that knows whether anything is open over it, so that nothing is ever closed under somebody's hands. */
import type { About, Ask, Asking, End, Hearer, Link, Listening, NoticeHearer, Talk, Wants, Warrant } from './link.ts'
import type { Json } from './channel.ts'

/** What a pool needs beside what everybody needs: waits until the server was told. */
export interface ClosableLink extends Link {
  closed?(): Promise<void>
}

export class CountedLink implements Link {
  readonly #link: ClosableLink
  readonly #onIdle: () => void
  #open = 0

  /** `onIdle` is called whenever the last thing that was open is over. */
  constructor(link: ClosableLink, onIdle: () => void) {
    this.#link = link
    this.#onIdle = onIdle
  }

  get about(): About {
    return this.#link.about
  }

  get open(): boolean {
    return this.#link.open
  }

  get isBusy(): boolean {
    return this.#open > 0
  }

  ask(warrant: Warrant, asking: Asking, hearer: Hearer): Talk {
    const over = this.#begin()
    const talk = this.#link.ask(warrant, asking, {
      onNotice: (method, params) => hearer.onNotice(method, params),
      onAsk: (ask: Ask) => {
        if (ask.rests) over()
        hearer.onAsk(ask)
      },
      onEnd: (end: End) => {
        over()
        hearer.onEnd(end)
      },
    })
    return new CountedTalk(talk, over)
  }

  tell(method: string, params: Json | null): void {
    this.#link.tell(method, params)
  }

  listen(warrant: Warrant, wants: Wants, hearer: NoticeHearer): Listening {
    const over = this.#begin()
    const listening = this.#link.listen(warrant, wants, {
      onNotice: (method, params) => hearer.onNotice(method, params),
      onAsk: (ask, answer) => hearer.onAsk(ask, answer),
      onEnd: (fault) => {
        over()
        hearer.onEnd(fault)
      },
    })
    return {
      use: (other) => listening.use(other),
      close: () => {
        over()
        listening.close()
      },
    }
  }

  close(): void {
    this.#link.close()
  }

  async closed(): Promise<void> {
    if (this.#link.closed) await this.#link.closed()
    else this.#link.close()
  }

  /** One more thing is open; what is given back is called when it is over, however often. */
  #begin(): () => void {
    let isOpen = true
    this.#open += 1
    return () => {
      if (!isOpen) return
      isOpen = false
      this.#open -= 1
      if (this.#open === 0) this.#onIdle()
    }
  }
}

class CountedTalk implements Talk {
  readonly #talk: Talk
  readonly #over: () => void

  constructor(talk: Talk, over: () => void) {
    this.#talk = talk
    this.#over = over
  }

  get sent(): boolean {
    return this.#talk.sent
  }

  answer(answers: Parameters<Talk['answer']>[0]): void {
    this.#talk.answer(answers)
  }

  cancel(reason: string): void {
    this.#talk.cancel(reason)
    this.#over()
  }

  pause(): void {
    this.#talk.pause()
  }

  resume(): void {
    this.#talk.resume()
  }
}
