/** Events that were given up. They are kept for whoever looks after the gateway, the newest before the oldest. */
import { readJsonObject } from '../../base/json.ts'
import { isAgentId } from '../../domain/ids.ts'
import type { Journal, Shelf } from '../journal.ts'
import type { Stored } from '../shelves.ts'
import { Weights } from '../weights.ts'
import type { DeadLetter } from './contract.ts'

export interface Buried extends DeadLetter {
  /** The number of its config. */
  readonly config: number
  readonly body: string
}

interface Grave {
  readonly no: number
  readonly buried: Buried
}

export class DeadLetters {
  readonly unreadable: number
  readonly #max: number
  readonly #shelf: Shelf
  readonly #byId = new Map<string, Grave>()
  readonly #byNo = new Map<number, Grave>()
  readonly #weights: Weights<Grave>

  constructor(max: number, chars_max: number, journal: Journal, stored: readonly Stored[]) {
    this.#max = max
    this.#weights = new Weights(chars_max)
    const numbers = stored.map(([no]) => no)
    this.#shelf = journal.open('push_dead', numbers, (no) => textOf(this.#byNo.get(no)))
    const read = stored.map(([no, text]) => ({ no, buried: readBuried(text) }))
    for (const { no, buried } of read)
      if (buried) this.#add({ no, buried })
      else this.#shelf.drop(no)
    this.unreadable = read.filter(({ buried }) => !buried).length
  }

  list(): readonly DeadLetter[] {
    return [...this.#byId.values()].map(({ buried }) => letterOf(buried)).toReversed()
  }

  find(id: string): Buried | null {
    return this.#byId.get(id)?.buried ?? null
  }

  bury(buried: Buried): void {
    const grave = { no: this.#shelf.next(), buried }
    this.#shelf.mark(grave.no)
    this.#add(grave)
  }

  remove(id: string): void {
    const grave = this.#byId.get(id)
    if (!grave) return
    this.#byId.delete(id)
    this.#byNo.delete(grave.no)
    this.#weights.set(grave, 0)
    this.#shelf.drop(grave.no)
  }

  #add(grave: Grave): void {
    this.remove(grave.buried.id)
    this.#byId.set(grave.buried.id, grave)
    this.#byNo.set(grave.no, grave)
    for (const heavy of this.#weights.set(grave, grave.buried.body.length + 1)) this.remove(heavy.buried.id)
    const [oldest] = this.#byId.keys()
    if (this.#byId.size > this.#max && oldest !== undefined) this.remove(oldest)
  }
}

function letterOf({ id, target, taskId, configId, seq, at, diedAt, reason }: Buried): DeadLetter {
  return { id, target, taskId, configId, seq, at, diedAt, reason }
}

function textOf(grave: Grave | undefined): string | null {
  return grave ? JSON.stringify(grave.buried) : null
}

function readBuried(text: string): Buried | null {
  const { id, target, taskId, configId, seq, at, diedAt, reason, config, body } = readJsonObject(text) ?? {}
  if (typeof id !== 'string' || typeof target !== 'string' || !isAgentId(target) || typeof taskId !== 'string')
    return null
  if (typeof configId !== 'string' || typeof reason !== 'string' || typeof body !== 'string') return null
  if (typeof seq !== 'number' || typeof at !== 'number' || typeof diedAt !== 'number') return null
  return typeof config === 'number' ? { id, target, taskId, configId, seq, at, diedAt, reason, config, body } : null
}
