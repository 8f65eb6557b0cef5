/**
 * Makes up for what an agent cannot do by itself: streams, subscriptions and waiting for the end of a task, all by
 * asking it again and again how the task stands.
 */
import type { JsonObject } from '../base/json.ts'
import { isJsonObject } from '../base/json.ts'
import { returnsImmediately } from '../protocol/a2a/params.ts'
import { unsupported } from '../protocol/a2a/errors.ts'
import type { AgentError, Said } from '../protocol/a2a/said.ts'
import type { Ask, Driver, Ear, Errand, Features, FollowAsk, Line, StartAsk, TaskSeen } from './driver.ts'
import { hearFor } from './ears.ts'
import type { Bench } from './exchange.ts'
import { PollLine } from './poll-line.ts'
import { followAsk } from './feed/search.ts'
import { Sight } from './feed/sight.ts'

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
    if (ask.operation === 'send') return this.#toTheEnd(ask, errand, ear)
    if (ask.operation === 'cancel') return this.#toTheEnd(ask, errand, ear, canceled_ms)
    return this.#driver.open(ask, errand, ear)
  }

  #poll(first: Ask, errand: Errand, ear: Ear, tells: 'events' | 'end'): Line {
    return new PollLine({ driver: this.#driver, errand, bench: this.#bench, tells }, first, ear)
  }

  /** Turns to another way where the agent says that it does not know the one that was asked for. */
  #orElse(ask: Ask, errand: Errand, ear: Ear, other: () => Line): Line {
    let spoke = false
    return new SecondThought(
      this.#driver,
      { ask, errand, ear },
      {
        said: () => {
          spoke = true
          return null
        },
        error: ({ code }) => (spoke || !unsupported.has(code) ? null : other),
      },
    )
  }

  /**
   * Asks on where the answer shows a task that still goes on: agents answer so whatever they were asked (FastA2A), and
   * some show a task that is cancelled as it was before. One that cannot be asked again has said all there is.
   */
  #toTheEnd(ask: Ask, errand: Errand, ear: Ear, patience_ms?: number): Line {
    const parts = { driver: this.#driver, errand, bench: this.#bench, tells: 'end' } as const
    const limited = patience_ms === undefined ? parts : { ...parts, patience_ms }
    return new SecondThought(
      this.#driver,
      { ask, errand, ear },
      {
        said: (said, task) => {
          if (said.seen.kind !== 'open' || task === null || !this.#driver.features.get) return null
          if ('call' in ask && returnsImmediately(ask.params())) return null
          const asSaid = (): void => {
            ear.onSaid(said)
            ear.onEnd()
          }
          const settling = hearFor(ear, { onError: asSaid, onFault: asSaid })
          return () => new PollLine(limited, followAsk('get', task, ask), settling)
        },
        error: () => null,
      },
    )
  }
}

/** How long a task that is being cancelled is looked at; its agent has been told. Unit: milliseconds. */
const canceled_ms = 2000

/** Another way to go on, or null where the first one goes on. */
interface Turns {
  said(said: Said, task: TaskSeen | null): (() => Line) | null
  error(error: AgentError): (() => Line) | null
}

class SecondThought implements Line {
  #line: Line
  #paused = false
  #over = false

  constructor(driver: Driver, { ask, errand, ear }: { ask: Ask; errand: Errand; ear: Ear }, turns: Turns) {
    const sight = new Sight('taskId' in ask ? ask.taskId : ask.call.taskId, null)
    let turned = false
    const turn = (other: (() => Line) | null): boolean => {
      if (other === null || this.#over) return false
      turned = true
      this.#line = other()
      if (this.#paused) this.#line.pause()
      return true
    }
    const hearing = hearFor(ear, {
      onMemo: (memo) => {
        sight.remember(memo)
        ear.onMemo(memo)
      },
      onSaid: (said) => {
        sight.see(said, this.#line.instance)
        if (!turn(turns.said(said, sight.task))) ear.onSaid(said)
      },
      onEnd: () => turned || ear.onEnd(),
      onError: (error) => turned || turn(turns.error(error)) || ear.onError(error),
      onFault: (fault) => turned || ear.onFault(fault),
    })
    this.#line = driver.open(ask, errand, hearing)
  }

  get sent(): boolean {
    return this.#line.sent
  }

  get instance(): string | null {
    return this.#line.instance
  }

  get awaited(): TaskSeen | null {
    return this.#line.awaited ?? null
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
