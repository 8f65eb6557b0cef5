/** A relay of models without sockets: requests do exactly what a test tells them to, and the clock stands until it is moved. */
import { ManualClock } from '../../src/base/clock.ts'
import type { Dice } from '../../src/base/dice.ts'
import { Wheel } from '../../src/base/wheel.ts'
import type { ModelsSettings } from '../../src/config/settings-models.ts'
import type { FaultCode } from '../../src/domain/fault.ts'
import { issuePermit } from '../../src/domain/verdict.ts'
import type { Exchange } from '../../src/relay/exchange.ts'
import type { ModelMission, ModelOutcome, Tier } from '../../src/relay/models/contract.ts'
import { ModelRelay } from '../../src/relay/models/model-relay.ts'
import { ModelPlaces } from '../../src/relay/models/places.ts'
import { makeFault, type Outbound, type Receiver, Transport, type Wire } from '../../src/relay/wire/transport.ts'
import { completion, missionOf, settingsOf } from './model-bench.ts'
import { patient } from './relay.ts'
import { MemoryReply } from './reply.ts'

/** One request as it was sent. */
export class ScriptedWire implements Wire {
  /** `first/gpt` */
  readonly place: string
  readonly key: string | null
  readonly receiver: Receiver
  sent = false
  over = false
  paused = false

  constructor({ body, headers }: Outbound, receiver: Receiver) {
    this.place = Buffer.from(body ?? '').toString()
    const at = headers.indexOf('authorization')
    this.key = at === -1 ? null : (headers[at + 1]?.slice('Bearer '.length) ?? null)
    this.receiver = receiver
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

  allowSilence(): void {}

  answer(status = 200, head: Readonly<Record<string, string>> = {}, body: unknown = completion): void {
    this.sent = true
    this.receiver.onHead(status, { 'content-type': 'application/json', ...head })
    this.receiver.onBytes(Buffer.from(JSON.stringify(body)))
    this.over = true
    this.receiver.onEnd()
  }

  begin(): void {
    this.sent = true
    this.receiver.onHead(200, { 'content-type': 'text/event-stream' })
  }

  say(text: string): void {
    this.receiver.onBytes(Buffer.from(text))
  }

  end(): void {
    this.over = true
    this.receiver.onEnd()
  }

  fail(code: FaultCode): void {
    this.sent ||= code !== 'connect_failed' && code !== 'connect_timeout'
    this.over = true
    this.receiver.onFault(makeFault(code, 'as the test wants it', this.sent))
  }
}

export interface Going {
  readonly exchange: Exchange
  readonly reply: MemoryReply
  readonly outcomes: readonly ModelOutcome[]
}

interface Wanted {
  readonly choose?: Tier['choose']
  readonly more?: Partial<ModelMission>
}

/** Rolls zeros: the first of those alike, and half of a wait. */
const zeros: Dice = { hex: (bytes) => '0'.repeat(bytes * 2) }

/** Rows as `models.providers` has them; all of them are played by the test. */
export class ModelKit {
  readonly clock = new ManualClock()
  readonly wheel = new Wheel(this.clock, { tick_ms: 10, slots: 64 })
  readonly told: string[] = []
  readonly wires: ScriptedWire[] = []
  readonly places = new ModelPlaces(this.clock, {
    onEjected: (id, model) => void this.told.push(`ejected ${id}/${model}`),
    onRetried: (id, how) => void this.told.push(`retried ${id} ${how}`),
    onKeyRefused: (id, place, why) => void this.told.push(`key ${id} ${place} ${why}`),
  })
  readonly #relay: ModelRelay
  models: ModelsSettings

  constructor(rows: Readonly<Record<string, object>>, dice: Dice = zeros) {
    this.models = this.configure(rows)
    const fake = {
      send: (request: Outbound, receiver: Receiver): Wire => {
        const wire = new ScriptedWire(request, receiver)
        this.wires.push(wire)
        return wire
      },
    }
    const transport = new Transport(patient, this.wheel)
    const bench = { transport, wheel: this.wheel, clock: this.clock, settings: patient }
    this.#relay = new ModelRelay(bench, { places: this.places, fake, dice })
  }

  /** As a reload does. */
  configure(rows: Readonly<Record<string, object>>): ModelsSettings {
    this.models = settingsOf(Object.fromEntries(Object.entries(rows).map(([id, row]) => [id, { api: 'fake', ...row }])))
    this.places.use(this.models)
    return this.models
  }

  get last(): ScriptedWire {
    const last = this.wires.at(-1)
    if (!last) throw new Error('nobody was asked')
    return last
  }

  /** The places that were asked, in order. */
  get asked(): readonly string[] {
    return this.wires.map(({ place }) => place)
  }

  missionTo(tiers: readonly (readonly string[])[], { choose = 'weight', more = {} }: Wanted = {}): ModelMission {
    const rows = tiers.map((tier) => ({ choose, candidates: tier.map((written) => this.#candidate(written)) }))
    const body: ModelMission['body'] = ({ provider, model }) => Buffer.from(`${provider.id}/${model}`)
    return { ...missionOf(rows), body, ...more }
  }

  /** Each tier is a list of places: `first/gpt`, `first/gpt*3` for a share. */
  send(tiers: readonly (readonly string[])[], wanted: Wanted = {}): Going {
    return this.carry(this.missionTo(tiers, wanted))
  }

  carry(mission: ModelMission, reply = new MemoryReply()): Going {
    const outcomes: ModelOutcome[] = []
    const done = (outcome: ModelOutcome): void => void outcomes.push(outcome)
    const permit = issuePermit({ policies: [], policyHash: '' })
    return { exchange: this.#relay.send(permit, mission, { reply, done }), reply, outcomes }
  }

  pass(by_ms: number): void {
    this.clock.advance(by_ms)
    this.wheel.turn()
  }

  #candidate(written: string): Tier['candidates'][number] {
    const [, id = '', model = '', weight = '1'] = /^([^/]+)\/([^*]+)(?:\*(\d+))?$/.exec(written) ?? []
    const provider = this.models.providers.get(id)
    if (!provider) throw new Error(`no provider ${id}`)
    return { provider, model, weight: Number(weight) }
  }
}
