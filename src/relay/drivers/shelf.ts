/** The artifacts of one ask: told piece by piece to whoever hears a stream, put together for whoever waits for the task. */
import type { JsonObject } from '../../base/json.ts'
import { makeFault } from '../wire/transport.ts'
import type { Course } from './framework.ts'
import { artifactEvent, type TaskIds } from './neutral.ts'

export class Shelf {
  readonly #course: Course
  /** Null tells nothing until it is asked for. */
  readonly #told: boolean
  readonly #bytes_max: number
  readonly #artifacts = new Map<string, JsonObject[]>()
  #size = 0

  constructor(course: Course, told: boolean, bytes_max: number) {
    this.#course = course
    this.#told = told
    this.#bytes_max = bytes_max
  }

  has(artifactId: string): boolean {
    return this.#artifacts.has(artifactId)
  }

  /** Goes on with an artifact, or begins it. */
  add(ids: TaskIds, artifactId: string, text: string): void {
    const known = this.#artifacts.get(artifactId)
    if (!this.#takes(artifactId, text.length)) return
    if (this.#told) {
      this.#artifacts.set(artifactId, [])
      const parts = [{ text }]
      return this.#course.say(artifactEvent(ids, { artifactId, parts, append: known !== undefined, last: false }))
    }
    if (known) known.push({ text })
    else this.#artifacts.set(artifactId, [{ text }])
  }

  /** The whole artifact, whatever was said of it before. */
  put(ids: TaskIds, artifactId: string, parts: readonly JsonObject[]): void {
    if (parts.length === 0 || !this.#takes(artifactId, JSON.stringify(parts).length)) return
    this.#artifacts.set(artifactId, this.#told ? [] : [...parts])
    if (this.#told) this.#course.say(artifactEvent(ids, { artifactId, parts, append: false, last: true }))
  }

  /** Everything that was kept; nothing where it was told. Pieces of text become one. */
  list(): readonly JsonObject[] {
    if (this.#told) return []
    return [...this.#artifacts].map(([artifactId, parts]) => ({ artifactId, parts: joined(parts) }))
  }

  /** What is told needs no memory; what is kept has a maximum, and so has the number of artifacts. */
  #takes(artifactId: string, size: number): boolean {
    if (this.#course.over) return false
    this.#size += this.#told ? 0 : size
    const crowded = !this.#artifacts.has(artifactId) && this.#artifacts.size >= artifacts_max
    if (this.#size <= this.#bytes_max && !crowded) return true
    this.#course.fault(makeFault('too_large', 'the artifacts of one task', true))
    return false
  }
}

/** More than any agent makes in one turn. */
const artifacts_max = 1024

function joined(parts: readonly JsonObject[]): readonly JsonObject[] {
  const out: JsonObject[] = []
  for (const part of parts) {
    const before = out.at(-1)
    if (typeof part['text'] === 'string' && typeof before?.['text'] === 'string') {
      out[out.length - 1] = { text: before['text'] + part['text'] }
    } else out.push(part)
  }
  return out
}
