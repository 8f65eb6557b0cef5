/**
 * The arguments of a call as Cedar values. A text is a String, a whole number a Long, a list a Set, an object a record. What
 * Cedar has no value for is an entity that nothing else equals, so that a rule which compares it is an error and never a
 * guess: `Weir::Json::"null"`, `Weir::Json::"99.5"`. Arguments with more than one reading have none here.
 */
import { isJsonObject, readJson } from '../base/json.ts'
import { fold } from '../base/json-shape.ts'
import type { ReadNames } from './reads-arguments.ts'
import { Entity, Failure, RecordValue, type Value } from './values.ts'

/** What may have to be compared on the main thread. Units: characters of the text, levels, values in all. */
const chars_max = 65_536
const depth_max = 16
const values_max = 1024

/** Names that Cedar's JSON takes for something else than a member: an argument cannot make itself an agent. */
const escapes: ReadonlySet<string> = new Set(['__entity', '__extn', '__expr'])

const noArguments = new RecordValue({})

/** The record that `context.args` is; `text` is JSON, null for none. `names` are those that policies read. */
export function readArguments(text: string | null, names: ReadNames): RecordValue | Failure {
  if (text === null) return noArguments
  if (text.length > chars_max) return new Failure(`its arguments are longer than ${chars_max} characters`)
  const read = readJson(text, depth_max)
  if (!read.ok) return new Failure(`its arguments are no single JSON value: ${read.reason}`)
  if (!isJsonObject(read.value)) return new Failure('its arguments are no object')
  return new Reader(names).record(read.value)
}

class Reader {
  readonly #names: ReadNames
  #left = values_max

  constructor(names: ReadNames) {
    this.#names = names
  }

  record(members: Readonly<Record<string, unknown>>): RecordValue | Failure {
    const fields: Record<string, Value> = {}
    for (const [name, member] of Object.entries(members)) {
      const wrong = this.#wrongName(name)
      if (wrong) return wrong
      const value = this.#value(member)
      if (value instanceof Failure) return value
      fields[name] = value
    }
    return new RecordValue(fields)
  }

  #value(json: unknown): Value | Failure {
    this.#left -= 1
    if (this.#left < 0) return new Failure(`its arguments hold more than ${values_max} values`)
    if (typeof json === 'boolean') return json
    if (typeof json === 'string') return json.isWellFormed() ? json : illFormed
    // A zero has no sign in Cedar.
    if (typeof json === 'number') return Number.isSafeInteger(json) ? json + 0 : other(String(json))
    if (Array.isArray(json)) return this.#set(json)
    return isJsonObject(json) ? this.record(json) : other('null')
  }

  #set(items: readonly unknown[]): Value | Failure {
    const values: Value[] = []
    for (const item of items) {
      const value = this.#value(item)
      if (value instanceof Failure) return value
      values.push(value)
    }
    return values
  }

  /** Whoever reads `Path` for `path` would do something else than was judged. */
  #wrongName(name: string): Failure | null {
    if (!name.isWellFormed()) return illFormed
    if (escapes.has(name)) return new Failure('its arguments have a member with a reserved name')
    const read = this.#names.get(fold(name))
    if (!read || read.has(name)) return null
    return new Failure(`its arguments have a second spelling of ${[...read].join(', ')}`)
  }
}

const illFormed = new Failure('its arguments hold text that is no Unicode')

function other(text: string): Entity {
  return new Entity('Weir::Json', text)
}
