/**
 * Makes up for what an agent cannot do by itself: streams, subscriptions and waiting for the end of a task, all by
 * asking it again and again how the task stands.
 */
import type { JsonObject } from '../base/json.ts'
import { isJsonObject } from '../base/json.ts'
import { returnsImmediately } from '../protocol/a2a/params.ts'
import { unsupported } from '../protocol/a2a/errors.ts'
import type { AgentError } from '../protocol/a2a/said.ts'
import type { Ask, Driver, Ear, Errand, Features, FollowAsk, Line, StartAsk } from './driver.ts'
import type { Bench } from './exchange.ts'
import { PollLine } from './poll-line.ts'

/** The same agent with everything a caller may ask of it; the driver itself where nothing is missing but by surprise. */
export function withPolling(driver: Driver, bench: Bench): Driver {
  return new PollingDriver(driver, bench)
}

class PollingDriver implements Driver {
  readonly features: Features
  readonly #driver: Driver
  readonly #bench: Bench

  constructor(driver: Driver, bench: Bench) {
    this.#driver = driver
    this.#bench = bench
    this.features = { ...driver.features, stream: true, subscribe: true, blocking: true }
  }

  open(ask: Ask, errand: Errand, ear: Ear): Line {
    const { features } = this.#driver
    if (ask.operation === 'stream') {
      if (!features.stream) return this.#poll(immediately(ask), errand, ear, 'events')
      return this.#orElse(ask, errand, ear, () => this.#poll(immediately(ask), errand, ear, 'events'))
    }
    if (ask.operation === 'subscribe') {
      if (!features.subscribe) return this.#poll(lookingAt(ask), errand, ear, 'events')
      return this.#orElse(ask, errand, ear, () => this.#poll(lookingAt(ask), errand, ear, 'events'))
    }
    if (ask.operation === 'send' && !features.blocking && !returnsImmediately(ask.params()))
      return this.#poll(ask, errand, ear, 'end')
    return this.#driver.open(ask, errand, ear)
  }

  #poll(first: Ask, errand: Errand, ear: Ear, tells: 'events' | 'end'): Line {
    return new PollLine({ driver: this.#driver, errand, bench: this.#bench, tells }, first, ear)
  }

  /** Turns to another way where the agent says that it does not know the one that was asked for. */
  #orElse(ask: Ask, errand: Errand, ear: Ear, other: () => Line): Line {
    return new SecondThought(this.#driver, { ask, errand, ear }, other)
  }
}

class SecondThought implements Line {
  #line: Line
  #paused = false
  #over = false

  constructor(driver: Driver, { ask, errand, ear }: { ask: Ask; errand: Errand; ear: Ear }, other: () => Line) {
    let spoke = false
    this.#line = driver.open(ask, errand, {
      ...forwarding(ear),
      onSaid: (said) => {
        spoke = true
        ear.onSaid(said)
      },
      onError: (error: AgentError) => {
        if (spoke || this.#over || !unsupported.has(error.code)) return ear.onError(error)
        this.#line = other()
        if (this.#paused) this.#line.pause()
      },
    })
  }

  get sent(): boolean {
    return this.#line.sent
  }

  get instance(): string | null {
    return this.#line.instance
  }

  abort(): void {
    this.#over = true
    this.#line.abort()
  }

  pause(): void {
    this.#paused = true
    this.#line.pause()
  }

  resume(): void {
    this.#paused = false
    this.#line.resume()
  }
}

function forwarding(ear: Ear): Ear {
  return {
    onHead: (headers) => ear.onHead(headers),
    onMemo: (memo) => ear.onMemo(memo),
    onSaid: (said) => ear.onSaid(said),
    onQuiet: () => ear.onQuiet(),
    onEnd: () => ear.onEnd(),
    onError: (error) => ear.onError(error),
    onFault: (fault) => ear.onFault(fault),
  }
}

function immediately(ask: StartAsk): StartAsk {
  const params = (): JsonObject => {
    const asked = ask.params()
    const { configuration } = asked
    return {
      ...asked,
      configuration: { ...(isJsonObject(configuration) ? configuration : {}), returnImmediately: true },
    }
  }
  return { ...ask, operation: 'send', rewritten: true, params }
}

function lookingAt(ask: FollowAsk): FollowAsk {
  return { ...ask, operation: 'get' }
}
