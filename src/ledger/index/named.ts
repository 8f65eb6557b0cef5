/** The same questions with persons by their names: rows know pseudonyms only, so that whoever is erased is erased there too. */
import { renamePeople } from '../../domain/filter-people.ts'
import type { Filter } from '../../domain/filter.ts'
import type { VaultPlace } from '../vault/kek.ts'
import { type Names, openVaultReader } from '../vault/names.ts'
import type { RunRow } from '../../domain/story.ts'
import { type AskRefused, isAskRefused, type Queries } from './contract.ts'

/** Null while nobody is known, or where names cannot be read: then pseudonyms stand. */
export type People = () => Names | null

/** Opens the vault when somebody asks for the first time and it is there. */
export function peopleAt(place: VaultPlace): People & { close(): void } {
  let open: Names | null = null
  const people = (): Names | null => {
    const names = open ?? openVaultReader(place)
    open = typeof names === 'string' ? null : names
    open?.refresh()
    return open
  }
  return Object.assign(people, { close: () => open?.close() })
}

export function withPeople(queries: Queries, people: People): Queries {
  const asked = <A extends { readonly filter: Filter }>(question: A): A => {
    const names = people()
    return names ? { ...question, filter: renamePeople(question.filter, (name) => names.pseudonymOf(name)) } : question
  }
  /** Rows were made for this answer, so they may be changed; a run may have a hundred thousand. */
  const told = (rows: readonly { readonly person: string | null }[]): void => {
    const names = people()
    if (!names) return
    for (const row of rows as readonly { person: string | null }[]) {
      const name = row.person === null ? null : names.nameOf(row.person)
      if (name !== null) row.person = name
    }
  }
  /** In what is told of a run only the run has a person, and who an explanation says it was started for. */
  const toldRun = <T extends { readonly run: RunRow }>(found: T | AskRefused | null): T | AskRefused | null => {
    if (found && !isAskRefused(found)) told([found.run])
    return found
  }
  const story: Queries['story'] = (question) => {
    const found = toldRun(queries.story(question))
    if (found && !isAskRefused(found)) told(found.hops)
    return found
  }
  return {
    ...queries,
    runs(question) {
      const page = queries.runs(asked(question))
      if (!isAskRefused(page)) told(page.rows)
      return page
    },
    run(question) {
      const run = queries.run(question)
      if (run && !isAskRefused(run)) told([run])
      return run
    },
    story,
    explain(question) {
      const found = toldRun(queries.explain(question))
      if (!found || isAskRefused(found)) return found
      return { ...found, started: { ...found.started, for: found.run.person } }
    },
    tree: (question) => toldRun(queries.tree(question)),
    hops(question) {
      const page = queries.hops(asked(question))
      if (!isAskRefused(page)) told(page.rows)
      return page
    },
    hop(question) {
      const hop = queries.hop(question)
      if (hop && !isAskRefused(hop)) told([hop])
      return hop
    },
    cost(question) {
      const found = queries.cost(asked(question))
      const names = question.by === 'person' && !isAskRefused(found) ? people() : null
      if (!names || isAskRefused(found)) return found
      return { ...found, rows: found.rows.map((row) => ({ ...row, key: names.nameOf(row.key ?? '') ?? row.key })) }
    },
  }
}
