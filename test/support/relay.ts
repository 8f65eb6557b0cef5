/** A relay on real sockets with deadlines short enough for tests. */
import { systemClock } from '../../src/base/clock.ts'
import { Wheel } from '../../src/base/wheel.ts'
import type { Call } from '../../src/domain/call.ts'
import { type Exchange, type ExchangeOutcome, type RelaySettings, upstreamAt } from '../../src/relay/exchange.ts'
import { Relay } from '../../src/relay/relay.ts'
import { Transport, type TransportSettings } from '../../src/relay/transport.ts'
import { callOf, hopOf } from './hop.ts'
import { MemoryReply } from './reply.ts'

const patient: RelaySettings & TransportSettings = {
  connect_ms: 2000,
  first_byte_ms: 5000,
  idle_ms: 5000,
  stall_ms: 5000,
  heartbeat_ms: 5000,
  answer_bytes: 1_048_576,
  event_bytes: 262_144,
  stream_buffer_bytes: 65_536,
  connections: 64,
  header_bytes: 16_384,
}

export interface Trial {
  readonly exchange: Exchange
  readonly reply: MemoryReply
  readonly outcome: Promise<ExchangeOutcome>
}

export class RelayBench {
  readonly wheel = new Wheel(systemClock, { tick_ms: 5, slots: 256 })
  readonly relay: Relay
  readonly #transport: Transport
  /** Told before anything of an answer is handed on. */
  onAnswer: () => void = () => undefined

  constructor(settings: Partial<RelaySettings & TransportSettings> = {}) {
    const all = { ...patient, ...settings }
    this.#transport = new Transport(all, this.wheel)
    this.relay = new Relay({ transport: this.#transport, wheel: this.wheel, clock: systemClock, settings: all })
  }

  unary(url: string, fields: Partial<Call> = {}): Omit<Trial, 'reply'> {
    const { promise, resolve } = Promise.withResolvers<ExchangeOutcome>()
    const hop = hopOf(callOf({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params: {} }, fields))
    return { exchange: this.relay.sendUnary(hop, this.#errandTo(url), resolve), outcome: promise }
  }

  stream(url: string, fields: Partial<Call> = {}, reply = new MemoryReply()): Trial {
    const { promise, resolve } = Promise.withResolvers<ExchangeOutcome>()
    const asked = { operation: 'stream', method: 'SendStreamingMessage', ...fields } as const
    const hop = hopOf(callOf({ jsonrpc: '2.0', id: 1, method: asked.method, params: {} }, asked))
    return { exchange: this.relay.sendStream(hop, this.#errandTo(url), reply, resolve), reply, outcome: promise }
  }

  #errandTo(url: string): Parameters<Relay['sendUnary']>[1] {
    return { ...errandTo(url), onAnswer: () => this.onAnswer() }
  }

  async stop(): Promise<void> {
    this.wheel.stop()
    await this.#transport.close()
  }
}

function errandTo(url: string): Parameters<Relay['sendUnary']>[1] {
  const upstream = upstreamAt(url, [['X-Api-Key', 'operator-secret']], ['1.0', '0.3'])
  const headers = [['traceparent', '00-aa-bb-01']] as const
  return { upstream, delivery: 'delivery-token', credential: [], headers, standing: () => null }
}

/** Waits until `holds`, at most five seconds. */
export async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries += 1) {
    if (tries > 1000) throw new Error('it never happened')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** The JSON of every event in a transcript. */
export function eventsIn(text: string): readonly unknown[] {
  return text
    .split('\n\n')
    .filter((event) => event.startsWith('data: '))
    .map((event): unknown => JSON.parse(event.slice(6)))
}
