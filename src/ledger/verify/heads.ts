/** The checkpoints a ledger is held against: its newest, the ones it kept, and those that somebody else kept. */
import type { Millis } from '../../base/clock.ts'
import { checkNote, type RecordKey } from '../checkpoint/check.ts'
import { type Checkpoint, readCheckpoint } from '../checkpoint/note.ts'
import { newestCheckpoint, pastCheckpoints } from '../checkpoint/store.ts'
import type { Findings } from './findings.ts'
import type { ExpectedHead } from './tree-check.ts'

/** A checkpoint from outside: of an anchor, of an older export, of whoever was sent one. */
export interface OutsideCheckpoint {
  /** How it is spoken of: the path of a file. */
  readonly name: string
  readonly text: string
}

/** The newest checkpoint and what is known of it. */
export interface SealedHead {
  readonly origin: string
  readonly size: number
  /** Base64. */
  readonly root: string
  readonly time: Millis | null
  readonly signedBy: readonly { readonly kid: string; readonly alg: string }[]
}

export interface Heads {
  readonly sealed: Checkpoint | null
  readonly head: SealedHead | null
  readonly expected: readonly ExpectedHead[]
  /** Checkpoints that were read, from wherever. */
  readonly count: number
}

interface Asked {
  readonly logDir: string
  readonly keys: readonly RecordKey[]
  readonly outside: readonly OutsideCheckpoint[]
}

export function readHeads(asked: Asked, findings: Findings): Heads {
  const { logDir, keys } = asked
  const newest = readNewest(logDir, findings)
  const expected: ExpectedHead[] = []
  let head: SealedHead | null = null
  if (newest) {
    const { signedBy, time, problem } = checkNote(newest, keys)
    head = { origin: newest.origin, size: newest.size, root: newest.root.toString('base64'), time, signedBy }
    if (problem !== null)
      findings.add('checkpoint_unsigned', `The checkpoint does not count: ${problem}`, { file: 'log/checkpoint' })
    expected.push({ kind: 'root_differs', name: 'The checkpoint', size: newest.size, root: newest.root })
  }
  const past = readPast(asked, newest, findings)
  const outside = asked.outside.flatMap((one) => readOutside(one, { newest, keys }, findings) ?? [])
  const all = [...expected, ...past, ...outside]
  return { sealed: newest, head, expected: all, count: all.length }
}

function readNewest(logDir: string, findings: Findings): Checkpoint | null {
  const newest = newestCheckpoint(logDir)
  const file = 'log/checkpoint'
  if (newest === null) findings.add('checkpoint_missing', 'The ledger has no checkpoint', { file })
  if (typeof newest === 'string') findings.add('checkpoint_unreadable', `The checkpoint is none: ${newest}`, { file })
  return typeof newest === 'string' ? null : newest
}

function readPast({ logDir, keys }: Asked, newest: Checkpoint | null, findings: Findings): readonly ExpectedHead[] {
  const heads: ExpectedHead[] = []
  for (const { file: inside, note, time_s } of pastCheckpoints(logDir)) {
    const file = `log/${inside}`
    if (typeof note === 'string') {
      findings.add('checkpoint_unreadable', `The kept checkpoint ${file} is none: ${note}`, { file })
      continue
    }
    const problem = foreign(note, newest) ?? checkNote(note, keys).problem
    if (problem !== null)
      findings.add('checkpoint_unsigned', `The kept checkpoint ${file} does not count: ${problem}`, { file })
    const { size, root } = note
    const name = `The checkpoint kept at ${new Date(time_s * 1000).toISOString()}`
    if (newest && size > newest.size)
      findings.add('history_ahead', `${name} counts ${size} entries, and the newest one only ${newest.size}`, {
        seq: newest.size + 1,
        to: size,
        file,
      })
    else heads.push({ kind: 'history_differs', name, size, root })
  }
  return heads
}

interface Known {
  readonly newest: Checkpoint | null
  readonly keys: readonly RecordKey[]
}

function readOutside(
  { name, text }: OutsideCheckpoint,
  { newest, keys }: Known,
  findings: Findings,
): ExpectedHead | null {
  const note = readCheckpoint(text)
  const problem = typeof note === 'string' ? note : (foreign(note, newest) ?? checkNote(note, keys).problem)
  if (problem !== null) findings.add('outside_unsigned', `The checkpoint in ${name} proves nothing: ${problem}`)
  if (typeof note === 'string' || problem !== null) return null
  return { kind: 'outside_differs', name: `The checkpoint in ${name}`, size: note.size, root: note.root }
}

function foreign({ origin }: Checkpoint, newest: Checkpoint | null): string | null {
  return newest === null || origin === newest.origin ? null : `it is of the log ${origin} and not of ${newest.origin}`
}
