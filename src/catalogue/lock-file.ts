/**
 * The file of what is approved: one entry a tool, sorted, with its whole definition, so that a review of the file is a
 * review of the tools. It is replaced as a whole or not at all, and never over what somebody else wrote meanwhile.
 *
 *     {
 *       "v": 1,
 *       "tools": {
 *         "files/read_file": {
 *           "digest": "sha256:9f86...", "state": "approved", "actor": "tomas", "reason": "read it", "at": "2026-11-28T...",
 *           "definition": { ... }
 *         },
 */
import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isJsonObject, type JsonObject, readJson } from '../base/json.ts'
import { locate, parse, syntaxProblems } from '../config/document.ts'
import type { ConfigProblem, Finding } from '../config/problems.ts'
import { readDefinition } from './digest.ts'

/** One decision about one definition of one tool. */
export interface LockEntry {
  /** `server/tool`. */
  readonly tool: string
  readonly digest: string
  readonly state: 'approved' | 'rejected'
  /** Null where nobody decided: it was the first that was seen. */
  readonly actor: string | null
  readonly reason: string | null
  /** ISO 8601. */
  readonly at: string
  /** The definition in canonical form; null where only its digest is kept. */
  readonly definition: string | null
}

/** Entries by tool: what is approved, and what was turned down since. */
export interface LockEntries {
  readonly approved: ReadonlyMap<string, LockEntry>
  readonly rejected: ReadonlyMap<string, LockEntry>
}

export interface LockProblem {
  readonly kind: 'lock_problem'
  /** Each with file, line and column. */
  readonly problems: readonly ConfigProblem[]
}

export const noEntries: LockEntries = { approved: new Map(), rejected: new Map() }

/** What a file held when it was read or written: enough to see whether it is the same still. */
export interface Held {
  readonly kind: 'held'
  readonly entries: LockEntries
  /** Null where there is no file. */
  readonly stamp: string | null
}

const depth_max = 80

/** No entries where there is no file. */
export async function readLock(path: string): Promise<Held | LockProblem> {
  const text = await readOrNull(path)
  if (text instanceof Error) return fault(path, `cannot be read: ${text.message}`)
  if (text === null) return { kind: 'held', entries: noEntries, stamp: null }
  const read = readJson(text, depth_max)
  if (!read.ok) return unreadable(path, text, null)
  const entries = entriesOf(read.value)
  return 'path' in entries ? unreadable(path, text, entries) : { kind: 'held', entries, stamp: stampOf(text) }
}

function entriesOf(value: unknown): LockEntries | Finding {
  const top = isJsonObject(value) ? value : {}
  if (top['v'] !== 1) return finding(['v'], 'no file of this version', '{"v": 1, "tools": {}, "rejected": {}}')
  const approved = section(top, 'tools', 'approved')
  if ('path' in approved) return approved
  const rejected = section(top, 'rejected', 'rejected')
  return 'path' in rejected ? rejected : { approved, rejected }
}

function section(
  top: JsonObject,
  name: 'tools' | 'rejected',
  state: LockEntry['state'],
): ReadonlyMap<string, LockEntry> | Finding {
  const rows = top[name] ?? {}
  if (!isJsonObject(rows)) return finding([name], 'no mapping', 'tools by server/tool')
  const entries = new Map<string, LockEntry>()
  for (const [tool, row] of Object.entries(rows)) {
    const entry = entryOf(tool, row, state)
    if (typeof entry === 'string') return finding([name, tool], entry, 'an entry as weir tools lock writes it')
    entries.set(tool, entry)
  }
  return entries
}

function entryOf(tool: string, row: unknown, state: LockEntry['state']): LockEntry | string {
  if (!/^[^/]+\/./s.test(tool)) return 'a key that is not server/tool'
  if (!isJsonObject(row)) return 'no entry'
  const { digest, actor = null, reason = null, at = '', definition } = row
  if (typeof digest !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(digest)) return 'a digest that is none'
  if ((actor !== null && typeof actor !== 'string') || (reason !== null && typeof reason !== 'string'))
    return 'an actor or reason that is no text'
  if (typeof at !== 'string') return 'a time that is no text'
  const words = { tool, digest, state, actor, reason, at }
  if (definition === undefined) return { ...words, definition: null }
  const read = readDefinition(Buffer.from(JSON.stringify(definition)))
  if (read.kind === 'unreadable') return `a definition that cannot be used: ${read.why}`
  return { ...words, definition: read.canonical }
}

function finding(path: readonly string[], message: string, expected: string): Finding {
  return { path, message, expected }
}

function fault(file: string, message: string, line = 1): LockProblem {
  const place = { file, line, col: 1, path: '', suggestion: null }
  return { kind: 'lock_problem', problems: [{ ...place, message, expected: 'a file that weir tools lock wrote' }] }
}

/** JSON is YAML, whose reader knows where things stand; it is asked only for that, because it is slow. */
function unreadable(path: string, text: string, found: Finding | null): LockProblem {
  const conflict = text.split('\n').findIndex((line) => /^(?:<{7}|={7}|>{7})/.test(line))
  if (conflict !== -1) return fault(path, 'a merge that nobody finished', conflict + 1)
  const parsed = parse(path, text)
  if (!parsed) return fault(path, 'nested too deep')
  const problems = syntaxProblems(parsed)
  if (problems.length > 0) return { kind: 'lock_problem', problems }
  if (found) return { kind: 'lock_problem', problems: [locate(found, parsed)] }
  return fault(path, 'no JSON, or two members of one name')
}

/** Entries written in one go, so that a long file does not hold up the event loop. */
const chunk_entries = 16

/**
 * Replaces the file, if it is what it was when `held` was read. What it holds now; `conflict` where somebody else changed
 * it; else why the disk did not take it.
 */
export async function writeLock(path: string, held: Held, entries: LockEntries): Promise<Held | 'conflict' | Error> {
  const draft = `${path}.${process.pid}.new`
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const hash = createHash('sha256')
    {
      await using file = await open(draft, 'w', 0o644)
      for (const chunk of chunksOf(entries)) {
        hash.update(chunk)
        await file.write(chunk)
      }
      await file.sync()
    }
    const now = await readOrNull(path)
    if (now instanceof Error) throw now
    if ((now === null ? null : stampOf(now)) !== held.stamp) {
      await rm(draft, { force: true })
      return 'conflict'
    }
    await rename(draft, path)
    await using folder = await open(dirname(path), 'r')
    await folder.sync()
    return { kind: 'held', entries, stamp: hash.digest('hex') }
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

function* chunksOf({ approved, rejected }: LockEntries): Generator<string> {
  yield '{\n  "v": 1,\n  "tools": {'
  yield* sectionOf(approved)
  yield '},\n  "rejected": {'
  yield* sectionOf(rejected)
  yield '}\n}\n'
}

function* sectionOf(entries: ReadonlyMap<string, LockEntry>): Generator<string> {
  const sorted = [...entries.values()].toSorted((a, b) => (a.tool < b.tool ? -1 : 1))
  for (let at = 0; at < sorted.length; at += chunk_entries) {
    const lines = sorted.slice(at, at + chunk_entries).map((entry) => `\n    ${textOf(entry)}`)
    yield (at === 0 ? '' : ',') + lines.join(',')
  }
  if (sorted.length > 0) yield '\n  '
}

function textOf({ tool, digest, actor, reason, at, definition }: LockEntry): string {
  const row = {
    digest,
    actor,
    reason,
    at,
    definition: definition === null ? undefined : (JSON.parse(definition) as unknown),
  }
  return `${JSON.stringify(tool)}: ${JSON.stringify(row, null, 2).replaceAll('\n', '\n    ')}`
}

function stampOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

async function readOrNull(path: string): Promise<string | Error | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** As one sentence. */
export function sentenceOf({ problems }: LockProblem): string {
  const [first] = problems
  if (!first) return 'The lock file cannot be read.'
  return `${first.file}:${first.line}:${first.col} ${first.path ? `${first.path}: ` : ''}${first.message}, expected ${first.expected}`
}

/** Says that a file may be another one than before, without reading it. */
export async function stampOfFile(path: string): Promise<string | null> {
  const seen = await stat(path, { bigint: true }).catch(() => null)
  return seen && `${seen.ino} ${seen.size} ${seen.mtimeNs}`
}
