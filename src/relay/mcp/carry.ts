/**
 * One request with the credential of its speaker: asked for before it leaves, and once more where the server says 401 or
 * 403, which it says before it looks at what is asked.
 *
 *     credentials -> send -> head -> messages -> end
 *                     ^        | 401, 403
 *                     '--- challenged, once
 */
import { type Denial, isDenial } from '../../domain/verdict.ts'
import { type Fault, isFault } from '../../domain/fault.ts'
import type { HeaderList } from '../../protocol/http.ts'
import { faultOfBug, type Head, makeFault } from '../wire/transport.ts'
import type { Channel, ChannelHearer, ChannelWire, Json } from './channel.ts'
import type { Speaker } from './link.ts'

export interface CarryHearer extends ChannelHearer {
  onHead(status: number, head: Head): void
  /** There is no credential to ask with; nothing more comes. */
  onDenial(denial: Denial): void
}

type Voiced = Pick<Speaker, 'credentials' | 'challenged'>

/** Sends it with these headers as well. */
type Start = (credentials: HeaderList, hearer: ChannelHearer) => ChannelWire

/** Sends what `start` sends. The hearer is never called before this returns, and never after `abort`. */
export function carry(speaker: Voiced, start: Start, hearer: CarryHearer): ChannelWire {
  const carried = new Carried(speaker, start, hearer)
  carried.begin()
  return carried
}

/** Says something that has no answer, with the speaker's credential. Never rejects. */
export async function tellWith(
  channel: Channel,
  speaker: Speaker,
  message: Json,
  headers: HeaderList,
): Promise<Fault | null> {
  const credentials = await credentialsOf(speaker)
  if (isFault(credentials)) return credentials
  if (isDenial(credentials)) return makeFault('bad_answer', `no credential: ${credentials.detail}`, false)
  const { promise, resolve } = Promise.withResolvers<Fault | null>()
  channel.tell({ message, id: null, progressToken: null, headers: [...headers, ...credentials] }, resolve)
  return promise
}

/** Never rejects. */
export async function credentialsOf(speaker: Speaker): Promise<HeaderList | Denial | Fault> {
  try {
    return await speaker.credentials()
  } catch (bug) {
    return faultOfBug(bug)
  }
}

class Carried implements ChannelWire, ChannelHearer {
  readonly #speaker: Voiced
  readonly #start: Start
  readonly #hearer: CarryHearer
  #wire: ChannelWire | null = null
  #over = false
  #paused = false
  #challenged = false
  /** Whether what comes now is only the rest of an answer that asks for another credential. */
  #refused = false

  constructor(speaker: Voiced, start: Start, hearer: CarryHearer) {
    this.#speaker = speaker
    this.#start = start
    this.#hearer = hearer
  }

  get sent(): boolean {
    return this.#wire?.sent === true
  }

  begin(): void {
    const credentials = this.#speaker.credentials()
    if (credentials instanceof Promise) this.#later(credentials)
    else if (isDenial(credentials)) queueMicrotask(() => this.#deny(credentials))
    else this.#send(credentials)
  }

  abort(): void {
    this.#over = true
    this.#wire?.abort()
  }

  pause(): void {
    this.#paused = true
    this.#wire?.pause()
  }

  resume(): void {
    this.#paused = false
    this.#wire?.resume()
  }

  expectSilence(isExpected: boolean): void {
    this.#wire?.expectSilence?.(isExpected)
  }

  onHead(status: number, head: Head): void {
    if (this.#over) return
    if (status !== 401 && status !== 403) return this.#hearer.onHead(status, head)
    this.#refused = true
    this.#wire?.abort()
    if (this.#challenged) return this.#fail(makeFault('bad_answer', `it does not take the credential: ${status}`, true))
    this.#challenged = true
    // Whatever asked for a credential has not been done.
    this.#wire = null
    this.#later(this.#speaker.challenged(status, head['www-authenticate'] ?? null))
  }

  onMessage(message: Json): void {
    if (!this.#over && !this.#refused) this.#hearer.onMessage(message)
  }

  onEnd(fault: Fault | null): void {
    if (this.#over || this.#refused) return
    this.#over = true
    this.#hearer.onEnd(fault)
  }

  #later(coming: Promise<HeaderList | Denial>): void {
    coming.then(
      (credentials) => (isDenial(credentials) ? this.#deny(credentials) : this.#send(credentials)),
      (bug: unknown) => this.#fail(faultOfBug(bug)),
    )
  }

  #send(credentials: HeaderList): void {
    if (this.#over) return
    this.#refused = false
    this.#wire = this.#start(credentials, this)
    if (this.#paused) this.#wire.pause()
  }

  #deny(denial: Denial): void {
    if (this.#over) return
    this.#over = true
    this.#hearer.onDenial(denial)
  }

  #fail(fault: Fault): void {
    if (this.#over) return
    this.#over = true
    this.#hearer.onEnd(fault)
  }
}
