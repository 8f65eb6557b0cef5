/**
 * Whose conversations are, and what is to be remembered of them. Each agent is remembered to use so many and no more, so
 * a flood of one forgets conversations of its own and never those of another.
 */
import { type JsonObject, readJsonObject } from '../base/json.ts'
import type { AgentId, PersonId } from '../domain/ids.ts'
import type { Party } from '../domain/task.ts'
import type { Contexts } from './contract.ts'
import type { Journal, Shelf } from './journal.ts'
import { mayUse, selfOf } from './owner.ts'
import { isKeepable, memoMax, type MemoRow, readMemo, readUse, type UseRow } from './rows.ts'
import type { Stored } from './shelves.ts'

interface Memo extends MemoRow {
  readonly no: number
}

interface Talk {
  readonly users: Set<string>
  memo: Memo | null
}

interface Use extends UseRow {
  readonly no: number
}

export class ContextTable implements Contexts {
  /** Rows of the disk that are none. */
  readonly unreadable: number
  readonly #max: number
  readonly #uses: Shelf
  readonly #memos: Shelf
  readonly #talks = new Map<string, Talk>()
  /** What each agent was told or has used, the longest unused first: one for each conversation and owner. */
  readonly #told = new Map<string, Map<string, Use>>()
  readonly #useByNo = new Map<number, Use>()
  readonly #memoByNo = new Map<number, Memo>()

  /** `max`: uses that are remembered for one agent. */
  constructor(
    max: number,
    journal: Journal,
    stored: { readonly uses: readonly Stored[]; readonly memos: readonly Stored[] },
  ) {
    this.#max = max
    this.#uses = journal.open('contexts', numbersOf(stored.uses), (no) => textOf(this.#useByNo.get(no)))
    this.#memos = journal.open('memos', numbersOf(stored.memos), (no) => textOf(this.#memoByNo.get(no)))
    this.unreadable = this.#load(stored.uses, stored.memos)
  }

  use(target: AgentId, contextId: string, party: Party): void {
    if (!isKeepable(contextId)) return
    this.#add({ target, contextId, agent: party.agent, owner: selfOf(party) })
    // The agents of one run may talk in one conversation, for they pass its id on to each other.
    if (party.run !== null) this.#add({ target, contextId, agent: party.agent, owner: party.run })
  }

  tell(target: AgentId, contextId: string, party: Party): boolean {
    // Else an agent that is talked into naming a conversation of somebody else would give it away.
    const isFree = mayUse(this.usersOf(target, contextId), party)
    if (isFree) this.use(target, contextId, party)
    return isFree
  }

  usersOf(target: AgentId, contextId: string): ReadonlySet<string> | undefined {
    return this.#talks.get(nameOf({ target, contextId }))?.users
  }

  memo(target: AgentId, contextId: string): JsonObject | null {
    return this.#talks.get(nameOf({ target, contextId }))?.memo?.memo ?? null
  }

  remember(target: AgentId, contextId: string, memo: JsonObject): void {
    const talk = this.#talks.get(nameOf({ target, contextId }))
    const text = JSON.stringify(memo)
    // What could not be read back after a restart is not remembered before it either.
    if (!talk || text.length > memoMax || !readJsonObject(text)) return
    talk.memo = { no: talk.memo?.no ?? this.#memos.next(), target, contextId, memo }
    this.#memoByNo.set(talk.memo.no, talk.memo)
    this.#memos.mark(talk.memo.no)
  }

  /** No conversation is that person's any more. */
  forget(person: PersonId): void {
    for (const use of this.#useByNo.values()) if (use.owner === `${use.agent} ${person}`) this.#forget(use)
  }

  #add(row: UseRow): void {
    const told = this.#toldTo(row.agent)
    const name = `${row.owner}\n${nameOf(row)}`
    const known = told.get(name)
    if (known) {
      told.delete(name)
      told.set(name, known)
    } else if (!this.#talks.get(nameOf(row))?.users.has(row.owner)) {
      this.#uses.mark(this.#keep({ ...row, no: this.#uses.next() }))
    }
  }

  #keep(use: Use): number {
    const name = nameOf(use)
    const talk = this.#talks.get(name) ?? { users: new Set(), memo: null }
    this.#talks.set(name, talk)
    talk.users.add(use.owner)
    this.#useByNo.set(use.no, use)
    const told = this.#toldTo(use.agent).set(`${use.owner}\n${name}`, use)
    const [oldest] = told.values()
    if (told.size > this.#max && oldest) this.#forget(oldest)
    return use.no
  }

  #toldTo(agent: string): Map<string, Use> {
    const told = this.#told.get(agent) ?? new Map<string, Use>()
    this.#told.set(agent, told)
    return told
  }

  #forget(use: Use): void {
    const name = nameOf(use)
    this.#told.get(use.agent)?.delete(`${use.owner}\n${name}`)
    this.#useByNo.delete(use.no)
    this.#uses.drop(use.no)
    const talk = this.#talks.get(name)
    talk?.users.delete(use.owner)
    if (talk?.users.size !== 0) return
    this.#talks.delete(name)
    if (!talk.memo) return
    this.#memoByNo.delete(talk.memo.no)
    this.#memos.drop(talk.memo.no)
  }

  #load(uses: readonly Stored[], memos: readonly Stored[]): number {
    let unreadable = 0
    for (const [no, text] of uses) {
      const row = readUse(text)
      if (row) this.#keep({ ...row, no })
      else unreadable += 1
      if (!row) this.#uses.drop(no)
    }
    for (const [no, text] of memos) {
      const row = readMemo(text)
      const talk = row && this.#talks.get(nameOf(row))
      if (!row) unreadable += 1
      if (!talk) this.#memos.drop(no)
      else this.#memoByNo.set(no, (talk.memo = { ...row, no }))
    }
    return unreadable
  }
}

/** The name of a target holds no line break, so no id can look like one of another. */
function nameOf({ target, contextId }: { readonly target: string; readonly contextId: string }): string {
  return `${target}\n${contextId}`
}

function textOf(row: Use | Memo | undefined): string | null {
  if (!row) return null
  const { no: _, ...rest } = row
  return JSON.stringify(rest)
}

function numbersOf(stored: readonly Stored[]): readonly number[] {
  return stored.map(([no]) => no)
}
