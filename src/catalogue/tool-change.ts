/** What became of a tool that an operator has to look at: for the alert, the log and the ledger. */
import { type JsonObject, readJsonObject } from '../base/json.ts'
import type { ListedTool, ToolState } from './contract.ts'
import { type ChangeClass, type Difference, differenceOf } from './diff.ts'
import type { LockEntry } from './lock-file.ts'

export interface ToolChange {
  readonly server: string
  readonly tool: string
  readonly state: ToolState
  readonly why: string
  /** Of what is approved; null where nothing was. */
  readonly from: string | null
  readonly to: string
  readonly classes: readonly ChangeClass[]
  /** What is different from what is approved, with everything invisible written out. */
  readonly lines: readonly string[]
}

interface Approved {
  entryOf(tool: string): LockEntry | null
}

/** Differences that are worked out at once; of more, an operator asks for one at a time. */
const differences_max = 64

/** Tools that are not approved and were not known to be that, with that definition and for that reason. */
export function changesOf(
  before: readonly ListedTool[],
  now: readonly ListedTool[],
  approved: Approved,
): readonly ToolChange[] {
  const known = new Map(before.map((tool) => [tool.name, tool]))
  let differences = 0
  return now.flatMap((tool) => {
    const { server, name, state, digest, why } = tool
    const old = known.get(name)
    if (state === 'approved' || why === null) return []
    if (old?.state === state && old.digest === digest) return []
    const entry = approved.entryOf(`${server}/${name}`)
    const from = entry?.digest ?? null
    if (entry) differences += 1
    const difference = differences > differences_max ? nothing : againstApproved(tool, entry)
    return [{ server, tool: name, state, why, from, to: digest, ...difference }]
  })
}

const nothing: Difference = { classes: [], lines: [] }

/** What a definition says otherwise than the approved one; nothing where one of them cannot be read. */
export function againstApproved({ definition, digest }: ListedTool, entry: LockEntry | null): Difference {
  if (entry === null || entry.definition === null || entry.digest === digest) return nothing
  const [before, after] = [objectOf(entry.definition), objectOf(definition.toString())]
  if (before === null || after === null) return nothing
  const difference = differenceOf(before, after)
  // Digits that no double holds differ in the digest alone.
  return difference.lines.length > 0
    ? difference
    : { classes: ['other'], lines: ['~ digits of a number too long to compare'] }
}

function objectOf(text: string): JsonObject | null {
  return readJsonObject(text, 64)
}
