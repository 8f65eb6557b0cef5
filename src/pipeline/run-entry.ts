/** What the ledger is told of a run as a whole: it opened, was halted, or ended. */
import type { Millis } from '../base/clock.ts'
import type { RunEntry, RunWhy } from '../domain/record.ts'
import type { Run } from '../domain/run.ts'

const noReason: RunWhy = { code: null, reason: null, actor: null }

export function runEntry(run: Run, event: RunEntry['event'], ts: Millis, why: RunWhy = noReason): RunEntry {
  const { id, root, person, endsAt } = run
  const { code, reason, actor } = why
  return { v: 1, ts, kind: 'run', run: id, event, root, human: person, ends_at: endsAt, code, reason, actor }
}
