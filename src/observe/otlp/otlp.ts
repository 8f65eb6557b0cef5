/**
 * Telemetry leaves from here: entries of the ledger become spans and log records, snapshots of the metrics page become
 * metrics. It lives on the archive thread, hears entries that are durable, and never makes it wait: what the collector does
 * not take stays in bounded queues.
 */
import type { Clock, Millis } from '../../base/clock.ts'
import type { CallRecord, LedgerEntry, Numbered, RunEntry } from '../../domain/record.ts'
import type { Snapshot } from '../metrics.ts'
import { type Exporters, openExporters } from './exporters.ts'
import { logOf, type SeqLog } from './logs.ts'
import { metricRequest } from './metric-data.ts'
import { SignalNumbers } from './numbers.ts'
import { readPosition, writePosition } from './position.ts'
import { RecordHistograms } from './record-histograms.ts'
import { sourceOf, type Source } from './resource.ts'
import { KnownRuns } from './runs.ts'
import type { OtlpSetup } from './setup.ts'
import { Shipper } from './shipper.ts'
import { hopSpan, runSpan, type SeqSpan } from './spans.ts'
import { isSampled, placed, spanOfHop, spanOfRun, type TraceOfRun, traceOfStray } from './trace-place.ts'

export interface OtlpWorld {
  readonly clock: Clock
  /**
   * Reads back entries that an earlier process made durable, from one number up to but without another, in batches. Absent:
   * what was not sent before a stop is not sent.
   */
  readonly missed?: (from: number, before: number) => AsyncIterable<readonly Numbered[]>
  /** Default: those of the setup. */
  readonly exporters?: Exporters
  /** See `Shipper`. */
  readonly backoff_ms?: readonly [first: number, last: number]
}

/** A listener of the archive thread, by its shape. */
export interface Otlp {
  readonly name: 'otlp'
  entries(batch: readonly Numbered[]): void
  /** Sends the newest numbers in place of those that were not sent yet. */
  metrics(snapshot: Snapshot): void
  tick(now: Millis): void
  close(): Promise<void>
}

/** Open runs whose sums are kept. */
const runs_max = 20_000
/** How long a stop waits for the collector. */
const close_ms = 5000
/** More than this is not made up for after a restart. Unit: entries. */
const missed_max = 100_000
/** How often the queues are looked at for room while what was missed is made up for. */
const roomPoll_ms = 50
const missedRoom = 4096

export function openOtlp(setup: OtlpSetup, world: OtlpWorld): Otlp {
  return new Exporting(setup, world)
}

class Exporting implements Otlp {
  readonly name = 'otlp'
  readonly #setup: OtlpSetup
  readonly #world: OtlpWorld
  readonly #source: Source
  readonly #exporters: Exporters
  readonly #runs: KnownRuns
  readonly #histograms = new RecordHistograms()
  readonly #traces: Shipper<SeqSpan>
  readonly #logs: Shipper<SeqLog>
  readonly #metricNumbers: SignalNumbers
  readonly #openedAt: Millis
  /** Up to here everything was sent by an earlier process. */
  readonly #before: number | null
  /** The last entry that was heard; null before the first. */
  #heard: number | null = null
  #written = -1
  #missing: Promise<void> | null = null
  /** The first entry of an earlier process that is still to be made up for; null where none is. */
  #owed: number | null = null
  #measuring: Promise<void> | null = null
  #closed = false

  constructor(setup: OtlpSetup, world: OtlpWorld) {
    this.#setup = setup
    this.#world = world
    this.#source = sourceOf(setup)
    this.#openedAt = world.clock.now()
    this.#exporters = world.exporters ?? openExporters(setup)
    const exporters = this.#exporters
    const common = { queue_max: setup.queue_max, close_ms, ...(world.backoff_ms && { backoff_ms: world.backoff_ms }) }
    this.#traces = new Shipper({
      ...common,
      numbers: new SignalNumbers(setup.numbers, 'traces'),
      send: (items) => exporters.traces(items.map(({ span }) => span)),
    })
    this.#logs = new Shipper({
      ...common,
      numbers: new SignalNumbers(setup.numbers, 'logs'),
      send: (items) => exporters.logs(items.map(({ log }) => log)),
    })
    this.#metricNumbers = new SignalNumbers(setup.numbers, 'metrics')
    this.#runs = new KnownRuns(setup.join, runs_max)
    const position = readPosition(setup.path)
    this.#before = position?.seq ?? null
    this.#runs.restore(position?.joined ?? [])
  }

  entries(batch: readonly Numbered[]): void {
    const first = batch[0]
    if (first && this.#heard === null) this.#makeUp(first.seq)
    for (const each of batch) {
      this.#take(each, true)
      this.#heard = each.seq
    }
  }

  metrics(snapshot: Snapshot): void {
    if (!this.#setup.signals.metrics || this.#measuring || this.#closed) return
    const families = [...snapshot.families, ...this.#histograms.snapshot()]
    const { metrics, points } = metricRequest(this.#source, { ...snapshot, families })
    this.#measuring = this.#exporters.metrics(metrics).then((sent) => {
      this.#measuring = null
      if (sent === 'sent') return this.#metricNumbers.add('sent', points)
      this.#metricNumbers.add('failed')
      // The next snapshot holds all that this one did.
      return sent === 'refused' ? this.#metricNumbers.add('dropped', points) : undefined
    })
  }

  tick(_now: Millis): void {
    this.#traces.flush()
    this.#logs.flush()
    this.#keepPosition()
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#missing
    await Promise.all([this.#traces.close(), this.#logs.close(), this.#measured()])
    this.#keepPosition()
    await Promise.race([this.#exporters.close(), sleep(close_ms)])
  }

  async #measured(): Promise<void> {
    if (this.#measuring) await Promise.race([this.#measuring, sleep(close_ms)])
  }

  /** What earlier processes left behind, beside what comes now: a tree is whole in the end, in whatever order. */
  #makeUp(first: number): void {
    const { missed } = this.#world
    if (!missed || this.#before === null || this.#before + 1 >= first) return
    const from = Math.max(this.#before + 1, first - missed_max)
    this.#owed = from
    this.#missing = this.#readMissed(missed(from, first)).finally(() => (this.#missing = null))
  }

  async #readMissed(batches: AsyncIterable<readonly Numbered[]>): Promise<void> {
    try {
      for await (const batch of batches) {
        while (!this.#closed && Math.min(this.#traces.room, this.#logs.room) < missedRoom) await sleep(roomPoll_ms)
        if (this.#closed) return
        for (const each of batch) this.#take(each, false)
        this.#owed = (batch.at(-1)?.seq ?? this.#owed ?? 0) + 1
      }
    } catch {
      // Telemetry is best effort: what cannot be read is not sent.
    }
    this.#owed = null
  }

  #take({ seq, entry }: Numbered, isLive: boolean): void {
    // An index that is made anew hears old entries again; those of this process are never old.
    if (isLive && entry.ts < this.#openedAt && seq <= (this.#before ?? Number.POSITIVE_INFINITY)) return
    if (entry.kind === 'run') this.#takeRun(entry, seq)
    else if (entry.kind === 'call') this.#takeCall(entry, seq, isLive)
    else this.#log(entry, seq, 'run' in entry ? entry.run : null)
  }

  #takeRun(entry: RunEntry, seq: number): void {
    if (entry.event === 'opened') return this.#runs.open(entry)
    if (entry.event === 'tainted') this.#runs.taint(entry)
    this.#log(entry, seq, entry.run)
    if (entry.event === 'tainted') return undefined
    const trace = this.#runs.traceOf(entry.run)
    const { user_id } = this.#setup
    const known = this.#runs.find(entry.run)
    if (this.#sends(trace)) this.#traces.push(runSpan(this.#source, entry, { seq, trace, user_id, known }))
    return this.#runs.end(entry.run)
  }

  #takeCall(record: CallRecord, seq: number, isLive: boolean): void {
    this.#runs.count(record)
    if (isLive) this.#histograms.take(record)
    const trace = this.#traceOf(record)
    const { user_id } = this.#setup
    if (this.#sends(trace)) this.#traces.push(hopSpan(this.#source, record, { seq, trace, user_id }))
    this.#log(record, seq, record.run)
  }

  #traceOf({ run, rid }: CallRecord): TraceOfRun {
    return run === null ? traceOfStray(rid) : this.#runs.traceOf(run)
  }

  #sends({ traceId }: TraceOfRun): boolean {
    return this.#setup.signals.traces && isSampled(traceId, this.#setup.sample_ratio)
  }

  #log(entry: LedgerEntry, seq: number, run: CallRecord['run']): void {
    if (!this.#setup.signals.logs) return
    const { user_id } = this.#setup
    const log = logOf(this.#source, entry, { seq, user_id, at: this.#spanOf(entry, run) })
    if (log) this.#logs.push(log)
  }

  /** The span of the hop it is about, else of its run. */
  #spanOf(entry: LedgerEntry, run: CallRecord['run']) {
    if (entry.kind === 'call') return placed(this.#traceOf(entry).traceId, spanOfHop(entry.rid))
    if (run === null) return null
    const { traceId } = this.#runs.traceOf(run)
    return placed(traceId, entry.kind === 'approval' ? spanOfHop(entry.rid) : spanOfRun(run))
  }

  /** The last entry before the oldest that waits or is still to be made up for. */
  #keepPosition(): void {
    if (this.#heard === null) return
    const waits = [this.#traces.oldest, this.#logs.oldest, this.#owed].filter((seq) => seq !== null)
    const seq = Math.min(this.#heard, ...waits.map((each) => each - 1))
    if (seq === this.#written) return
    if (writePosition(this.#setup.path, { seq, joined: this.#runs.joined })) this.#written = seq
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
