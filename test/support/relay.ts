/** A relay on real sockets with deadlines short enough for tests. */
import { systemClock } from '../../src/base/clock.ts'
import { Wheel } from '../../src/base/wheel.ts'
import type { Call } from '../../src/domain/call.ts'
import type { Driver } from '../../src/relay/driver.ts'
import { openA2a } from '../../src/relay/drivers/a2a.ts'
import type { Exchange, ExchangeOutcome, RelaySettings, TaskWatch } from '../../src/relay/exchange.ts'
import { Relay } from '../../src/relay/relay.ts'
import { withPolling } from '../../src/relay/polling.ts'
import { Transport, type TransportSettings } from '../../src/relay/wire/transport.ts'
import { upstreamAt } from '../../src/relay/wire/upstream.ts'
import { callOf, claimOf, hopOf } from './hop.ts'
import { missionTo } from './mission.ts'
import { MemoryReply } from './reply.ts'

/** Waits longer than a test takes. */
export const patient: RelaySettings & TransportSettings = {
  connect_ms: 2000,
  first_byte_ms: 5000,
  idle_ms: 5000,
  stall_ms: 5000,
  heartbeat_ms: 5000,
  answer_bytes: 1_048_576,
  event_bytes: 262_144,
  stream_buffer_bytes: 65_536,
  stream_log_events: 256,
  stream_log_bytes: 1_048_576,
  watched_tasks: 100,
  recover_tries: 0,
  blocking_ms: 5000,
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
  /** What the road does about tasks. */
  watch: Partial<TaskWatch> = {}

  constructor(settings: Partial<RelaySettings & TransportSettings> = {}) {
    const all = { ...patient, ...settings }
    this.#transport = new Transport(all, this.wheel)
    this.relay = new Relay({ transport: this.#transport, wheel: this.wheel, clock: systemClock, settings: all })
  }

  unary(url: string, fields: Partial<Call> = {}): Omit<Trial, 'reply'> {
    const { promise, resolve } = Promise.withResolvers<ExchangeOutcome>()
    const hop = hopOf(callOf({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params: {} }, fields))
    const mission = missionTo(this.driverAt(url), hop.call, { watch: this.watch })
    return { exchange: this.relay.sendUnary(hop, mission, resolve), outcome: promise }
  }

  stream(url: string, fields: Partial<Call> = {}, reply = new MemoryReply()): Trial {
    const { promise, resolve } = Promise.withResolvers<ExchangeOutcome>()
    const asked = { operation: 'stream', method: 'SendStreamingMessage', ...fields } as const
    const hop = hopOf(callOf({ jsonrpc: '2.0', id: 1, method: asked.method, params: {} }, asked))
    const mission = missionTo(this.driverAt(url), hop.call, { watch: this.watch })
    return { exchange: this.relay.sendStream(hop, mission, reply, resolve), reply, outcome: promise }
  }

  /** One more reader of a task that was started before. */
  follow(url: string, taskId: string, rpcId = '7', reply = new MemoryReply()): Trial {
    const { promise, resolve } = Promise.withResolvers<ExchangeOutcome>()
    const asked = { operation: 'subscribe', method: 'SubscribeToTask', rpcId, taskId } as const
    const call = callOf({ jsonrpc: '2.0', id: 7, method: asked.method, params: { id: taskId } }, asked)
    const mission = missionTo(this.driverAt(url), call, { watch: this.watch })
    const exchange = this.relay.follow(claimOf(taskId), call, mission, { reply, done: resolve })
    return { exchange, reply, outcome: promise }
  }

  /** An agent that speaks both versions over JSON-RPC. */
  driverAt(url: string): Driver {
    const interfaces = (['1.0', '0.3'] as const).map((version) => ({ url: null, version, binding: 'jsonrpc' as const }))
    const upstream = upstreamAt(url, [['X-Api-Key', 'operator-secret']], interfaces)
    return withPolling(openA2a(upstream, this.relay.bench), this.relay.bench)
  }

  async stop(): Promise<void> {
    this.wheel.stop()
    await this.#transport.close()
  }
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
