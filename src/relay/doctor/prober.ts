/** One way to speak to an agent, as the rounds of a doctor use it: on the wire for A2A, through its driver for a framework. */
import type { JsonObject } from '../../base/json.ts'
import type { Dice } from '../../base/dice.ts'
import type { Probe } from '../../domain/verdict.ts'
import type { Driver, Features, FollowAsk, Known, StartAsk } from '../driver.ts'
import { type Bounds, type Heard, Hearing, type HearingParts } from './heard.ts'
import type { WireProbe } from './wire-probe.ts'

export interface Prober {
  /** What it is called among the findings; null where the agent is spoken to in one way only. */
  readonly at: string | null
  readonly features: Features
  /** Why it cannot cancel, in its own words; null for the usual ones. */
  readonly cannotCancel: string | null
  start(how: Start, bounds: Bounds): Promise<Heard>
  /** About the task that the last start has named. */
  follow(operation: FollowAsk['operation'], taskId: string, bounds: Bounds): Promise<Heard>
}

export interface Start {
  readonly operation: 'send' | 'stream'
  readonly text: string
  readonly immediately: boolean
}

function paramsOf({ text, immediately }: Start, dice: Dice): JsonObject {
  const message = { messageId: `doctor-${dice.hex(8)}`, role: 'ROLE_USER', parts: [{ text }] }
  return { message, configuration: { returnImmediately: immediately } }
}

/** Features are those that the configuration takes for granted. */
export function proberOnWire(probe: WireProbe, at: string, features: Features, dice: Dice): Prober {
  const rpcId = (): string => JSON.stringify(`doctor-${dice.hex(4)}`)
  return {
    at,
    features,
    cannotCancel: null,
    start: (how, bounds) =>
      probe.ask({ operation: how.operation, params: paramsOf(how, dice), rpcId: rpcId() }, bounds),
    follow: (operation, id, bounds) => probe.ask({ operation, params: { id }, rpcId: rpcId() }, bounds),
  }
}

/** What a driver is asked with. Only the composition root can make a probe. */
export interface DriverProbing extends HearingParts {
  readonly dice: Dice
  readonly probe: (operation: 'send' | 'stream') => Probe
  readonly cannotCancel: string | null
}

export class DriverProber implements Prober {
  readonly at = null
  readonly features: Features
  readonly cannotCancel: string | null
  readonly #driver: Driver
  readonly #parts: DriverProbing
  #known: Known = nothing

  constructor(driver: Driver, parts: DriverProbing) {
    this.#driver = driver
    this.#parts = parts
    this.features = driver.features
    this.cannotCancel = parts.cannotCancel
  }

  start(how: Start, bounds: Bounds): Promise<Heard> {
    this.#known = nothing
    const { dice } = this.#parts
    const warrant = this.#parts.probe(how.operation)
    const params = paramsOf(how, dice)
    return this.#ask(
      { operation: how.operation, warrant, call: warrant.call, params: () => params, known: nothing },
      bounds,
    )
  }

  follow(operation: FollowAsk['operation'], taskId: string, bounds: Bounds): Promise<Heard> {
    const warrant = this.#parts.probe('send')
    return this.#ask({ operation, warrant, taskId, historyLength: null, known: this.#known }, bounds)
  }

  #ask(ask: StartAsk | FollowAsk, bounds: Bounds): Promise<Heard> {
    const hearing = new Hearing(this.#parts, bounds)
    // Our own token is the run's, and there is no run.
    const errand = { delivery: null, credential: [], headers: [], standing: () => null }
    const line = this.#driver.open(ask, errand, {
      onHead: () => {},
      onMemo: (memo) => (this.#known = { ...this.#known, ...memo }),
      onSaid: (said) => hearing.said(said),
      onQuiet: () => hearing.quiet(),
      onEnd: () => hearing.closed(),
      onError: (error) => {
        hearing.said(error)
        hearing.closed()
      },
      onFault: (fault) => hearing.fault(fault),
    })
    hearing.begin(() => line.abort())
    return hearing.heard
  }
}

const nothing: Known = { instance: null, task: null, context: null }
