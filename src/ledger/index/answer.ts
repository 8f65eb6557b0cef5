/** Answers questions on the query thread, over the file that stands there now: one that was made anew is opened anew. */
import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../base/clock.ts'
import { type AskRefused, isAskRefused, type Queries, type QuestionName, refuseAsk } from './contract.ts'
import { type People, withPeople } from './named.ts'
import { openQueries } from './queries.ts'
import { openForReading } from './store.ts'

export interface AskOrder {
  readonly id: number
  readonly name: QuestionName
  readonly asked: unknown
  /** Milliseconds since the epoch; later nobody waits for the answer. */
  readonly until: number
}

export interface AskAnswer {
  readonly id: number
  readonly answer: { readonly kind: 'json'; readonly text: string } | AskRefused
}

/** Longest answer, in characters. */
const text_max = 134_217_728

export class Answerer {
  readonly #path: string
  readonly #clock: Clock
  readonly #people: People
  #open: { readonly base: DatabaseSync; readonly queries: Queries; readonly inode: bigint } | null = null

  constructor(path: string, clock: Clock, people: People) {
    this.#path = path
    this.#clock = clock
    this.#people = people
  }

  /** Never throws. */
  answer({ id, name, asked, until }: AskOrder): AskAnswer {
    if (this.#clock.now() > until) return { id, answer: refuseAsk('busy', 'too many questions were asked at once') }
    try {
      const question = this.#opened().queries[name] as (asked: unknown) => unknown
      const found = question(asked)
      if (isAskRefused(found)) return { id, answer: found }
      const text = JSON.stringify(found)
      if (text.length > text_max) return { id, answer: refuseAsk('too_long', 'the answer is too long; ask for less') }
      return { id, answer: { kind: 'json', text } }
    } catch (error) {
      this.close()
      const why = error instanceof Error ? error.message : String(error)
      return { id, answer: refuseAsk('unavailable', `the runs index cannot be read: ${why}`) }
    }
  }

  close(): void {
    const opened = this.#open
    this.#open = null
    try {
      opened?.base.close()
    } catch {
      // It is closed all the same.
    }
  }

  #opened() {
    const inode = statSync(this.#path, { bigint: true }).ino
    if (this.#open?.inode === inode) return this.#open
    this.close()
    const base = openForReading(this.#path)
    this.#open = { base, inode, queries: withPeople(openQueries(base, { clock: this.#clock }), this.#people) }
    return this.#open
  }
}
