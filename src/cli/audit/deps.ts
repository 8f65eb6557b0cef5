/** What `weir audit` is made of: the ledger in the state directory, read and never changed but for its holds. */
import type { Commitment } from '../../domain/commitment.ts'
import type { KeptState } from '../../ledger/vault/kept.ts'
import type { HopAccount } from '../../domain/evidence.ts'
import type { Filter } from '../../domain/filter.ts'
import type { LedgerEntry } from '../../domain/record.ts'
import type { CliProblem } from '../exit-codes.ts'

export interface AuditTools {
  /** Computes the whole log again; `step` is told how far it is. */
  readonly verify: (asked: VerifyAsked, step: (progress: AuditProgress) => void) => Promise<AuditVerdict | CliProblem>
  /** One record by its number or by the hop it is of, with the proof that the log has it. */
  readonly show: (asked: ShowAsked) => Promise<ShownRecord | CliProblem>
  /** Records that fit, the newest `limit` of them. */
  readonly find: (asked: FindAsked) => Promise<FoundRecords | CliProblem>
  readonly exportTo: (asked: ExportAsked) => Promise<ExportedRecords | CliProblem>
  /** The newest signed checkpoint as it stands on the disk, to be kept elsewhere. */
  readonly checkpoint: (configPath: string) => Promise<string | CliProblem>
  readonly holds: (configPath: string) => Promise<HoldList | CliProblem>
  readonly placeHold: (asked: HoldAsked) => Promise<HoldList | CliProblem>
  readonly releaseHold: (asked: {
    readonly configPath: string
    readonly name: string
  }) => Promise<HoldList | CliProblem>
}

interface VerifyAsked {
  readonly configPath: string
  /** Files with checkpoints that somebody kept elsewhere. */
  readonly checkpoints: readonly string[]
}

export interface AuditProgress {
  readonly entries: number
  readonly of: number
}

export interface AuditVerdict {
  readonly schema: 'weir.audit-verdict/v1'
  readonly ok: boolean
  readonly findings: readonly AuditFinding[]
  readonly findings_left_off: number
  /** The lowest number of a record that anything is wrong with. */
  readonly first_bad: number | null
  readonly checkpoint: SealedView | null
  readonly entries: number
  /** Records behind the checkpoint. */
  readonly unsealed: number
  /** Dropped by retention; they still count in the root. */
  readonly pruned: number
  readonly checkpoints: number
  readonly segments: number
  readonly boots: number
  readonly notes: readonly string[]
}

interface AuditFinding {
  readonly kind: string
  readonly seq: number | null
  readonly to: number | null
  readonly file: string | null
  /** Bytes from the start of the file. */
  readonly offset: number | null
  readonly sentence: string
}

export interface SealedView {
  readonly origin: string
  readonly size: number
  /** Base64. */
  readonly root: string
  /** Milliseconds since the epoch; null where no signature says when. */
  readonly time: number | null
  readonly signed_by: readonly { readonly kid: string; readonly alg: string }[]
}

interface ShowAsked {
  readonly configPath: string
  readonly what: string
  /** Whether captured payloads are shown themselves, beside what was captured. */
  readonly payloads: boolean
}

export interface ShownRecord {
  readonly schema: 'weir.audit-record/v1'
  readonly seq: number
  readonly file: string
  readonly offset: number
  /** The canonical JSON its leaf was made of. */
  readonly leaf: string
  /** Hexadecimal SHA-256. */
  readonly leaf_hash: string
  /** `unsealed` where the newest checkpoint does not count it yet. */
  readonly proof: 'holds' | 'broken' | 'unsealed'
  readonly path: readonly string[]
  readonly checkpoint: SealedView | null
  /** For the record of a call: for whom, through whom, by what right. */
  readonly account: HopAccount | null
  /** What was captured of the request and of the answer; empty where nothing was. */
  readonly captured: readonly ShownPayload[]
}

export interface ShownPayload {
  readonly part: 'request' | 'answer'
  readonly level: Commitment['level']
  /** What the hash covers, beside the salt. */
  readonly bytes: number
  /** The payload was longer. */
  readonly truncated: boolean
  /** SHA-256 of salt and payload, base64url, as in the record. */
  readonly hash: string
  /** `kept`: it is in the vault, and has that hash; `sealed`: the vault cannot be opened from here. */
  readonly state: KeptState | 'sealed'
  /** Null where it was not asked for, or cannot be had. */
  readonly payload: string | null
  /** Of `payload`. */
  readonly encoding: 'utf8' | 'base64' | null
}

interface FindAsked {
  readonly configPath: string
  readonly filter: Filter
  readonly limit: number
}

export interface FoundRecords {
  readonly schema: 'weir.audit-found/v1'
  /** All that fit. */
  readonly found: number
  /** In the order of the ledger. */
  readonly records: readonly { readonly seq: number; readonly entry: LedgerEntry }[]
  readonly problems: readonly string[]
}

export const exportFormats = ['bundle', 'jsonl', 'ocsf', 'cef'] as const
export type ExportFormat = (typeof exportFormats)[number]

interface ExportAsked {
  readonly configPath: string
  readonly filter: Filter
  /** The filter as it was written, for the statement. */
  readonly words: string
  readonly format: ExportFormat
  /** A folder for a bundle, else a file; neither may be there. */
  readonly out: string
  /** Files with checkpoints that somebody kept elsewhere: the bundle proves that the log goes on from them. */
  readonly checkpoints: readonly string[]
}

export interface ExportedRecords {
  readonly schema: 'weir.audit-export/v1'
  readonly records: number
  readonly files: readonly string[]
  /** The command that checks them; null for formats that prove nothing. */
  readonly check: string | null
}

export interface HoldAsked {
  readonly configPath: string
  readonly name: string
  readonly reason: string
  readonly run: string | null
  /** Milliseconds since the epoch. */
  readonly from: number | null
  readonly until: number | null
}

export interface HoldList {
  readonly schema: 'weir.holds/v1'
  readonly holds: readonly {
    readonly name: string
    readonly reason: string
    readonly actor: string
    readonly placed_at: number
    readonly from: number | null
    readonly until: number | null
    readonly run: string | null
  }[]
}
