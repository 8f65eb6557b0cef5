/**
 * Where revocations survive the process: one small file, `<state.dir>/revocations.json`, replaced as a whole. It is the
 * source at a start, because the ledger is read back only as far as runs and budgets need it.
 */
import { existsSync, readFileSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isJsonObject, readJsonObject } from '../../base/json.ts'
import { revocables, type Revocation, type RevocationSource } from '../../domain/revocation.ts'

/** Why the gateway cannot know who is revoked: one sentence for the operator. */
export interface RevocationsProblem {
  readonly kind: 'revocations_problem'
  readonly sentence: string
}

export function revocationsPath(stateDir: string): string {
  return join(stateDir, 'revocations.json')
}

const sources: readonly RevocationSource[] = ['operator', 'caep', 'client']

/** Reads what was in force; nobody, where there is no file yet. Synchronous: for the start, never for the road. */
export function readRevocations(stateDir: string, max: number): readonly Revocation[] | RevocationsProblem {
  const path = revocationsPath(stateDir)
  if (!existsSync(path)) return []
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return problem(path, String(error))
  }
  const rows = readJsonObject(text)?.revocations
  if (!Array.isArray(rows)) return problem(path, 'it is not what Weir wrote')
  const revocations = rows.map(readRow)
  if (!revocations.every((row) => row !== null)) return problem(path, 'a row of it is not what Weir wrote')
  if (revocations.length <= max) return revocations
  return problem(path, `it holds ${revocations.length} names, and maximums.revocations is ${max}`)
}

function problem(path: string, why: string): RevocationsProblem {
  const advice = 'Weir does not start, for whoever was revoked would be let in again.'
  const help = `Put back a good copy, or move the file away to start with nobody revoked.`
  return { kind: 'revocations_problem', sentence: `${path} cannot be used: ${why}. ${advice} ${help}` }
}

function readRow(row: unknown): Revocation | null {
  if (!isJsonObject(row)) return null
  const what = revocables.find((known) => known === row.what)
  const source = sources.find((known) => known === row.source)
  const { name, epoch, contained, reason, actor, at, until } = row
  if (!what || !source || !isText(name) || !isText(reason) || !isText(actor)) return null
  if (!isWhole(epoch) || !isWhole(at) || typeof contained !== 'boolean') return null
  if (until !== null && !isWhole(until)) return null
  return { what, name, epoch, contained, reason, actor, source, at, until }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** Rows written in one go, so that a long list does not hold up the event loop. */
const chunk_rows = 256

/** The file, written by one save at a time; whoever asks while one is under way shares the next. */
export class RevocationsFile {
  readonly #path: string
  readonly #rows: () => Iterable<Revocation>
  #writing: Promise<string | null> = Promise.resolve(null)
  #next: Promise<string | null> | null = null

  /** `rows` is asked at the moment of writing. */
  constructor(stateDir: string, rows: () => Iterable<Revocation>) {
    this.#path = revocationsPath(stateDir)
    this.#rows = rows
  }

  /** Makes everything that is in force now durable: null, or why the disk did not take it. Never rejects. */
  save(): Promise<string | null> {
    this.#next ??= this.#writing.then(() => {
      this.#next = null
      this.#writing = this.#write()
      return this.#writing
    })
    return this.#next
  }

  async #write(): Promise<string | null> {
    const draft = `${this.#path}.new`
    try {
      await using file = await open(draft, 'w', 0o600)
      await file.writeFile(linesOf([...this.#rows()]))
      await file.sync()
      await rename(draft, this.#path)
      await syncFolder(dirname(this.#path))
      return null
    } catch (error) {
      return `${this.#path} could not be written: ${String(error)}`
    }
  }
}

/** The text of the file: one line a row, so that a person can read and compare it. */
export function* linesOf(rows: readonly Revocation[]): Generator<string> {
  yield '{"v":1,"revocations":[\n'
  for (let at = 0; at < rows.length; at += chunk_rows) {
    const lines = rows.slice(at, at + chunk_rows).map((row) => JSON.stringify(row))
    yield (at === 0 ? '' : ',\n') + lines.join(',\n')
  }
  yield '\n]}\n'
}

async function syncFolder(dir: string): Promise<void> {
  await using folder = await open(dir, 'r')
  await folder.sync()
}
