/** A pool over instances that do exactly what a test tells them to, and a clock that stands still until it is moved. */
import { ManualClock } from '../../src/base/clock.ts'
import type { Dice } from '../../src/base/dice.ts'
import { Wheel } from '../../src/base/wheel.ts'
import type { FaultCode } from '../../src/domain/fault.ts'
import type { TaskRow } from '../../src/domain/task.ts'
import { type Denial, issueClaim } from '../../src/domain/verdict.ts'
import type { Said } from '../../src/protocol/a2a/said.ts'
import type { Ask, Driver, Ear, Errand, Features, Known, Line } from '../../src/relay/driver.ts'
import { HealthBook } from '../../src/relay/pool/health.ts'
import { poolOf } from '../../src/relay/pool/pool.ts'
import type { PoolSettings } from '../../src/relay/pool/settings.ts'
import { makeFault } from '../../src/relay/wire/transport.ts'
import { agentId, callOf, hopOf } from './hop.ts'

export const usual: PoolSettings = {
  agent: agentId('agent:research'),
  shared_task_store: false,
  idempotent_sends: false,
  resilience: {
    attempts_max: 3,
    backoff_ms: 100,
    backoff_max_ms: 1000,
    retry_budget_percent: 100,
    retries_per_second_min: 10,
    first_event_ms: 1000,
    eject_after_faults: 3,
    eject_ms: 10_000,
    eject_max_ms: 40_000,
    outlier_percent: 0,
    outlier_calls_min: 10,
    outlier_window_ms: 10_000,
    outstanding_max: 0,
    keep_left_ms: 60_000,
  },
}

const able: Features = { stream: true, get: true, subscribe: true, cancel: true, blocking: true }
export const errand: Errand = { delivery: null, credential: [], headers: [], standing: () => null }

export const said: Said = {
  kind: 'said',
  grammar: '1.0',
  payload: Buffer.from('{"message":{}}'),
  seen: { kind: 'open', taskId: null, contextId: null, state: null, mark: 0, last: false },
  origin: null,
}

/** One ask as an instance got it. */
export class Attempt implements Line {
  readonly url: string
  readonly ask: Ask
  readonly ear: Ear
  readonly instance = null
  sent = false
  headed = false
  paused = false
  over = false

  constructor(url: string, ask: Ask, ear: Ear) {
    this.url = url
    this.ask = ask
    this.ear = ear
  }

  abort(): void {
    this.over = true
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
  }

  /** At most once, as from a real target. */
  head(): void {
    if (this.headed) return
    this.sent = this.headed = true
    this.ear.onHead([])
  }

  say(): void {
    this.sent = true
    this.ear.onSaid(said)
  }

  end(): void {
    this.over = true
    this.ear.onEnd()
  }

  answer(): void {
    this.say()
    if (!this.over) this.end()
  }

  fail(code: FaultCode, sent = this.sent || (code !== 'connect_failed' && code !== 'connect_timeout')): void {
    this.over = true
    this.sent ||= sent
    this.ear.onFault(makeFault(code, 'as the test wants it', sent))
  }
}

/** What an ear heard, one word each. */
export class Heard implements Ear {
  readonly words: string[] = []
  onWord: (word: string) => void = () => undefined

  onHead = (): void => this.#hear('head')
  onMemo = (): void => this.#hear('memo')
  onSaid = (): void => this.#hear('said')
  onQuiet = (): void => this.#hear('quiet')
  onEnd = (): void => this.#hear('end')
  onError = (): void => this.#hear('error')
  onFault: Ear['onFault'] = ({ code, sent }) => this.#hear(`${code}${sent ? ' sent' : ''}`)

  #hear(word: string): void {
    this.words.push(word)
    this.onWord(word)
  }
}

export interface Asked {
  readonly line: Line
  readonly heard: Heard
}

/** Rolls what it is told to, then zeros. */
class Rolls implements Dice {
  readonly next: number[] = []
  hex(bytes: number): string {
    return (this.next.shift() ?? 0).toString(16).padStart(bytes * 2, '0')
  }
}

type Entry = string | { readonly url: string; readonly drain: boolean }

export class PoolKit {
  readonly clock = new ManualClock()
  readonly wheel = new Wheel(this.clock, { tick_ms: 10, slots: 64 })
  readonly dice = new Rolls()
  readonly told: string[] = []
  readonly health = new HealthBook(this.clock, {
    onEjected: (agent) => void this.told.push(`ejected ${agent}`),
    onRetried: (agent, outcome) => void this.told.push(`retried ${agent} ${outcome}`),
  })
  /** Everything instances were asked, in order. */
  readonly attempts: Attempt[] = []
  driver: Driver
  /** Why whoever asks must not go on. */
  denial: Denial | null = null

  constructor(entries: readonly Entry[], settings: Settings = {}) {
    this.driver = this.configure(entries, settings)
  }

  /** As a reload does. */
  configure(entries: readonly Entry[], { resilience, ...rest }: Settings = {}): Driver {
    const settings = { ...usual, ...rest, resilience: { ...usual.resilience, ...resilience } }
    const instances = entries
      .map((entry) => (typeof entry === 'string' ? { url: entry, drain: false } : entry))
      .map((row) => ({ ...row, driver: this.#scripted(row.url) }))
    this.driver = poolOf(instances, settings, this)
    return this.driver
  }

  ask(ask: Ask = newWork()): Asked {
    const heard = new Heard()
    return { line: this.driver.open(ask, { ...errand, standing: () => this.denial }, heard), heard }
  }

  /** The instances that were asked, in order. */
  get asked(): readonly string[] {
    return this.attempts.map(({ url }) => url)
  }

  get last(): Attempt {
    const last = this.attempts.at(-1)
    if (!last) throw new Error('nobody was asked')
    return last
  }

  pass(by_ms: number): void {
    this.clock.advance(by_ms)
    this.wheel.turn()
  }

  stateOf(url: string): string {
    return this.health.view().find((each) => each.url === url)?.state ?? 'unknown'
  }

  /** Asks the instance at `url`, which must not be ejected, and lets it fail. */
  failAt(url: string, code: FaultCode = 'reset'): void {
    this.ask(newWork({ known: at(url) }))
    this.last.fail(code)
  }

  #scripted(url: string): Driver {
    return {
      features: able,
      open: (ask, _errand, ear) => {
        const attempt = new Attempt(url, ask, ear)
        this.attempts.push(attempt)
        return attempt
      },
    }
  }
}

type Settings = Partial<Omit<PoolSettings, 'resilience'>> & {
  readonly resilience?: Partial<PoolSettings['resilience']>
}

export const anywhere: Known = { instance: null, task: null, context: null }

export function at(instance: string): Known {
  return { ...anywhere, instance }
}

interface Work {
  readonly operation?: 'send' | 'stream'
  readonly taskId?: string
  readonly contextId?: string
  readonly known?: Known
}

export function newWork({ operation = 'send', taskId, contextId, known = anywhere }: Work = {}): Ask {
  const call = callOf({}, { operation, taskId: taskId ?? null, contextId: contextId ?? null })
  return { operation, warrant: hopOf(call), call, params: () => ({}), known }
}

export function follow(operation: 'get' | 'subscribe' | 'cancel', known: Known = anywhere): Ask {
  const hop = hopOf(callOf({}))
  const warrant = issueClaim({ id: hop.id, task: { taskId: 't1' } as TaskRow })
  return { operation, warrant, taskId: 't1', historyLength: null, known }
}
