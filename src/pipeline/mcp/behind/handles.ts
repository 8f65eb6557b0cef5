/**
 * What callers are given to come back with: ids of tasks of servers, and cursors of our own lists. Sealed for agent and
 * person, so that in other hands they are nothing.
 */
import { createHmac } from 'node:crypto'
import type { Dice } from '../../../base/dice.ts'
import { readJson } from '../../../base/json.ts'
import { byChance, derive, openSeal, type Seal } from '../../../tasks/seal.ts'
import type { Client } from '../behind.ts'

/** Whose a handle is. */
export type Owner = readonly [agent: string, person: string | null]

export function ownerOf({ reader, person }: Client): Owner {
  return [reader.agent, person ?? null]
}

/** Where a list goes on. */
export interface ListPlace {
  readonly method: string
  /** What address and which state of all lists behind it; another one has no such place. */
  readonly epoch: string
  readonly offset: number
}

export class Handles {
  readonly #tasks: Seal
  readonly #cursors: Seal

  constructor(secret: Uint8Array, dice: Dice) {
    // A task is told of many times and must be called the same each time: its nonce follows from what is sealed.
    const nonces = derive(secret, 'mcp task nonces')
    const nonceFor = (text: string): Buffer => createHmac('sha256', nonces).update(text).digest().subarray(0, 12)
    this.#tasks = openSeal(secret, 'mcp tasks', nonceFor)
    this.#cursors = openSeal(secret, 'mcp list cursors', byChance(dice))
  }

  closeTask(owner: Owner, server: string, id: string): string {
    return this.#tasks.seal(JSON.stringify([...owner, server, id]), '')
  }

  /** Null for what is no task of that caller. */
  openTask([agent, person]: Owner, sealed: string): { readonly server: string; readonly id: string } | null {
    const [ofAgent, ofPerson, server, id] = listIn(this.#tasks.open(sealed, ''))
    if (ofAgent !== agent || ofPerson !== person) return null
    return typeof server === 'string' && typeof id === 'string' ? { server, id } : null
  }

  closeCursor(owner: Owner, { method, epoch, offset }: ListPlace): string {
    return this.#cursors.seal(JSON.stringify([offset]), placeOf(owner, method, epoch))
  }

  /** Where to go on; null for what is no cursor of that caller in that state of that list. */
  openCursor(owner: Owner, { method, epoch }: Omit<ListPlace, 'offset'>, sealed: string): number | null {
    const [offset] = listIn(this.#cursors.open(sealed, placeOf(owner, method, epoch)))
    return typeof offset === 'number' ? offset : null
  }
}

function placeOf(owner: Owner, method: string, epoch: string): string {
  return JSON.stringify([...owner, method, epoch])
}

function listIn(text: string | null): readonly unknown[] {
  const read = text === null ? null : readJson(text)
  return read?.ok && Array.isArray(read.value) ? (read.value as readonly unknown[]) : []
}
