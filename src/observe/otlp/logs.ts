/**
 * Log records made of entries that an auditor looks for: refusals, halts, revocations, approvals, changed cards and tools.
 * The body is one sentence, everything else stands in attributes; no payload, and the trace that belongs to it.
 */
import { type Attributes, SeverityNumber, type SpanContext } from '@opentelemetry/api'
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import type {
  ApprovalEntry,
  CallRecord,
  GrantEntry,
  LedgerEntry,
  RevocationEntry,
  RunEntry,
} from '../../domain/record.ts'
import type { DropEntry } from '../../domain/drop-entry.ts'
import type { CardEntry, ToolEntry } from '../../domain/record-definitions.ts'
import { names } from './names.ts'
import { hrTime, said, type Source } from './resource.ts'

export interface SeqLog {
  readonly seq: number
  readonly log: ReadableLogRecord
}

/** What an entry comes to as a log record. */
interface Word {
  readonly event: string
  readonly severity: 'INFO' | 'WARN' | 'ERROR'
  readonly sentence: string
  readonly attributes: Attributes
  /** Whom it is about, if that is a person. */
  readonly person: string | null
}

const numbers = { INFO: SeverityNumber.INFO, WARN: SeverityNumber.WARN, ERROR: SeverityNumber.ERROR } as const

export interface LogSeen {
  readonly seq: number
  readonly user_id: boolean
  /** The span it belongs to; null for none. */
  readonly at: SpanContext | null
}

/** Null for an entry that is none of these. */
export function logOf(source: Source, entry: LedgerEntry, { seq, user_id, at }: LogSeen): SeqLog | null {
  const word = wordOf(entry)
  if (word === null) return null
  const time = hrTime(entry.ts)
  const log: ReadableLogRecord = {
    hrTime: time,
    hrTimeObserved: time,
    ...(at && { spanContext: at }),
    severityText: word.severity,
    severityNumber: numbers[word.severity],
    body: word.sentence,
    resource: source.resource,
    instrumentationScope: source.scope,
    attributes: {
      ...word.attributes,
      ...said({
        [names.event]: word.event,
        [names.seq]: seq,
        [names.userId]: user_id ? word.person : null,
      }),
    },
    droppedAttributesCount: 0,
  }
  return { seq, log }
}

type Kind = LedgerEntry['kind']
type Writers = { readonly [Name in Kind]: (entry: Extract<LedgerEntry, { readonly kind: Name }>) => Word | null }

const nothing = (): null => null

const writers: Writers = {
  call: (entry) => (entry.decision === 'deny' ? ofDenial(entry) : null),
  run: ofRun,
  grant: (entry) => (entry.decision === 'deny' ? ofGrant(entry) : null),
  revocation: ofRevocation,
  approval: ofApproval,
  card: (entry) => (entry.event === 'pinned' ? null : ofCard(entry)),
  tool: ofTool,
  signal: nothing,
  intent: nothing,
  token: nothing,
  boot: nothing,
  log: ({ had, kept }) => ({
    event: 'log.truncated',
    severity: 'ERROR',
    sentence: `The ledger went on with ${kept} of ${had} sealed entries, by an operator's word`,
    person: null,
    attributes: {},
  }),
  drop: (entry) => (entry.event === 'dropped' ? null : ofDrop(entry)),
  person: nothing,
}

function ofDrop({ event, from, to }: DropEntry): Word {
  const why = event === 'adopted' ? 'as a file says that nobody signed' : "by an operator's word"
  const sentence = `Entries ${from} to ${to} of the ledger are gone, ${why}`
  return { event: `drop.${event}`, severity: 'ERROR', sentence, person: null, attributes: {} }
}

function wordOf(entry: LedgerEntry): Word | null {
  const write = writers[entry.kind] as (entry: LedgerEntry) => Word | null
  return write(entry)
}

function ofDenial({ agent, target, code, rule, run, rid, human }: CallRecord): Word {
  const who = agent ?? 'a caller nobody knows'
  const by = rule === null ? '' : ` by ${rule}`
  return {
    event: 'call.denied',
    severity: 'WARN',
    sentence: `${who} was refused ${target}: ${code ?? 'refused'}${by}`,
    person: human,
    attributes: said({
      [names.errorType]: code,
      [names.rule]: rule,
      [names.decision]: 'deny',
      [names.caller]: agent,
      [names.target]: target,
      [names.runId]: run,
      [names.hopId]: rid,
    }),
  }
}

function ofRun({ event, run, root, code, reason, actor, human }: RunEntry): Word | null {
  if (event !== 'halted' && event !== 'tainted') return null
  const by = actor === null ? '' : ` by ${actor}`
  return {
    event: `run.${event}`,
    severity: event === 'halted' ? 'ERROR' : 'WARN',
    sentence: `The run of ${root} was ${event}${by}: ${code ?? 'no reason given'}`,
    person: human,
    attributes: said({
      [names.errorType]: event === 'halted' ? code : null,
      [names.caller]: root,
      [names.runId]: run,
      [names.actor]: actor,
      [names.reason]: reason,
    }),
  }
}

function ofGrant({ agent, error, run, person }: GrantEntry): Word {
  return {
    event: 'grant.denied',
    severity: 'WARN',
    sentence: `${agent ?? 'A client nobody knows'} was refused a token: ${error ?? 'refused'}`,
    person,
    attributes: said({
      [names.errorType]: error,
      [names.decision]: 'deny',
      [names.caller]: agent,
      [names.runId]: run,
    }),
  }
}

function ofRevocation({ what, name, lifted, contained, reason, actor }: RevocationEntry): Word {
  const done = lifted ? 'given back' : contained ? 'contained' : 'revoked'
  // A person is named only where people are: `user.id` says who.
  const subject = what === 'person' ? 'a person' : name
  return {
    event: `revocation.${lifted ? 'lifted' : contained ? 'contained' : 'revoked'}`,
    severity: 'WARN',
    sentence: `${subject} was ${done} by ${actor}`,
    person: what === 'person' ? name : null,
    attributes: said({ [names.subject]: subject, [names.actor]: actor, [names.reason]: reason }),
  }
}

function ofApproval({ event, run, rid, agent, human, target, reason, actor, id }: ApprovalEntry): Word {
  return {
    event: `approval.${event}`,
    severity: 'INFO',
    sentence: `A call of ${agent} to ${target} was ${event === 'granted' ? 'approved' : 'not approved'} by ${actor}`,
    person: human,
    attributes: said({
      [names.caller]: agent,
      [names.target]: target,
      [names.runId]: run,
      [names.hopId]: rid,
      [names.subject]: id,
      [names.actor]: actor,
      [names.reason]: reason,
    }),
  }
}

function ofCard({ agent, event, reason, actor }: CardEntry): Word {
  return {
    event: `card.${event}`,
    severity: event === 'quarantined' ? 'WARN' : 'INFO',
    sentence: `The card of ${agent} was ${event}`,
    person: null,
    attributes: said({ [names.subject]: agent, [names.actor]: actor, [names.reason]: reason }),
  }
}

function ofTool({ server, tool, event, reason, actor }: ToolEntry): Word {
  const subject = server === null ? 'everything in the lock file' : `tool:${server}/${tool ?? ''}`
  return {
    event: `tool.${event}`,
    severity: event === 'changed' || event === 'quarantined' ? 'WARN' : 'INFO',
    sentence: `The definition of ${subject} is ${event}`,
    person: null,
    attributes: said({ [names.subject]: subject, [names.actor]: actor, [names.reason]: reason }),
  }
}
