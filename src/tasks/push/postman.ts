/**
 * Delivers what waits, each line in its order. A line is ready, under way or put off; it is in one of these as long as
 * anything waits in it, and only its first event is ever posted. An event leaves when its receiver has taken it, has said
 * that it is gone, or has not taken it for a day.
 *
 *     wake -> ready -> under way -> taken -> (next event: ready)
 *               ^          |
 *               +- later <-+ failed: 1 s, 2 s, 4 s ... 5 min, each up to a quarter less by chance
 */
import { type Clock, day_ms, type Millis } from '../../base/clock.ts'
import type { Dice } from '../../base/dice.ts'
import { isFault } from '../../domain/fault.ts'
import type { HeaderList } from '../../protocol/http.ts'
import { tokenHeaders } from './callbacks.ts'
import type { ConfigTable } from './configs.ts'
import type { PostOutside, PushDraft } from './contract.ts'
import type { Outbox, PushEvent } from './outbox.ts'
import { Lanes } from './lanes.ts'

/** Deliveries under way at once, in all and at one host. */
const underway_max = 64
const perHost_max = 8
const timeout_ms = 10_000
const firstDelay_ms = 1000
const lastDelay_ms = 300_000
/** The part of a delay that chance may take away, so that what failed together is not tried together. */
const jitter = 1 / 4
/** How long an event is tried. */
const tried_ms = day_ms

export interface PostmanParts {
  readonly configs: ConfigTable
  readonly outbox: Outbox
  /** Told of an event that is given up, before it leaves its line. */
  readonly giveUp: (event: PushEvent, reason: string) => void
  readonly post: PostOutside
  readonly clock: Clock
  readonly dice: Dice
}

interface Route {
  attempts: number
  /** Set while it is put off. */
  dueAt: Millis | null
  /** Why it failed when it was last tried. */
  failure: string
}

export class Postman {
  readonly #parts: PostmanParts
  readonly #lanes = new Lanes<number>(underway_max, perHost_max)
  /** Lines in which something waits, by the number of their config. */
  readonly #routes = new Map<number, Route>()
  #stopped = false

  constructor(parts: PostmanParts) {
    this.#parts = parts
  }

  /** Something waits for a config. */
  wake(config: number): void {
    if (this.#routes.has(config)) return
    this.#routes.set(config, { attempts: 0, dueAt: null, failure: 'never tried' })
    this.#goOn(config)
  }

  /** What was put off is tried at once: its config has changed, or an operator asks. */
  hurry(config: number): void {
    const route = this.#routes.get(config)
    if (!route || route.dueAt === null) return
    route.dueAt = null
    route.attempts = 0
    this.#goOn(config)
  }

  /** Tries again what has been put off long enough. */
  sweep(now: Millis): void {
    for (const [config, route] of this.#routes)
      if (route.dueAt !== null && route.dueAt <= now) {
        route.dueAt = null
        this.#goOn(config)
      }
  }

  /** Posts nothing more; what is under way may still be taken. */
  stop(): void {
    this.#stopped = true
  }

  /** Puts a line in its lane, or lets go of one in which nothing waits. */
  #goOn(config: number): void {
    const { configs, outbox, clock } = this.#parts
    const expired = clock.now() - tried_ms
    let head = outbox.head(config)
    while (head && head.at <= expired) {
      this.#giveUp(head, `not delivered in a day, ${this.#routes.get(config)?.failure ?? ''}`)
      head = outbox.head(config)
    }
    const entry = configs.withNumber(config)
    const draft = entry && configs.open(entry)
    if (head && draft) {
      this.#lanes.add(new URL(draft.url).host, config)
      return this.#start()
    }
    if (entry && !draft) for (; head; head = outbox.head(config)) this.#giveUp(head, 'its config cannot be opened')
    outbox.clear(config)
    this.#routes.delete(config)
    if (entry?.left) void configs.remove(entry)
  }

  #start(): void {
    for (let next = this.#stopped ? null : this.#lanes.take(); next; next = this.#lanes.take())
      void this.#deliver(...next)
  }

  async #deliver(host: string, config: number): Promise<void> {
    const { configs, outbox } = this.#parts
    const entry = configs.withNumber(config)
    const draft = entry && configs.open(entry)
    const head = draft ? outbox.head(config) : null
    const failure = head && draft ? await this.#attempt(head, draft) : null
    this.#lanes.done(host)
    this.#settle(config, head, failure)
    this.#start()
  }

  async #attempt(event: PushEvent, draft: PushDraft): Promise<string | null> {
    const { outbox } = this.#parts
    // What does not survive kill -9 is not posted: it could be posted and then never have been.
    return outbox.isKept(event) || (await outbox.keep(event)) ? this.#post(event, draft) : 'not kept'
  }

  /** Null: it was taken. Otherwise why it was not. */
  async #post(event: PushEvent, draft: PushDraft): Promise<string | null> {
    const request = { url: draft.url, headers: headersFor(draft, event.id), body: Buffer.from(event.body), timeout_ms }
    try {
      const answer = await inTime(this.#parts.post(request))
      if (answer === null) return 'no end'
      if ('kind' in answer && isFault(answer)) return answer.code
      if (!('status' in answer)) return 'no answer'
      if (answer.status >= 200 && answer.status < 300) return null
      return answer.status === 410 ? 'gone' : `answered ${answer.status}`
    } catch {
      return 'failed'
    }
  }

  #settle(config: number, event: PushEvent | null, failure: string | null): void {
    const { outbox, clock } = this.#parts
    const route = this.#routes.get(config)
    if (!route) return
    // It may have been taken away meanwhile, with its config.
    if (!event || outbox.head(config) !== event) return this.#goOn(config)
    if (failure === null) {
      route.attempts = 0
      outbox.remove(event)
      return this.#goOn(config)
    }
    if (failure === 'gone') {
      this.#giveUp(event, 'its receiver said that it is gone')
      return this.#goOn(config)
    }
    route.dueAt = clock.now() + this.#delay_ms(route.attempts)
    route.attempts += 1
    route.failure = failure
  }

  /** What is under way meanwhile may still be taken. */
  giveUpAll(config: number, reason: string): void {
    const { outbox } = this.#parts
    for (let head = outbox.head(config); head; head = outbox.head(config)) this.#giveUp(head, reason)
  }

  #giveUp(event: PushEvent, reason: string): void {
    this.#parts.giveUp(event, reason)
    this.#parts.outbox.remove(event)
  }

  #delay_ms(attempts: number): number {
    const full_ms = Math.min(lastDelay_ms, firstDelay_ms * 2 ** Math.min(attempts, 16))
    const chance = Number.parseInt(this.#parts.dice.hex(4), 16) / 2 ** 32
    return full_ms * (1 - jitter * chance)
  }
}

/** Null where whoever posts forgets the timeout it was told: a delivery must not hold its place for ever. */
async function inTime<T>(answer: Promise<T>): Promise<T | null> {
  const late: { timer?: NodeJS.Timeout } = {}
  const end = new Promise<null>((resolve) => (late.timer = setTimeout(() => resolve(null), 2 * timeout_ms)))
  try {
    return await Promise.race([answer, end])
  } finally {
    clearTimeout(late.timer)
  }
}

const mediaTypes = { '1.0': 'application/a2a+json', '0.3': 'application/json' } as const

/** A2A 1.0 section 4.3.3 and its 0.3 counterpart; receivers look for either name of the token. */
function headersFor({ version, scheme, credentials, token }: PushDraft, id: string): HeaderList {
  const proof = scheme === null || credentials === null ? [] : [['authorization', `${scheme} ${credentials}`] as const]
  const tokens = token === null ? [] : tokenHeaders.map((name) => [name, token] as const)
  return [
    ['content-type', mediaTypes[version]],
    ['a2a-version', version],
    ['weir-delivery-id', id],
    ...proof,
    ...tokens,
  ]
}
