/** What is counted while telemetry leaves: written by the thread that exports, read by the one that has the metrics page. */
import type { Declared, MetricTable, Registry } from '../metrics.ts'
import { type Signal, signals } from './signals.ts'

const counted = ['sent', 'dropped', 'failed', 'waiting'] as const
type Counted = (typeof counted)[number]

const words_bytes = 8

export function otlpNumbers(): SharedArrayBuffer {
  return new SharedArrayBuffer(signals.length * counted.length * words_bytes)
}

/** Counters of one signal over memory that threads share. */
export class SignalNumbers {
  readonly #cells: BigInt64Array
  readonly #first: number

  constructor(memory: SharedArrayBuffer, signal: Signal) {
    this.#cells = new BigInt64Array(memory)
    this.#first = signals.indexOf(signal) * counted.length
  }

  add(what: Exclude<Counted, 'waiting'>, by = 1): void {
    Atomics.add(this.#cells, this.#at(what), BigInt(by))
  }

  set waiting(count: number) {
    Atomics.store(this.#cells, this.#at('waiting'), BigInt(count))
  }

  read(what: Counted): number {
    return Number(Atomics.load(this.#cells, this.#at(what)))
  }

  #at(what: Counted): number {
    return this.#first + counted.indexOf(what)
  }
}

const table = {
  sent: {
    type: 'counter',
    name: 'weir_otlp_sent_total',
    help: 'Spans, metric points and log records that the collector took.',
    labels: { signal: signals },
  },
  dropped: {
    type: 'counter',
    name: 'weir_otlp_dropped_total',
    help: 'Spans, metric points and log records that were given up: the queue was full, or the collector refused them.',
    labels: { signal: signals },
  },
  failed: {
    type: 'counter',
    name: 'weir_otlp_failed_exports_total',
    help: 'Requests that the collector did not take, each after its retries.',
    labels: { signal: signals },
  },
  waiting: {
    type: 'gauge',
    name: 'weir_otlp_queue',
    help: 'Spans and log records that wait for the collector.',
    labels: { signal: ['traces', 'logs'] },
  },
} as const satisfies MetricTable

/** Puts them on the metrics page. */
export function declareOtlpMetrics(registry: Registry, memory: SharedArrayBuffer): void {
  const metrics: Declared<typeof table> = registry.declare(table)
  for (const signal of signals) {
    const numbers = new SignalNumbers(memory, signal)
    for (const what of ['sent', 'dropped', 'failed'] as const)
      metrics[what].child({ signal }).readFrom(() => numbers.read(what))
    if (signal !== 'metrics') metrics.waiting.child({ signal }).readFrom(() => numbers.read('waiting'))
  }
}
