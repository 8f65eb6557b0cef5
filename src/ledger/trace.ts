/** Everything the ledger keeps about one run, found again for whoever asks long after. Never on the way of a call. */
import type { HopId, RunId } from '../domain/ids.ts'
import type { CallRecord, IntentEntry, LedgerEntry } from '../domain/record.ts'
import type { RunTrace } from '../domain/evidence.ts'
import { readLedger } from './read.ts'
import type { Names } from './vault/names.ts'

/** Entries held of one run, and revocations beside them: some 100 MB with tokens of 2 KB. */
const entries_max = 50_000

type Kinds = { -readonly [Name in keyof Omit<RunTrace, 'complete' | 'problems'>]: RunTrace[Name][number][] }

/** Reads the whole ledger once, at about 6 us an entry; null if it says nothing of this run. */
export async function traceRun(dir: string, run: RunId, names: Names | null = null): Promise<RunTrace | null> {
  const kinds: Kinds = { runs: [], calls: [], intents: [], tokens: [], grants: [], revocations: [] }
  const problems: string[] = []
  let held = 0
  for await (const item of readLedger(dir, 0, names)) {
    if (item.kind === 'unreadable') problems.push(`${item.file}: not readable from offset ${item.offset}, ${item.why}`)
    else if (held < entries_max && take(kinds, item.entry, run)) held += 1
  }
  const { runs, calls, intents, grants } = kinds
  if ([runs, calls, intents, grants].every((found) => found.length === 0)) return null
  return { ...kinds, complete: held < entries_max, problems }
}

function take(kinds: Kinds, entry: LedgerEntry, run: RunId): boolean {
  if (entry.kind === 'revocation') return kinds.revocations.push(entry) > 0
  if (!('run' in entry) || entry.run !== run) return false
  if (entry.kind === 'run') return kinds.runs.push(entry) > 0
  if (entry.kind === 'call') return kinds.calls.push(entry) > 0
  if (entry.kind === 'intent') return kinds.intents.push(entry) > 0
  if (entry.kind === 'token') return kinds.tokens.push(entry) > 0
  return entry.kind === 'grant' && kinds.grants.push(entry) > 0
}

/** The record of a hop, or its intent while nothing is known of its end; null where neither is kept. */
export async function findHop(
  dir: string,
  hop: HopId,
  names: Names | null = null,
): Promise<CallRecord | IntentEntry | null> {
  let intent: IntentEntry | null = null
  for await (const item of readLedger(dir, 0, names)) {
    if (item.kind !== 'entry') continue
    const { entry } = item
    if (entry.kind === 'call' && entry.rid === hop) return entry
    if (entry.kind === 'intent' && entry.rid === hop) intent = entry
  }
  return intent
}
