/** What else of a state directory names a person, for who is erased while no gateway runs: their tasks, their tokens, and what was revoked. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isJsonObject, readJsonObject } from './base/json.ts'
import { aliasOf } from './identity/revocation/epochs.ts'
import { linesOf, readRevocations, revocationsPath } from './identity/revocation/revocations-file.ts'
import { withoutName } from './ledger/vault/texts.ts'
import { writeWhole } from './ledger/whole-file.ts'
import { Database } from './tasks/database.ts'
import { type Change, shelfNames } from './tasks/shelves.ts'

/** Throws what the system says. The caller holds the lock of the state directory. */
export function forgetIn(stateDir: string, person: string, pseudonym: string): void {
  const change = (text: string): string => withoutName(text, person, pseudonym)
  forgetRevocations(stateDir, person, change)
  forgetTasks(join(stateDir, 'tasks.db'), person)
  forgetTokens(join(stateDir, 'tool-tokens.json'), person)
}

function forgetTasks(path: string, person: string): void {
  if (!existsSync(path)) return
  const base = new Database(path)
  try {
    for (const shelf of shelfNames) {
      const gone: Change[] = []
      // The person of an owner, or an agent and the person it worked for.
      for (const [no, body] of base.read(shelf))
        if (body.includes(`"${person}"`) || body.includes(` ${person}"`)) gone.push([shelf, no, null])
      base.write(gone)
    }
    base.scrub()
  } finally {
    base.close()
  }
}

/** Keys of rows begin with whose they are; what is sealed in them need not be opened. */
function forgetTokens(path: string, person: string): void {
  if (!existsSync(path)) return
  const rows = readJsonObject(readFileSync(path, 'utf8'))?.['rows']
  if (!Array.isArray(rows)) return
  const left = rows.filter((row: unknown) => !(isJsonObject(row) && String(row['key']).startsWith(`${person}\n`)))
  if (left.length === rows.length) return
  writeWhole(path, `{"v":1,"rows":[\n${left.map((row) => JSON.stringify(row)).join(',\n')}\n]}\n`)
}

/** What was revoked stays so, by the hash that the board has of the name. */
function forgetRevocations(stateDir: string, person: string, change: (text: string) => string): void {
  const known = readRevocations(stateDir, Number.POSITIVE_INFINITY)
  if ('sentence' in known || known.length === 0) return
  const rows = known.map((row) => {
    const name = row.name === person ? aliasOf(person) : row.name
    return { ...row, name, reason: change(row.reason), actor: change(row.actor) }
  })
  writeWhole(revocationsPath(stateDir), [...linesOf(rows)].join(''))
}
