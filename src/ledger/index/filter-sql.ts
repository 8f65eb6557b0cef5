/**
 * A filter as a condition of SQL. Values are bound and never written into the text; what a row lacks fits no test, so that
 * its negation does, as in `filter-match.ts`.
 */
import type { Filter, FilterField, FilterTest } from '../../domain/filter.ts'
import { type AskRefused, refuseAsk } from './contract.ts'

export interface Condition {
  readonly text: string
  readonly values: readonly (string | number)[]
}

/** What a table has for a field: an expression, or rows elsewhere of which any may fit. `@` stands for what is compared. */
export type FieldSql = { readonly column: string } | { readonly any: string }
export type FieldTable = { readonly [Field in FilterField]: FieldSql | null }

const kindOf = `substr(target, 1, instr(target, ':') - 1)`

export const hopFields: FieldTable = {
  run: { any: '(run_n IS NOT NULL AND run_n IN (SELECT n FROM runs WHERE @id))' },
  hop: { column: 'id' },
  agent: { column: 'agent' },
  person: { column: 'person' },
  root: { any: '(run_n IS NOT NULL AND run_n IN (SELECT n FROM runs WHERE @root))' },
  target: { column: 'target' },
  method: { column: 'method' },
  kind: { column: kindOf },
  decision: { column: 'decision' },
  code: { column: 'code' },
  rule: { column: 'rule' },
  status: { column: 'status' },
  depth: { column: 'depth' },
  laps: { column: 'laps' },
  tokens: { column: 'tokens' },
  cost: { column: 'cost_micros' },
  ms: { column: 'ms' },
  since: { column: 'at' },
  until: { column: 'at' },
}

/** Of a run, `agent` is its root or any that called in it, `target` any that was called, and its time that of its last entry. */
export const runFields: FieldTable = {
  run: { column: 'id' },
  hop: { any: 'n IN (SELECT run_n FROM hops WHERE run_n IS NOT NULL AND @id)' },
  agent: { any: '(@root OR EXISTS (SELECT 1 FROM edges WHERE run_n = n AND @from_agent))' },
  person: { column: 'person' },
  root: { column: 'root' },
  target: { any: 'EXISTS (SELECT 1 FROM edges WHERE run_n = n AND @to_target)' },
  method: null,
  kind: null,
  decision: null,
  code: { column: 'halt_code' },
  rule: null,
  status: { column: 'state' },
  depth: { column: 'depth_max' },
  laps: { column: 'laps' },
  tokens: { column: 'tokens' },
  cost: { column: 'cost_micros' },
  ms: { column: '(last_at - started_at)' },
  since: { column: 'last_at' },
  until: { column: 'last_at' },
}

/** No constants: with those SQLite plans without the index that it is told to use. Keys are greater than 0. */
const always = 'n > 0'
const never = 'n < 0'

/** Tests and levels that a statement of SQLite takes with a wide margin. */
const tests_max = 200
const levels_max = 64
const like_max = 1000

export function conditionOf(filter: Filter, fields: FieldTable): Condition | AskRefused {
  const writer = new Writer(fields)
  const text = writer.write(filter, 0)
  if (writer.problem !== null) return refuseAsk('bad_filter', writer.problem)
  return { text, values: writer.values }
}

class Writer {
  readonly values: (string | number)[] = []
  problem: string | null = null
  #tests = 0
  readonly #fields: FieldTable

  constructor(fields: FieldTable) {
    this.#fields = fields
  }

  write(filter: Filter, level: number): string {
    if (level > levels_max) return this.#refuse(`the filter has more than ${levels_max} levels`)
    switch (filter.kind) {
      case 'all':
      case 'any': {
        if (filter.of.length === 0) return filter.kind === 'all' ? always : never
        const word = filter.kind === 'all' ? ' AND ' : ' OR '
        return `(${filter.of.map((each) => this.write(each, level + 1)).join(word)})`
      }
      case 'not':
        return `NOT ${this.write(filter.of, level + 1)}`
      case 'test':
        return this.#test(filter)
    }
  }

  #test({ field, test, value }: Extract<Filter, { kind: 'test' }>): string {
    this.#tests += 1
    if (this.#tests > tests_max) return this.#refuse(`the filter has more than ${tests_max} tests`)
    if (!Object.hasOwn(this.#fields, field)) return this.#refuse(`there is no field ${String(field)}`)
    const sql = this.#fields[field]
    if (!sql) return never
    if ('column' in sql) return this.#compare(sql.column, test, value)
    return sql.any.replaceAll(/@(\w+)/g, (_, column: string) => this.#compare(column, test, value))
  }

  #compare(column: string, test: FilterTest, value: string | number): string {
    if (test === 'is') {
      this.values.push(value)
      return `${column} IS ?`
    }
    if (test === 'like') {
      const pattern = globOf(String(value))
      if (pattern.length > like_max) return this.#refuse(`a pattern is longer than ${like_max} characters`)
      this.values.push(pattern)
      return `(${column} IS NOT NULL AND ${column} GLOB ?)`
    }
    if (typeof value !== 'number' || !Object.hasOwn(orders, test)) return never
    this.values.push(value)
    // Texts are never less or more than numbers; SQLite thinks otherwise.
    return `(typeof(${column}) IN ('integer', 'real') AND ${column} ${orders[test]} ?)`
  }

  #refuse(problem: string): string {
    this.problem ??= problem
    return never
  }
}

const orders: Readonly<Record<Exclude<FilterTest, 'is' | 'like'>, string>> = {
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
}

/** `*` stands for anything; the other signs of GLOB stand for themselves. */
export function globOf(pattern: string): string {
  return pattern.replaceAll(/[?[]/g, '[$&]').replaceAll(/\*+/g, '*')
}
