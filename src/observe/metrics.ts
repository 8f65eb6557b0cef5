/**
 * A small registry of counters, gauges and duration histograms. Each owner declares its metrics as a table; every
 * label has a known set of values, so the number of series is bounded by construction. A child is looked up once and
 * kept: recording is then an addition.
 */
import { assert } from '../base/assert.ts'
import type { Millis } from '../base/clock.ts'
import type { RunId } from '../domain/ids.ts'
import { DurationHistogram, type Exemplar } from './histogram.ts'
import { openMetricsFamily, textFamily } from './metrics-text.ts'
import type { Cell, Series } from './series.ts'

/**
 * The values a label may have: a list, `agent` for the slugs of registered agents, `provider` and `model` for those of
 * models that the configuration names, or `ours` for texts that our own code chooses. Anything else is counted as `other`.
 */
type LabelValues = readonly string[] | Configured | 'ours'
type Configured = 'agent' | 'provider' | 'model'

interface MetricRow {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly name: string
  readonly help: string
  readonly labels: Readonly<Record<string, LabelValues>>
}

export type MetricTable = Readonly<Record<string, MetricRow>>

interface Family<Labels extends string, Child> {
  /** The series with these label values. Look it up once and keep it where calls are frequent. */
  child(labels: Readonly<Record<Labels, string>>): Child
}

type LabelsOf<Row extends MetricRow> = Extract<keyof Row['labels'], string>
type ChildOf<Row extends MetricRow> = Row['type'] extends 'histogram' ? DurationHistogram : Cell

/** What a table becomes: the same names, each with its family. */
export type Declared<Table extends MetricTable> = {
  readonly [Name in keyof Table]: Family<LabelsOf<Table[Name]>, ChildOf<Table[Name]>>
}

/** All numbers of one moment as plain data, for another thread. Counters and histograms count from `since` on. */
export interface Snapshot {
  readonly since: Millis
  readonly at: Millis
  readonly families: readonly SnapshotFamily[]
}

export interface SnapshotFamily {
  readonly name: string
  readonly help: string
  readonly type: MetricRow['type']
  /** As UCUM has it: `s`, or `1` for what is counted. */
  readonly unit: string
  readonly points: readonly SnapshotPoint[]
}

/** One of `value` and `histogram`. */
interface SnapshotPoint {
  readonly labels: Readonly<Record<string, string>>
  readonly value?: number
  readonly histogram?: {
    readonly bounds: readonly number[]
    /** Of each bucket alone, one more than bounds. */
    readonly counts: readonly number[]
    readonly sum: number
    readonly count: number
  }
}

/** Most series one metric may have; past it everything is `other`. */
const childrenMax = 2000

export class Registry {
  readonly #families: SomeFamily[] = []
  readonly #names = new Set<string>()
  readonly #configured = new Map<Configured, ReadonlySet<string>>()

  /** The slugs that may be values of an `agent` label from now on; the first `childrenMax` of them. */
  knowAgents(slugs: Iterable<string>): void {
    this.#know('agent', slugs)
  }

  /** The same for providers of models, and for models by the names their providers have for them. */
  knowModels(names: { readonly providers: Iterable<string>; readonly models: Iterable<string> }): void {
    this.#know('provider', names.providers)
    this.#know('model', names.models)
  }

  declare<const Table extends MetricTable>(table: Table): Declared<Table> {
    const entries = Object.entries(table).map(([key, row]) => {
      assert(!this.#names.has(row.name), `the metric ${row.name} is declared once`)
      this.#names.add(row.name)
      const family = new SomeFamily(row, (label, value) => this.#configured.get(label)?.has(value) === true)
      this.#families.push(family)
      return [key, family]
    })
    return Object.fromEntries(entries) as Declared<Table>
  }

  /** The page in the Prometheus text format 0.0.4, or in OpenMetrics 1.0, which has examples of runs beside the numbers. */
  render(format: 'text' | 'openmetrics' = 'text'): string {
    if (format === 'text') return this.#families.map(({ row, series }) => textFamily(row, series)).join('')
    return `${this.#families.map(({ row, series }) => openMetricsFamily(row, series)).join('')}# EOF\n`
  }

  /** The same numbers as data; as many as there are series. */
  snapshot(): readonly SnapshotFamily[] {
    return this.#families.map(({ row: { name, help, type }, series }) => {
      const unit = name.endsWith('_seconds') ? 's' : '1'
      return { name, help, type, unit, points: series.map(pointOf) }
    })
  }

  #know(label: Configured, values: Iterable<string>): void {
    this.#configured.set(label, new Set([...values].slice(0, childrenMax)))
    for (const family of this.#families) family.forgetAsked()
  }
}

function pointOf({ labels, child }: Series): SnapshotPoint {
  const of = Object.fromEntries(labels)
  if (!(child instanceof DurationHistogram)) return { labels: of, value: child.value }
  const buckets = child.buckets()
  const counts = buckets.map(({ count }, place) => count - (buckets[place - 1]?.count ?? 0))
  const bounds = buckets.slice(0, -1).map(({ le }) => le)
  return { labels: of, histogram: { bounds, counts, sum: child.sum_s, count: child.count } }
}

class SomeFamily implements Family<string, Cell | DurationHistogram> {
  readonly row: MetricRow
  readonly #knows: (label: Configured, value: string) => boolean
  readonly #children = new Map<string, Series>()
  readonly #labels: readonly string[]
  /** The children by what they were asked for with, before it was bounded: most are asked for over and over. */
  readonly #asked = new Map<string, Cell | DurationHistogram>()

  constructor(row: MetricRow, knows: (label: Configured, value: string) => boolean) {
    this.row = row
    this.#knows = knows
    this.#labels = Object.keys(row.labels)
    if (Object.keys(row.labels).length === 0) this.child({})
  }

  get series(): readonly Series[] {
    return [...this.#children.values()]
  }

  child(labels: Readonly<Record<string, string>>): Cell | DurationHistogram {
    const asked = this.#askedWith(labels)
    const known = this.#asked.get(asked)
    if (known) return known
    const child = this.#find(labels)
    if (this.#asked.size < childrenMax) this.#asked.set(asked, child)
    return child
  }

  /** Other names are known by now: what was `other` may be a child of its own. */
  forgetAsked(): void {
    this.#asked.clear()
  }

  /** Lengths stand before the values, so that no two lists of them are one text. */
  #askedWith(labels: Readonly<Record<string, string>>): string {
    let text = ''
    for (const name of this.#labels) {
      const value = labels[name] ?? ''
      text += `${value.length} ${value}`
    }
    return text
  }

  #find(given: Readonly<Record<string, string>>): Cell | DurationHistogram {
    let labels = Object.entries(this.row.labels).map(([name, known]): readonly [string, string] => {
      return [name, this.#bounded(given[name] ?? '', known)]
    })
    const known = this.#children.get(JSON.stringify(labels))
    if (known) return known.child
    if (this.#children.size >= childrenMax) labels = labels.map(([name]) => [name, 'other'])
    const key = JSON.stringify(labels)
    const made =
      this.#children.get(key)?.child ?? (this.row.type === 'histogram' ? new DurationHistogram() : new NumberCell())
    this.#children.set(key, { labels, child: made })
    return made
  }

  #bounded(value: string, known: LabelValues): string {
    if (known === 'ours') return value
    const fits = typeof known === 'string' ? this.#knows(known, value) : known.includes(value)
    return fits ? value : 'other'
  }
}

class NumberCell implements Cell {
  exemplar: Exemplar | undefined
  #value = 0
  #owner: (() => number) | null = null

  add(by = 1): void {
    this.#value += by
  }

  addIn(run: RunId, by: number, at: Millis): void {
    this.#value += by
    this.exemplar = { run, value: by, at }
  }

  set(value: number): void {
    this.#value = value
  }

  readFrom(owner: () => number): void {
    this.#owner = owner
  }

  get value(): number {
    return this.#owner ? this.#owner() : this.#value
  }
}
