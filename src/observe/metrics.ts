/**
 * A small registry of counters, gauges and duration histograms. Each owner declares its metrics as a table; every
 * label has a known set of values, so the number of series is bounded by construction. A child is looked up once and
 * kept: recording is then an addition.
 */
import { assert } from '../base/assert.ts'
import { DurationHistogram } from './histogram.ts'

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

/** A number that is added to, set, or read from its owner when the page is written. */
export interface Cell {
  add(by?: number): void
  set(value: number): void
  /** The owner keeps the number; it is asked when the page is written. */
  readFrom(owner: () => number): void
  readonly value: number
}

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

  /** The page in the Prometheus text format 0.0.4. */
  render(): string {
    return this.#families.map((family) => family.render()).join('')
  }

  #know(label: Configured, values: Iterable<string>): void {
    this.#configured.set(label, new Set([...values].slice(0, childrenMax)))
    for (const family of this.#families) family.forgetAsked()
  }
}

class SomeFamily implements Family<string, Cell | DurationHistogram> {
  readonly #row: MetricRow
  readonly #knows: (label: Configured, value: string) => boolean
  readonly #children = new Map<string, Cell | DurationHistogram>()
  readonly #labels: readonly string[]
  /** The children by what they were asked for with, before it was bounded: most are asked for over and over. */
  readonly #asked = new Map<string, Cell | DurationHistogram>()

  constructor(row: MetricRow, knows: (label: Configured, value: string) => boolean) {
    this.#row = row
    this.#knows = knows
    this.#labels = Object.keys(row.labels)
    if (Object.keys(row.labels).length === 0) this.child({})
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

  #find(labels: Readonly<Record<string, string>>): Cell | DurationHistogram {
    const values = Object.entries(this.#row.labels).map(([name, known]): readonly [string, string] => {
      return [name, this.#bounded(labels[name] ?? '', known)]
    })
    let key = labelText(values)
    let child = this.#children.get(key)
    if (child) return child
    if (this.#children.size >= childrenMax) {
      key = labelText(values.map(([name]) => [name, 'other']))
      child = this.#children.get(key)
    }
    child ??= this.#row.type === 'histogram' ? new DurationHistogram() : new NumberCell()
    this.#children.set(key, child)
    return child
  }

  #bounded(value: string, known: LabelValues): string {
    if (known === 'ours') return value
    const fits = typeof known === 'string' ? this.#knows(known, value) : known.includes(value)
    return fits ? value : 'other'
  }

  render(): string {
    const { name, help, type } = this.#row
    const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`]
    for (const [labels, child] of this.#children) {
      if (child instanceof DurationHistogram) lines.push(...histogramLines(name, labels, child))
      else lines.push(`${name}${labels === '' ? '' : `{${labels}}`} ${numberText(child.value)}`)
    }
    return `${lines.join('\n')}\n`
  }
}

class NumberCell implements Cell {
  #value = 0
  #owner: (() => number) | null = null

  add(by = 1): void {
    this.#value += by
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

function histogramLines(name: string, labels: string, histogram: DurationHistogram): readonly string[] {
  const before = labels === '' ? '' : `${labels},`
  const around = labels === '' ? '' : `{${labels}}`
  return [
    ...histogram.buckets().map(({ le, count }) => `${name}_bucket{${before}le="${numberText(le)}"} ${count}`),
    `${name}_sum${around} ${numberText(histogram.sum_s)}`,
    `${name}_count${around} ${histogram.count}`,
  ]
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (Number.isFinite(value)) return String(value)
  return value > 0 ? '+Inf' : '-Inf'
}

/** `plane="a2a",agent="research"`, values escaped as the format asks. */
function labelText(values: readonly (readonly [name: string, value: string])[]): string {
  return values.map(([name, value]) => `${name}="${escape(value)}"`).join(',')
}

function escape(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
